use scrapeflow::prelude::*;

#[executor]
async fn parse(key: Key) -> Result<String>
where
    String: Clone,
{
    Ok(key.to_string())
}

fn main() {}
