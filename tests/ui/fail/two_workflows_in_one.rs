use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

#[executor]
async fn title(page: Body<scrape>) -> Result<String> {
    Ok(page.text().to_string())
}

workflow! {
    Quotes = scrape -> title;
    Pages = scrape;
}

fn main() {
    let _ = Quotes::in_dir("quotes").force::<title>();
}
