//! What a run would do, and why, without doing it.
//!
//!     cargo run -p scrapeflow-examples --example plan

use scrapeflow::prelude::*;
use scrapeflow::store::MemoryStore;

#[executor]
async fn letters(key: Key) -> Result<Vec<char>> {
    Ok(key.as_str().chars().collect())
}

#[executor]
async fn count(letters: Output<letters>) -> Result<usize> {
    Ok(letters.len())
}

workflow! {
    /// Words, their letters, and how many.
    Words = letters -> count;
}

#[tokio::main]
async fn main() -> Result<()> {
    let store = MemoryStore::new();
    let run = |words: &[&str]| {
        let words = words.iter().map(|word| (*word, serde_json::json!({})));
        Ok::<_, Error>(Words::in_store(store.clone()).tasks(Tasks::from_pairs(words)?))
    };
    run(&["one", "two"])?.run().await?;
    let run = run(&["one", "two", "three"])?.force::<letters>();
    println!("{}", run.plan().await?);
    Ok(())
}
