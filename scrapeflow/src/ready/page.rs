//! The first executor of most workflows.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::fetch::{Fetch, Scraped};
use crate::{Params, Result, executor};

/// What [`scrape()`] reads of a task's params.
///
/// Posts to one address are told apart by [`Key::from_params`](crate::Key::from_params):
///
/// ```
/// use scrapeflow::prelude::*;
/// use scrapeflow::ready::ScrapeParams;
///
/// let pages = (1..=3).map(|page| {
///     let query = serde_json::json!({ "query": "lamp", "page": page });
///     ScrapeParams::new("https://shop.example/api/search").post(query)
/// });
/// let tasks = pages
///     .map(|params| Ok((Key::from_params(&params)?, params)))
///     .collect::<Result<Vec<_>>>()?;
/// let tasks = Tasks::from_pairs(tasks)?;
/// # drop(tasks);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScrapeParams {
    /// What to fetch.
    pub url: String,
    /// What to send as JSON; then it is a POST that asks for JSON. Members come in the order of their names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_payload: Option<Value>,
    /// Cookies by name, instead of the run's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cookies: Option<BTreeMap<String, String>>,
    /// Where the proxy is to go out (`US`), in a run that has proxies.
    /// Whatever is no text, or an empty one, is none.
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub country: Option<String>,
}

/// A column of that name may mean anything.
fn lenient<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<String>, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::String(text) => text.trim().to_owned(),
        _ => String::new(),
    };
    Ok((!text.is_empty()).then_some(text))
}

impl ScrapeParams {
    /// Params that name a URL and nothing else.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            post_payload: None,
            cookies: None,
            country: None,
        }
    }

    /// Makes it a POST of this.
    #[must_use]
    pub fn post(mut self, payload: Value) -> Self {
        self.post_payload = Some(payload);
        self
    }

    /// Sends this cookie, and others so named, instead of the run's.
    #[must_use]
    pub fn cookie(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let cookies = self.cookies.get_or_insert_default();
        cookies.insert(name.into(), value.into());
        self
    }

    /// Goes through a proxy of this country.
    #[must_use]
    pub fn country(mut self, country: impl Into<String>) -> Self {
        self.country = Some(country.into());
        self
    }
}

/// Fetches `params.url`, saves the body to `<key>.scrape`, and returns size, MD5 and response headers. With
/// `params.post_payload` it POSTs that as JSON; `params.cookies` go in place of the run's. Any answer but HTTP
/// 200 is an error, unless the run accepts others.
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
    fetch.task(&params).save("scrape").await
}

/// Params are the caller's data and stay out of logs.
impl fmt::Debug for ScrapeParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScrapeParams").finish_non_exhaustive()
    }
}
