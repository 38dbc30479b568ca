//! What nginx did, by its own account.

use serde::Deserialize;

/// A request as nginx logged it once it was answered. What was not sent is empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Logged {
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub protocol: String,
    /// The host that was asked for, without port.
    pub host: String,
    /// Path and query.
    pub target: String,
    /// The status that was answered.
    pub status: u16,
    /// The request's `If-None-Match`.
    pub if_none_match: String,
    /// The request's `If-Modified-Since`.
    pub if_modified_since: String,
    /// The answer's `Content-Encoding`.
    pub content_encoding: String,
    /// The bytes of the answer's body as it was sent.
    pub sent: u64,
}
