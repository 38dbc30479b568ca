use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

#[executor]
async fn parse(page: Body<scrape>) -> Vec<usize> {
    drop(page);
    vec![1]
}

#[executor]
async fn count(parsed: Output<parse>) -> Result<usize> {
    Ok(parsed.iter().sum())
}

workflow! {
    Quotes = scrape -> parse -> count;
}

fn main() {
    let _ = Quotes::in_dir("quotes").force::<parse>();
}
