use scrapeflow::prelude::*;

async fn parse(key: Key) -> Result<Vec<usize>> {
    drop(key);
    Ok(vec![1])
}

#[executor]
async fn count(parsed: Output<parse>) -> Result<usize> {
    Ok(parsed.len())
}

workflow! {
    Quotes = count;
}

fn main() {}
