use scrapeflow::prelude::*;

#[executor]
async fn parse(key: Kee) -> Result<Vec<usize>> {
    drop(key);
    Ok(vec![1])
}

workflow! {
    Quotes = parse;
}

fn main() {}
