//! A request as it was read.

use std::time::Instant;

use super::query::Query;

/// A request that the site has read, as handlers and [`Site::requests`](super::Site::requests) give it.
#[derive(Debug, Clone)]
pub struct Request {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) version: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) connection: usize,
    pub(super) received_at: Instant,
}

impl Request {
    /// The method, as in `GET`.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Path and query as they were sent; to a proxy, the whole address.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The path as it was sent, without the query, and without scheme and host if those were sent.
    pub fn path(&self) -> &str {
        let local = self.split().0;
        match local.split_once("://") {
            Some((_, rest)) if !local.starts_with('/') => {
                rest.find('/').map_or("/", |slash| &rest[slash..])
            }
            _ => local,
        }
    }

    /// The first value of that name in the query, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        self.parsed_query().get(name).map(str::to_owned)
    }

    pub(super) fn parsed_query(&self) -> Query {
        Query::parse(self.split().1)
    }

    fn split(&self) -> (&str, &str) {
        self.target.split_once('?').unwrap_or((&self.target, ""))
    }

    /// Names and values as they were sent and in that order; what is not UTF-8 in them is replaced.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The first header of that name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_values(name).next()
    }

    /// All headers of that name in any case.
    pub fn header_values(&self, name: &str) -> impl Iterator<Item = &str> {
        let of_that_name = self
            .headers
            .iter()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name));
        of_that_name.map(|(_, value)| value.as_str())
    }

    /// The body without its framing.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The number of its connection, from 1: requests with the same number came over the same one.
    pub fn connection(&self) -> usize {
        self.connection
    }

    /// When its last byte was read.
    pub fn received_at(&self) -> Instant {
        self.received_at
    }

    /// Whether the client lets the connection go on after the answer.
    pub(super) fn keeps_alive(&self) -> bool {
        let says = |word: &str| {
            self.header_values("connection")
                .any(|value| value.eq_ignore_ascii_case(word))
        };
        !says("close") && (self.version != "HTTP/1.0" || says("keep-alive"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::Request;

    fn request(version: &str, target: &str, headers: &[(&str, &str)]) -> Request {
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        Request {
            method: "GET".to_owned(),
            target: target.to_owned(),
            version: version.to_owned(),
            headers: headers.iter().map(owned).collect(),
            body: Vec::new(),
            connection: 1,
            received_at: Instant::now(),
        }
    }

    #[test]
    fn the_path_is_without_query_and_host() {
        for (target, path) in [
            ("/page/1", "/page/1"),
            ("/page/1?a=/b", "/page/1"),
            ("/redirect/to?url=http://a/b", "/redirect/to"),
            ("http://quotes.example/page/1?a=b", "/page/1"),
            ("http://quotes.example", "/"),
            ("/a://b", "/a://b"),
        ] {
            assert_eq!(request("HTTP/1.1", target, &[]).path(), path, "{target}");
        }
    }

    #[test]
    fn connections_are_kept_as_the_version_has_it() {
        for (version, headers, kept) in [
            ("HTTP/1.1", &[][..], true),
            ("HTTP/1.1", &[("connection", "Close")], false),
            ("HTTP/1.0", &[], false),
            ("HTTP/1.0", &[("Connection", "keep-alive")], true),
        ] {
            assert_eq!(
                request(version, "/", headers).keeps_alive(),
                kept,
                "{version} {headers:?}"
            );
        }
    }
}
