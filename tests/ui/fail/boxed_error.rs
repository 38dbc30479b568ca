use scrapeflow::prelude::*;

#[executor]
async fn parse(key: Key) -> Result<Vec<usize>, Box<dyn std::error::Error + Send + Sync>> {
    drop(key);
    Err("no".into())
}

workflow! {
    Quotes = parse;
}

fn main() {}
