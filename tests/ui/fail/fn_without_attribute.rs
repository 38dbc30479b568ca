use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

async fn parse(page: Body<scrape>) -> Result<usize> {
    drop(page);
    Ok(1)
}

workflow! {
    Quotes = scrape -> parse;
}

fn main() {}
