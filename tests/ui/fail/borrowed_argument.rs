use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

#[executor]
async fn parse(page: &Body<scrape>) -> Result<usize> {
    Ok(page.text().len())
}

workflow! {
    Quotes = scrape -> parse;
}

fn main() {}
