use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

#[executor]
async fn parse(page: Body<scrape>) -> Result<usize> {
    drop(page);
    Ok(1)
}

#[executor]
async fn count(parsed: Output<parse>) -> Result<usize> {
    Ok(*parsed)
}

workflow! {
    Quotes = scrape -> prase -> count;
}

fn main() {
    let _ = Quotes::in_dir("quotes").force::<parse>();
}
