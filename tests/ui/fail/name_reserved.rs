use scrapeflow::prelude::*;

#[executor]
async fn x_status(key: Key) -> Result<usize> {
    drop(key);
    Ok(1)
}

#[executor]
async fn count(status: Output<x_status>) -> Result<usize> {
    Ok(*status)
}

workflow! {
    Quotes = x_status -> count;
}

fn main() {}
