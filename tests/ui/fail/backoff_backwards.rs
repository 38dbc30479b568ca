use scrapeflow::prelude::*;

#[executor(backoff = "30s..500ms")]
async fn parse(key: Key) -> Result<usize> {
    drop(key);
    Ok(1)
}

workflow! {
    Quotes = parse;
}

fn main() {}
