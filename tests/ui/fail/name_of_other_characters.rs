use scrapeflow::prelude::*;

#[executor]
async fn größe(key: Key) -> Result<usize> {
    drop(key);
    Ok(1)
}

workflow! {
    Quotes = größe;
}

fn main() {}
