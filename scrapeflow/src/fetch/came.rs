//! How a body came, for stores that keep that.

use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue,
    PROXY_AUTHORIZATION, USER_AGENT,
};
use url::Position;

use super::outgoing::{Answer, Outgoing, presentable};
use super::received;
use crate::store::Exchange;
use crate::store::exchange::before_name;

/// A request, and the answer to it.
pub(super) struct Came<'a> {
    pub(super) request: &'a Outgoing,
    pub(super) answer: &'a Answer,
}

/// What of a request is nobody's business.
const SECRET: [HeaderName; 3] = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION];

impl Exchange for Came<'_> {
    fn url(&self) -> String {
        presentable(&self.answer.url)
    }

    /// Nothing where redirects led elsewhere: what was asked there isn't known.
    fn request(&self) -> Vec<u8> {
        if self.answer.url != self.request.url {
            return Vec::new();
        }
        let url = &self.answer.url;
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let mut head = format!("{} {path} HTTP/1.1\r\n", self.request.method).into_bytes();
        let mut headers = self.request.headers();
        for name in &SECRET {
            headers.remove(name);
        }
        // What the client adds of itself.
        let host = &url[Position::BeforeHost..Position::AfterPort];
        if let Ok(host) = HeaderValue::from_str(host) {
            headers.entry(HOST).or_insert(host);
        }
        headers
            .entry(USER_AGENT)
            .or_insert_with(|| self.request.user_agent().clone());
        headers
            .entry(ACCEPT)
            .or_insert(HeaderValue::from_static("*/*"));
        headers.entry(ACCEPT_ENCODING).or_insert(received::ACCEPTED);
        lines(&mut head, &headers, |_| "");
        head
    }

    fn response(&self) -> Vec<u8> {
        let status = self.answer.response.status();
        let reason = status.canonical_reason().unwrap_or_default();
        let mut head = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
        let headers = self.answer.response.headers();
        let is_decoded = received::coding(headers).is_some();
        lines(&mut head, headers, |name| {
            before_name(name.as_str(), is_decoded)
        });
        head
    }
}

/// A line a header, and an empty one.
fn lines(head: &mut Vec<u8>, headers: &HeaderMap, before: impl Fn(&HeaderName) -> &'static str) {
    for (name, value) in headers {
        head.extend_from_slice(before(name).as_bytes());
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
}
