//! What `scrape` returns: the predecessor's output, field for field.

use std::fmt;

use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::headers;
use crate::executor::contract::HasBody;

/// A body that was fetched and saved. As the output of an executor it lets others read the file as `Body`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Scraped {
    /// The decoded size in bytes.
    pub size: u64,
    /// The MD5 of the decoded body in lower-case hex.
    pub content: String,
    /// The HTTP status; stored only where it isn't 200.
    #[serde(default = "ok", skip_serializing_if = "is_ok")]
    pub status: u16,
    /// As JSON their names are in Title-Case, and a header that was repeated is an array. They are left out when
    /// outputs are compared, since dates and request ids differ at every fetch.
    #[serde(with = "headers", default)]
    pub response_headers: HeaderMap,
    /// Where it came from, if redirects led elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_url: Option<String>,
}

impl HasBody for Scraped {}

/// Nothing, found.
impl Default for Scraped {
    fn default() -> Self {
        Self {
            size: 0,
            content: String::new(),
            status: ok(),
            response_headers: HeaderMap::new(),
            final_url: None,
        }
    }
}

fn ok() -> u16 {
    200
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks like that")]
fn is_ok(status: &u16) -> bool {
    *status == ok()
}

impl Scraped {
    /// The value of a header, by its name in any case; the first, if it is repeated. None if it is no text.
    ///
    /// ```
    /// # use scrapeflow::Scraped;
    /// let scraped: Scraped = serde_json::from_str(
    ///     r#"{"size": 5, "content": "…", "response_headers": {"Content-Type": "text/html"}}"#,
    /// ).unwrap();
    /// assert_eq!(scraped.header("content-type"), Some("text/html"));
    /// ```
    pub fn header(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.response_headers.get(name)?.as_bytes()).ok()
    }

    /// The content type, as the server said it: `text/html; charset=utf-8`.
    pub fn content_type(&self) -> Option<&str> {
        self.header("content-type")
    }

    /// The content type without its parameters, in lower case: `text/html`.
    ///
    /// ```
    /// # use scrapeflow::Scraped;
    /// # let scraped: Scraped = serde_json::from_str(
    /// #     r#"{"size": 5, "content": "…", "response_headers": {"Content-Type": "Text/HTML; charset=utf-8"}}"#,
    /// # ).unwrap();
    /// assert_eq!(scraped.media_type().as_deref(), Some("text/html"));
    /// ```
    pub fn media_type(&self) -> Option<String> {
        let kind = self.content_type()?.split(';').next()?;
        Some(kind.trim().to_ascii_lowercase())
    }

    /// It without its headers, which are most of it: for data frames and exports.
    #[must_use]
    pub fn without_response_headers(mut self) -> Self {
        self.response_headers.clear();
        self
    }
}

/// Headers are the site's data and stay out of logs.
impl fmt::Debug for Scraped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scraped")
            .field("size", &self.size)
            .field("content", &self.content)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
