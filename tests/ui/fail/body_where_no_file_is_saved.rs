use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

#[executor]
async fn parse(page: Body<scrape>) -> Result<usize> {
    drop(page);
    Ok(1)
}

#[executor]
async fn count(page: Body<parse>) -> Result<usize> {
    drop(page);
    Ok(1)
}

workflow! {
    Quotes = scrape -> parse -> count;
}

fn main() {}
