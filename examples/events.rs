//! Listening to a run while it goes: here for failures, as they happen.
//!
//!     cargo run -p scrapeflow-examples --example events

use futures::StreamExt;
use scrapeflow::prelude::*;
use scrapeflow::{End, store::MemoryStore};

#[executor]
async fn halve(key: Key) -> Result<u32> {
    let number: u32 = key.as_str().parse().recorded("number")?;
    ensure!(number.is_multiple_of(2), "{number} is odd");
    Ok(number / 2)
}

workflow! {
    /// Numbers and their halves.
    Halves = halve;
}

#[tokio::main]
async fn main() -> Result<()> {
    let numbers = (0..10).map(|n| (n.to_string(), serde_json::json!({})));
    let mut run = Halves::in_store(MemoryStore::new()).tasks(Tasks::from_pairs(numbers)?);
    let mut events = run.events();
    let listening = tokio::spawn(async move {
        while let Some(event) = events.next().await {
            if let Event::ExecutorFinished {
                key,
                executor,
                end: End::Failed(why),
                ..
            } = event
            {
                println!("{executor} failed on {key}: {}", why.message);
            }
        }
    });
    run.run().await?;
    listening.await?;
    Ok(())
}
