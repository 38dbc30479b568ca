use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

#[derive(Debug)]
struct Parser;

#[executor]
async fn count(page: Body<scrape>) -> Result<usize> {
    drop(page);
    Ok(1)
}

workflow! {
    Quotes = scrape -> Parser -> count;
}

fn main() {}
