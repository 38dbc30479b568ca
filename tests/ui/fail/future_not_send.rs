use scrapeflow::prelude::*;
use std::rc::Rc;

#[executor]
async fn parse(key: Key) -> Result<usize> {
    drop(key);
    let shared = Rc::new(1);
    std::future::ready(()).await;
    Ok(*shared)
}

#[executor]
async fn count(parsed: Output<parse>) -> Result<usize> {
    Ok(*parsed)
}

workflow! {
    Quotes = parse -> count;
}

fn main() {}
