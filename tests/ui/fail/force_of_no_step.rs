use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

#[executor]
async fn parse(page: Body<scrape>) -> Result<usize> {
    Ok(page.text().len())
}

#[executor]
async fn title(page: Body<scrape>) -> Result<String> {
    Ok(page.text().to_string())
}

workflow! {
    Quotes = scrape -> parse;
}

workflow! {
    Titles = scrape -> title;
}

fn main() {
    let _ = Titles::in_dir("titles").force::<title>();
    let _ = Quotes::in_dir("quotes").force::<title>();
}
