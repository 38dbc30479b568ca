//! Every option, in every form.

use scrapeflow::prelude::*;

#[executor(
    name = "all-of_them2",
    timeout = "1.5m",
    retries = 0,
    backoff = "500ms..30s",
    version = 4_294_967_295,
    max_age = "7d"
)]
async fn all(key: Key) -> Result<usize> {
    Ok(key.to_string().len())
}

#[executor(timeout = "250ms", backoff = "1s")]
async fn some(key: Key) -> Result<usize> {
    Ok(key.to_string().len())
}

#[executor()]
async fn none(key: Key) -> Result<usize> {
    Ok(key.to_string().len())
}

// The stored name is free where the function's would not be.
#[executor(name = "price")]
async fn price_status(key: Key) -> Result<usize> {
    Ok(key.to_string().len())
}

workflow! {
    Options = all -> some -> none -> price_status;
}

pub(crate) fn main() {}
