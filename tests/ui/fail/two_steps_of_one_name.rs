use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

mod shop {
    use scrapeflow::prelude::*;

    #[executor]
    pub async fn parse(key: Key) -> Result<usize> {
        drop(key);
        Ok(1)
    }
}

#[executor]
async fn parse(page: Body<scrape>) -> Result<usize> {
    drop(page);
    Ok(1)
}

workflow! {
    Quotes = scrape -> parse -> shop::parse;
}

fn main() {}
