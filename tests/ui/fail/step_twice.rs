use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

#[executor]
async fn parse(page: Body<scrape>) -> Result<usize> {
    drop(page);
    Ok(1)
}

workflow! {
    Quotes = scrape -> parse -> scrape;
}

fn main() {
    let _ = Quotes::in_dir("quotes").force::<parse>();
}
