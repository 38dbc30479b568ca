use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

workflow! {
    Quotes = scrape ->;
}

fn main() {
    let _ = Quotes::in_dir("quotes").force::<scrape>();
}
