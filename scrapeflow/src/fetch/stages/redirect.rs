//! Goes on where an answer says so.

#[cfg(any(test, fuzzing))]
mod invariants;

use std::fmt;
use std::sync::Arc;

use http::header::LOCATION;
use http::{Method, StatusCode};
use url::Url;

#[cfg(any(test, fuzzing))]
pub(crate) use self::invariants::check_invariants;
use super::Stage;
use crate::error::{Class, Error, Result, shortened};
use crate::fetch::outgoing::{
    Answer, Outgoing, RedirectedBy, literal, presentable, take_credentials, without_user,
};

/// At most this many are followed, as Scrapy does.
const MOST: usize = 20;

/// Follows redirects.
#[derive(Debug)]
pub(crate) struct Redirect<S> {
    inner: S,
    most: usize,
}

impl<S> Redirect<S> {
    pub(super) fn new(inner: S) -> Self {
        Self::at_most(inner, MOST)
    }

    pub(super) fn at_most(inner: S, most: usize) -> Self {
        Self { inner, most }
    }
}

impl<S: Stage> Stage for Redirect<S> {
    async fn send(&self, request: &Outgoing) -> Result<Answer> {
        // Boxed, since few are led elsewhere and all would carry it.
        let mut led: Option<Box<Outgoing>> = None;
        for _ in 0..=self.most {
            let hop = led.as_deref().unwrap_or(request);
            let answer = self
                .inner
                .send(hop)
                .await
                .map_err(|error| error.at_url(presentable(&hop.url)))?;
            let Some(next) = next(hop, &answer)? else {
                return Ok(answer);
            };
            if let Some(turn) = answer.turn.and_then(|held| held.take())
                && turn.host == next.host()
            {
                // Or the next hop would have to stand in line again.
                next.ticket.site().seat.keep_turn(turn);
            }
            led = Some(Box::new(next));
        }
        Err(TooMany(self.most).into())
    }
}

/// More redirects than are followed.
#[derive(Debug)]
pub(in crate::fetch) struct TooMany(usize);

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {} redirects", self.0)
    }
}

impl std::error::Error for TooMany {}

/// The hop that an answer asks for, if it does and it wasn't asked for as it is.
fn next(hop: &Outgoing, answer: &Answer) -> Result<Option<Outgoing>> {
    let status = answer.response.status();
    let location = answer.response.headers().get(LOCATION);
    let (true, Some(location)) = (asks(status), location) else {
        return Ok(None);
    };
    if hop.ticket.accepts(hop.host(), status.as_u16()) {
        return Ok(None);
    }
    let mut url = target(&hop.url, location.as_bytes())?;
    let mut next = Outgoing {
        crossed: hop.crossed || !stays(&hop.url, &url),
        redirected_by: redirector(hop, answer),
        credentials: take_credentials(&mut url),
        url: Arc::new(url),
        ..hop.clone()
    };
    if becomes_get(status, &hop.method) {
        next.method = Method::GET;
        next.body = None;
        next.became_get = true;
    }
    Ok(Some(next))
}

/// Who redirects. Behind a proxy only an address that the URL names is known.
fn redirector(hop: &Outgoing, answer: &Answer) -> RedirectedBy {
    let peer = match hop.proxy() {
        Some(_) => literal(&hop.url),
        None => answer.response.remote_addr().map(|peer| peer.ip()),
    };
    peer.map_or(RedirectedBy::Unknown, RedirectedBy::Peer)
}

fn asks(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// RFC 9110, 15.4: 303 asks for a GET; for 301 and 302 it became the custom after a POST.
fn becomes_get(status: StatusCode, method: &Method) -> bool {
    match status.as_u16() {
        303 => *method != Method::HEAD,
        301 | 302 => *method == Method::POST,
        _ => false,
    }
}

/// Where a `Location` leads, relative to where it was said; the fragment stays the same unless it brings its
/// own, and is never sent.
fn target(from: &Url, location: &[u8]) -> Result<Url> {
    let location = String::from_utf8_lossy(location);
    let Ok(mut url) = from.join(&location) else {
        return Err(Error::recorded(
            Class::ClientResponse,
            format!(
                "redirects to `{}`, which is no URL",
                shortened(&without_user(&location))
            ),
        ));
    };
    if url.fragment().is_none() {
        url.set_fragment(from.fragment());
    }
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(Error::recorded(
            Class::InvalidUrl,
            format!(
                "redirects to a URL of `{}:`, which is none of HTTP",
                url.scheme()
            ),
        ));
    }
    Ok(url)
}

/// Whether both are the same host and port, and nothing that was encrypted goes on in the clear. From the one
/// usual port to the other, encrypted, is no other site.
fn stays(from: &Url, to: &Url) -> bool {
    let port = |url: &Url| url.port_or_known_default();
    let upgrades = (port(from), port(to), to.scheme()) == (Some(80), Some(443), "https");
    let degrades = from.scheme() == "https" && to.scheme() == "http";
    from.host() == to.host() && (port(from) == port(to) || upgrades) && !degrades
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_resolved_and_only_those_of_http_followed() {
        let from = Url::parse("https://a.example/x/y?z").unwrap();
        for (location, to) in [
            ("/b", Ok("https://a.example/b")),
            ("b", Ok("https://a.example/x/b")),
            ("?q", Ok("https://a.example/x/y?q")),
            ("//b.example/c", Ok("https://b.example/c")),
            ("http://b.example", Ok("http://b.example/")),
            ("http://[", Err(Class::ClientResponse)),
            ("file:///etc/passwd", Err(Class::InvalidUrl)),
            ("javascript:alert(1)", Err(Class::InvalidUrl)),
            ("data:text/html,x", Err(Class::InvalidUrl)),
            ("ftp://a.example/", Err(Class::InvalidUrl)),
        ] {
            let target = target(&from, location.as_bytes());
            let found = target.as_ref().map(Url::as_str).map_err(Error::class);
            assert_eq!(found, to, "{location}");
        }
    }

    #[test]
    fn another_port_or_the_clear_is_another_host() {
        let from = Url::parse("https://a.example/").unwrap();
        for (to, same) in [
            ("https://a.example/b", true),
            ("https://A.example:443/", true),
            ("https://a.example:444/", false),
            ("http://a.example:443/", false),
            ("https://b.a.example/", false),
        ] {
            assert_eq!(stays(&from, &Url::parse(to).unwrap()), same, "{to}");
        }
        let clear = Url::parse("http://a.example:443/").unwrap();
        assert!(stays(&clear, &from), "to the encrypted is no step back");
    }

    #[test]
    fn methods_change_as_browsers_change_them() {
        for (status, method, becomes) in [
            (301, Method::POST, true),
            (302, Method::POST, true),
            (303, Method::POST, true),
            (303, Method::PUT, true),
            (303, Method::HEAD, false),
            (301, Method::PUT, false),
            (307, Method::POST, false),
            (308, Method::POST, false),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(becomes_get(status, &method), becomes, "{status} {method}");
        }
    }
}
