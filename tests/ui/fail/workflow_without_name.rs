use scrapeflow::prelude::*;

workflow! {
    scrapeflow::ready::scrape
}

fn main() {}
