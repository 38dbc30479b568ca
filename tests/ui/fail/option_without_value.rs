use scrapeflow::prelude::*;

#[executor(timeout)]
async fn parse(key: Key) -> Result<usize> {
    drop(key);
    Ok(1)
}

workflow! {
    Quotes = parse;
}

fn main() {}
