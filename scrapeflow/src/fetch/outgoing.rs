//! A request on its way through the stages, and its answer on the way back.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use http::Method;
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION,
    CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT,
};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::cookie::{self, Cookie};
use super::received::Received;
use super::route::Route;
use super::ticket::Ticket;
use crate::error::{Class, Error, Result};
use crate::proxy::Proxy;
use crate::schedule::Held;
use crate::status::url::is_scheme;

/// One hop of one try.
#[derive(Clone)]
pub(super) struct Outgoing {
    pub(super) ticket: Arc<Ticket>,
    pub(super) url: Arc<Url>,
    pub(super) method: Method,
    pub(super) body: Option<Bytes>,
    pub(super) timeout: Option<Duration>,
    /// Whether a redirect has led to another host: credentials stay behind.
    pub(super) crossed: bool,
    /// Whether one has made a GET of it: what was said of the body stays behind.
    pub(super) became_get: bool,
    pub(super) redirected_by: RedirectedBy,
    /// Of the URL that redirected here; the first one's are headers of the ticket.
    pub(super) credentials: Option<HeaderValue>,
    /// What the jar has for this hop.
    pub(super) kept_cookies: Vec<Cookie>,
    /// How many tries went before.
    pub(super) tried: u32,
    /// By which it goes, if the run has proxies or sessions.
    pub(super) route: Option<Arc<Route>>,
}

/// Who redirected here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RedirectedBy {
    Nobody,
    Peer(IpAddr),
    /// Somebody whose address isn't known.
    Unknown,
}

/// An answer whose body has not been read.
pub(super) struct Answer {
    pub(super) response: Received,
    /// Where it came from, redirects followed.
    pub(super) url: Arc<Url>,
    pub(super) tried: u32,
    /// Given back when the body is read.
    pub(super) turn: Option<Arc<Held>>,
    /// By which it came.
    pub(super) route: Option<Arc<Route>>,
}

impl Outgoing {
    /// The host's name or literal address; URLs of HTTP have one.
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The proxy that it goes through.
    pub(super) fn proxy(&self) -> Option<&Proxy> {
        self.route.as_ref()?.proxy.as_ref()
    }

    /// Whether an answer with this status may be the proxy's own, who cannot reach the site or has too much to do.
    pub(super) fn may_be_of_proxy(&self, status: u16) -> bool {
        let is_seen = |proxy: &Proxy| proxy.speaks_http() && self.url.scheme() == "http";
        matches!(status, 502..=504) && self.proxy().is_some_and(is_seen)
    }

    /// The headers of this hop: the run's, over them the host's, over them the request's. Without those that
    /// the client sends of itself.
    pub(super) fn headers(&self) -> HeaderMap {
        let ticket = &*self.ticket;
        let host = ticket.settings.host(self.host());
        let trusted = self.trusts_host();
        let mut headers = ticket.settings.headers.clone();
        self.leave_behind(&mut headers);
        if let Some(host) = host.filter(|_| trusted) {
            put(&mut headers, &host.headers);
        }
        self.put_own(&mut headers);
        if let Some(credentials) = &self.credentials {
            headers.entry(AUTHORIZATION).or_insert(credentials.clone());
        }
        if let Some(value) = self.cookies(headers.remove(COOKIE), trusted) {
            headers.insert(COOKIE, value);
        }
        headers
    }

    /// The request's own or the task's before what the site set, and that before the host's or else the run's.
    fn cookies(&self, given: Option<HeaderValue>, trusted: bool) -> Option<HeaderValue> {
        let (ticket, kept) = (&*self.ticket, &self.kept_cookies[..]);
        if given.is_some() {
            return cookie::header(given, [&[], kept, &[]]);
        }
        let of_host = ticket.settings.host(self.host()).map(|host| &host.cookies);
        let sources: [&[Cookie]; 3] = match (&ticket.cookies, of_host) {
            (Some(own), _) => [if self.crossed { &[] } else { own }, kept, &[]],
            (None, Some(host)) if !host.is_empty() => [&[], kept, if trusted { host } else { &[] }],
            (None, _) if self.crossed => [&[], kept, &[]],
            (None, _) => [&[], kept, &ticket.settings.cookies],
        };
        cookie::header(None, sources)
    }

    /// The name under which this hop is asked: what `headers` says, or the client of itself.
    pub(super) fn user_agent(&self) -> &HeaderValue {
        let ticket = &*self.ticket;
        let settings = &ticket.settings;
        let host = settings.host(self.host()).filter(|_| self.trusts_host());
        let said = [
            Some(&ticket.headers),
            host.map(|host| &host.headers),
            Some(&settings.headers),
        ];
        let mut said = said.into_iter().flatten();
        said.find_map(|headers| headers.get(USER_AGENT))
            .unwrap_or(&settings.user_agent)
    }

    /// Where a stranger has led to a host, what is said of it goes only to who can prove to be it, at its usual port.
    fn trusts_host(&self) -> bool {
        !self.crossed || (self.url.scheme() == "https" && self.url.port().is_none())
    }

    fn put_own(&self, headers: &mut HeaderMap) {
        let own = &self.ticket.headers;
        if own.is_empty() {
            return;
        }
        let mut own = own.clone();
        self.leave_behind(&mut own);
        put(headers, &own);
    }

    /// Takes away what is for one host only, as browsers and curl have it, and what is for a body that is none
    /// any more (RFC 9110, 15.4).
    fn leave_behind(&self, headers: &mut HeaderMap) {
        if self.crossed {
            for name in [AUTHORIZATION, COOKIE, HOST, PROXY_AUTHORIZATION] {
                headers.remove(name);
            }
        }
        if self.became_get {
            for name in [
                CONTENT_ENCODING,
                CONTENT_LANGUAGE,
                CONTENT_LENGTH,
                CONTENT_LOCATION,
                CONTENT_TYPE,
            ] {
                headers.remove(name);
            }
        }
    }
}

/// Puts `more` over `headers`; one that is repeated stays so.
pub(super) fn put(headers: &mut HeaderMap, more: &HeaderMap) {
    for name in more.keys() {
        headers.remove(name);
        for value in more.get_all(name) {
            headers.append(name, value.clone());
        }
    }
}

/// The address that a URL names; names are judged when they are resolved.
pub(super) fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

/// The URL without user and password, for messages.
pub(super) fn presentable(url: &Url) -> String {
    let mut url = url.clone();
    // Neither fails on a URL that has a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    url.into()
}

/// Takes user and password from a URL, as the header that says them (RFC 7617).
pub(super) fn take_credentials(url: &mut Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut said: Vec<u8> = percent_decode_str(url.username()).collect();
    said.push(b':');
    said.extend(percent_decode_str(url.password().unwrap_or_default()));
    // Neither fails on a URL that has a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let mut header =
        HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(said))).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// A URL of HTTP, or why not.
pub(crate) fn parse(url: &str) -> Result<Url> {
    let shown = || without_user(url);
    let parsed = Url::parse(url).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => Error::from(error).context(format_args!(
            "`{}` has no scheme; write `https://…`",
            shown()
        )),
        _ => Error::from(error).context(format_args!("`{}`", shown())),
    })?;
    if matches!(parsed.scheme(), "http" | "https") {
        return Ok(parsed);
    }
    Err(Error::recorded(
        Class::InvalidUrl,
        format!(
            "`{}` is no URL of HTTP; it begins with http:// or https://",
            shown()
        ),
    ))
}

/// What doesn't parse may still have a password in it, with whatever kept it from parsing.
pub(super) fn without_user(url: &str) -> String {
    let scheme = url
        .split_once("://")
        .filter(|(scheme, _)| is_scheme(scheme));
    let (scheme, rest) = scheme.unwrap_or(("", url));
    match rest.rsplit_once('@') {
        None => url.to_owned(),
        Some((_, rest)) if scheme.is_empty() => rest.to_owned(),
        Some((_, rest)) => format!("{scheme}://{rest}"),
    }
}

/// URLs and headers may hold secrets.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("key", self.ticket.call.key())
            .field("tried", &self.tried)
            .finish_non_exhaustive()
    }
}
