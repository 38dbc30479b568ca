use scrapeflow::prelude::*;

#[executor(name = "params")]
async fn parse(key: Key) -> Result<usize> {
    drop(key);
    Ok(1)
}

workflow! {
    Quotes = parse;
}

fn main() {}
