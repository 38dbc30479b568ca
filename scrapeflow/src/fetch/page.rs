//! A body with its answer, for those who judge it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;

use crate::error::Result;
use crate::executor::argument::decode;

/// A page that was received whole, as [`Request::validate`](crate::Request::validate) judges it.
#[derive(Clone)]
pub struct Page {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Bytes,
}

/// Says whether a page is what was asked for.
pub(super) type Validate = Arc<dyn Fn(&Page) -> Result<()> + Send + Sync>;

impl Page {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The decoded body.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The body as text, by its byte order mark, its content type's charset, its own declaration, or what
    /// its bytes look like.
    pub fn text(&self) -> Cow<'_, str> {
        decode(&self.bytes, content_type(&self.headers))
    }
}

/// The content type, if it is text.
pub(super) fn content_type(headers: &HeaderMap) -> Option<&str> {
    std::str::from_utf8(headers.get(http::header::CONTENT_TYPE)?.as_bytes()).ok()
}

/// Pages are the site's data and stay out of logs.
impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("status", &self.status)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}
