use scrapeflow::prelude::*;

#[executor]
async fn parse(text: impl Into<String>) -> Result<String> {
    Ok(text.into())
}

workflow! {
    Quotes = parse;
}

fn main() {}
