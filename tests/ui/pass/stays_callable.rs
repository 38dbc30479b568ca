//! The function is called as the plain async fn that it is.

use std::future::Future;

use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

#[executor]
async fn size(page: Body<scrape>, Params(least): Params<usize>) -> Result<bool> {
    drop(page);
    Ok(least > 0)
}

#[executor]
async fn twice(size: Output<size>) -> Result<bool> {
    Ok(*size)
}

fn check(body: impl Future<Output = Result<bool>>) {
    drop(body);
}

pub(crate) fn main() {
    check(size(Body::from("<html>"), Params(1)));
    check(twice(Output(true)));
    let functions = [twice, twice];
    drop(functions[0](Output(false)));
}
