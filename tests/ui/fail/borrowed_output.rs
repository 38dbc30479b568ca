use scrapeflow::prelude::*;

#[executor]
async fn parse(key: Key) -> Result<Vec<&str>> {
    Ok(vec![vec![key.as_str()]key.to_string()])
}

fn main() {}
