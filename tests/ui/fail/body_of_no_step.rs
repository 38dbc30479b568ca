use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

#[executor]
async fn size(key: Key) -> Result<usize> {
    Ok(key.to_string().len())
}

#[executor]
async fn parse(size: Output<size>, page: Body<scrape>) -> Result<usize> {
    Ok(*size + page.text().len())
}

workflow! {
    Quotes = size -> parse;
}

fn main() {}
