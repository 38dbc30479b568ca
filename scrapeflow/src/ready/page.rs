//! The first executor of most workflows.

use serde::{Deserialize, Serialize};

use crate::fetch::{Fetch, Scraped};
use crate::{Params, Result, executor};

/// What [`scrape()`] reads of a task's params.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScrapeParams {
    /// What to fetch.
    pub url: String,
}

impl ScrapeParams {
    /// Params that name a URL and nothing else.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into() }
    }
}

/// GETs `params.url`, saves the body to `<key>.scrape`, and returns size, MD5 and response headers. Any
/// answer but HTTP 200 is an error.
///
/// ```
/// use scrapeflow::prelude::*;
/// use scrapeflow::ready::scrape;
///
/// #[executor]
/// async fn size(page: Output<scrape>) -> Result<u64> {
///     Ok(page.size)
/// }
/// workflow! { Sizes = scrape -> size; }
/// ```
///
/// # Errors
/// If the request fails or isn't answered with 200, or the body breaks off or cannot be saved; each is
/// recorded under its [`Class`](crate::Class).
#[executor]
pub async fn scrape(Params(params): Params<ScrapeParams>, fetch: Fetch) -> Result<Scraped> {
    fetch
        .get(&params.url)
        .accept_status(200)
        .save("scrape")
        .await
}
