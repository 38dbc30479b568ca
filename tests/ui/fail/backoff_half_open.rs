use scrapeflow::prelude::*;

#[executor(backoff = "1s..")]
async fn parse(key: Key) -> Result<usize> {
    drop(key);
    Ok(1)
}

workflow! {
    Quotes = parse;
}

fn main() {}
