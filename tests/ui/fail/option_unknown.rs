use scrapeflow::prelude::*;

#[executor(parallel = 5)]
async fn parse(key: Key) -> Result<usize> {
    drop(key);
    Ok(1)
}

workflow! {
    Quotes = parse;
}

fn main() {}
