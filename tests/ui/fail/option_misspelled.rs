use scrapeflow::prelude::*;

#[executor(timout = "60s")]
async fn parse(key: Key) -> Result<usize> {
    drop(key);
    Ok(1)
}

workflow! {
    Quotes = parse;
}

fn main() {}
