//! Scrapes quotes, and makes data of them.

mod quotes;

use std::process::ExitCode;

use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

use crate::quotes::parse;

workflow! {
    /// Pages, and the quotes on them.
    pub Quotes = scrape -> parse;
}

#[tokio::main]
async fn main() -> ExitCode {
    scrapeflow::cli::<Quotes>()
        // One request at a time per host, a second apart, as its robots.txt allows.
        .configure(|run| run.politeness(Politeness::polite()))
        .main()
        .await
}
