use scrapeflow::prelude::*;

#[executor]
async fn parse(key: Key) {
    drop(key);
    Ok(())
}

workflow! {
    Quotes = parse;
}

fn main() {}
