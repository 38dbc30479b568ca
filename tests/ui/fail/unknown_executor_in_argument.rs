use scrapeflow::prelude::*;

#[executor]
async fn parse(key: Key) -> Result<Vec<usize>> {
    drop(key);
    Ok(vec![1])
}

#[executor]
async fn count(parsed: Output<prase>) -> Result<usize> {
    Ok(parsed.iter().sum())
}

workflow! {
    Quotes = parse -> count;
}

fn main() {}
