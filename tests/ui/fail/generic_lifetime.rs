use scrapeflow::prelude::*;

#[executor]
async fn parse<'a>(key: &'a Key) -> Result<&'a Key> {
    Ok(key)
}

workflow! {
    Quotes = parse;
}

fn main() {}
