use scrapeflow::prelude::*;

#[executor]
async fn parse(key: Key) -> Result<Vec<usize>, String> {
    drop(key);
    Err("no".to_owned())
}

#[executor]
async fn count(parsed: Output<parse>) -> Result<usize> {
    Ok(parsed.iter().sum())
}

workflow! {
    Quotes = parse -> count;
}

fn main() {}
