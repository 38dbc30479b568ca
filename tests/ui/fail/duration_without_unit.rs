use scrapeflow::prelude::*;

#[executor(timeout = "60")]
async fn parse(key: Key) -> Result<usize> {
    drop(key);
    Ok(1)
}

workflow! {
    Quotes = parse;
}

fn main() {}
