use scrapeflow::prelude::*;

#[executor]
async fn parse(key: Key) -> Result<Vec<Quote>> {
    drop(key);
    Ok(vec![])
}

#[executor]
async fn count(parsed: Output<parse>) -> Result<usize> {
    Ok(parsed.len())
}

workflow! {
    Quotes = parse -> count;
}

fn main() {}
