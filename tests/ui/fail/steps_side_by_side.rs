use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

#[executor]
async fn title(page: Body<scrape>) -> Result<String> {
    Ok(page.text().to_string())
}

#[executor]
async fn size(page: Body<scrape>) -> Result<usize> {
    Ok(page.text().len())
}

workflow! {
    Quotes = scrape -> (title, size);
}

fn main() {
    let _ = Quotes::in_dir("quotes").force::<size>();
}
