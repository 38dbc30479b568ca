use scrapeflow::prelude::*;

#[executor(max_age = "2 weeks")]
async fn parse(key: Key) -> Result<usize> {
    drop(key);
    Ok(1)
}

workflow! {
    Quotes = parse;
}

fn main() {}
