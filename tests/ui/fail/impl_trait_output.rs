use scrapeflow::prelude::*;

#[executor]
async fn parse(key: Key) -> Result<impl Serialize> {
    Ok(key.to_string())
}

#[executor]
async fn count(parsed: Output<parse>) -> Result<usize> {
    Ok(parsed.len())
}

workflow! {
    Quotes = parse -> count;
}

fn main() {}
