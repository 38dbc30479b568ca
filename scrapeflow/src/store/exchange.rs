//! How a body came, for stores that keep that.

/// The request and the answer by which a body came, told by whoever fetched it to [`Staged::came_by`](super::Staged::came_by).
///
/// Heads are those of HTTP/1.1 messages: a first line, a line for each header and an empty one, with CRLF behind each. What is secret about a
/// request (`Authorization`, `Cookie`, `Proxy-Authorization`) isn't in it.
pub trait Exchange {
    /// Where the answer came from, without user and password.
    fn url(&self) -> String;

    /// The head of the request.
    fn request(&self) -> Vec<u8>;

    /// The head of the answer. It fits the body as it is stored: what was said of it on the way stands under `X-Archive-Orig-…`.
    fn response(&self) -> Vec<u8>;
}

/// What stands before the name of an answer's header where its body is kept: headers that no longer fit it are renamed as warcio does.
#[cfg(any(feature = "archive", feature = "fetch"))]
pub(crate) fn before_name(name: &str, is_decoded: bool) -> &'static str {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    let was =
        is("transfer-encoding") || (is_decoded && (is("content-encoding") || is("content-length")));
    if was { "X-Archive-Orig-" } else { "" }
}
