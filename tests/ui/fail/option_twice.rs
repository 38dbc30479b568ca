use scrapeflow::prelude::*;

#[executor(retries = 2, timeout = "5s", retries = 3)]
async fn parse(key: Key) -> Result<usize> {
    drop(key);
    Ok(1)
}

workflow! {
    Quotes = parse;
}

fn main() {}
