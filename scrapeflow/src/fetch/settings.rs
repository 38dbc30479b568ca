//! What a run says about its requests, and what it says of single hosts.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue, REFERER, USER_AGENT,
};
use rustls::pki_types::CertificateDer;

use super::address::AddressPolicy;
use super::cookie::Cookie;
use super::pace::{Pace, Politeness};
use super::route::{BLOCKED, ProxyFallback, Sessions};
use super::stages::middleware::Middleware;
use crate::executor::settings::Backoff;
use crate::proxy::ProxyProvider;

/// Names us and where to complain, as well-behaved crawlers do.
pub(super) const OURS: &str = concat!(
    "scrapeflow/",
    env!("CARGO_PKG_VERSION"),
    " (+",
    env!("CARGO_PKG_REPOSITORY"),
    ")"
);

/// What a browser says, for [`Run::user_agent`](crate::Run::user_agent) and
/// [`Host::user_agent`]: that of a Firefox with long-term support on Linux.
pub const BROWSER_USER_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// How much a body may be once it is decoded, in bytes, unless something else is said.
const MAX_BODY: u64 = 64 * 1024 * 1024;

/// Further tries of a request, unless something else is said: Scrapy's.
const RETRIES: u32 = 2;

/// All that a run says of requests.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) headers: HeaderMap,
    pub(super) user_agent: HeaderValue,
    pub(super) cookies: Vec<Cookie>,
    /// Empty: any 2xx.
    pub(super) accept_status: Vec<u16>,
    pub(super) hosts: HashMap<String, Host>,
    pub(super) politeness: Politeness,
    /// Of one try.
    pub(super) timeout: Option<Duration>,
    pub(super) retries: u32,
    pub(super) backoff: Backoff,
    pub(super) max_body: u64,
    pub(super) address_policy: AddressPolicy,
    pub(super) cookie_store: bool,
    pub(super) middleware: Vec<Arc<dyn Middleware>>,
    pub(super) roots: Vec<CertificateDer<'static>>,
    pub(super) accept_invalid_certs: bool,
    pub(super) resolve: HashMap<String, Vec<SocketAddr>>,
    pub(super) proxies: Option<Arc<dyn ProxyProvider>>,
    pub(super) proxy_fallback: ProxyFallback,
    pub(super) proxy_country: Option<Box<str>>,
    pub(super) sessions: Option<Sessions>,
    pub(super) blocked_status: Vec<u16>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            headers: HeaderMap::new(),
            user_agent: HeaderValue::from_static(OURS),
            cookies: Vec::new(),
            accept_status: Vec::new(),
            hosts: HashMap::new(),
            politeness: Politeness::default(),
            timeout: None,
            retries: RETRIES,
            backoff: Backoff::default(),
            max_body: MAX_BODY,
            address_policy: AddressPolicy::default(),
            cookie_store: false,
            middleware: Vec::new(),
            roots: Vec::new(),
            accept_invalid_certs: false,
            resolve: HashMap::new(),
            proxies: None,
            proxy_fallback: ProxyFallback::default(),
            proxy_country: None,
            sessions: None,
            blocked_status: BLOCKED.to_vec(),
        }
    }
}

impl Settings {
    /// What is said of a host.
    pub(super) fn host(&self, name: &str) -> Option<&Host> {
        if self.hosts.is_empty() {
            return None;
        }
        self.hosts.get(name)
    }

    /// Whether it is said of all hosts or of one where proxies are to go out.
    pub(super) fn asks_for_a_country(&self) -> bool {
        let mut hosts = self.hosts.values();
        self.proxy_country.is_some() || hosts.any(|host| host.proxy_country.is_some())
    }
}

/// Headers and cookies are secrets as often as not.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("hosts", &self.hosts.len())
            .field("politeness", &self.politeness)
            .finish_non_exhaustive()
    }
}

/// What a run says of one host, over what it says of all; given to [`Run::host`](crate::Run::host).
///
/// ```no_run
/// # use scrapeflow::prelude::*;
/// # use scrapeflow::ready::scrape;
/// # workflow! { Pages = scrape; }
/// use std::time::Duration;
///
/// let run = Pages::in_dir("pages")
///     .politeness(Politeness::polite())
///     .host("api.example", |host| {
///         host.header("authorization", "Bearer …")
///             .accept_status([200, 404])
///             .pace(Pace::default().concurrency(4).delay(Duration::from_millis(50)))
///             .robots(false)
///     });
/// ```
#[derive(Clone, Default)]
pub struct Host {
    pub(super) headers: HeaderMap,
    pub(super) cookies: Vec<Cookie>,
    pub(super) accept_status: Vec<u16>,
    pub(super) timeout: Option<Duration>,
    pub(super) pace: Option<Pace>,
    pub(super) robots: Option<bool>,
    pub(super) proxy_country: Option<Box<str>>,
    pub(super) wrong: Option<String>,
}

impl Host {
    /// Sends this header to the host, in place of the run's of that name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match header(name, value) {
            Ok((name, value)) => drop(self.headers.insert(name, value)),
            Err(why) => drop(self.wrong.get_or_insert(why)),
        }
        self
    }

    /// Names us so to the host.
    #[must_use]
    pub fn user_agent(self, user_agent: &str) -> Self {
        self.header("user-agent", user_agent)
    }

    /// Sends this cookie to the host, and others so named, in place of the run's.
    #[must_use]
    pub fn cookie(mut self, name: &str, value: &str) -> Self {
        match cookie(name, value) {
            Ok(cookie) => self.cookies.push(cookie),
            Err(why) => drop(self.wrong.get_or_insert(why)),
        }
        self
    }

    /// Accepts these HTTP statuses from the host, instead of what the run accepts. A redirect that is accepted is
    /// the answer, and isn't followed.
    #[must_use]
    pub fn accept_status(mut self, statuses: impl IntoIterator<Item = u16>) -> Self {
        match accepted(statuses) {
            Ok(statuses) => self.accept_status = statuses,
            Err(why) => drop(self.wrong.get_or_insert(why)),
        }
        self
    }

    /// Bounds each try of a request to the host, in place of the run's
    /// [`request_timeout`](crate::Run::request_timeout).
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How fast the host may be asked, in place of what the run's [`Politeness`] says.
    #[must_use]
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = Some(pace);
        self
    }

    /// Takes proxies of this country for it, in place of the run's [`proxy_country`](crate::Run::proxy_country).
    #[must_use]
    pub fn proxy_country(mut self, country: &str) -> Self {
        self.proxy_country = Some(country.into());
        self
    }

    /// Whether its robots.txt is obeyed, in place of what the run's [`Politeness`] says.
    #[must_use]
    pub fn robots(mut self, obey: bool) -> Self {
        self.robots = Some(obey);
        self
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("pace", &self.pace)
            .field("robots", &self.robots)
            .finish_non_exhaustive()
    }
}

/// Headers whose values are no secrets.
const HARMLESS: [HeaderName; 7] = [
    ACCEPT,
    ACCEPT_ENCODING,
    ACCEPT_LANGUAGE,
    CACHE_CONTROL,
    CONTENT_TYPE,
    REFERER,
    USER_AGENT,
];

/// A header, or why it cannot be one; the value stays out of the message.
pub(super) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let parsed = HeaderName::try_from(name).map_err(|_| {
        format!("`{name}` cannot be a header's name; take letters, digits and hyphens")
    })?;
    let mut value = HeaderValue::try_from(value).map_err(|_| {
        format!("the value of header `{name}` has characters that no header can have; take away line breaks and control characters")
    })?;
    // A key may be in any; what everybody sends is worth a look in a log.
    value.set_sensitive(!HARMLESS.contains(&parsed));
    Ok((parsed, value))
}

/// A cookie, or why it cannot be one; the value stays out of the message. RFC 6265, 4.1.1, but for quotes, commas
/// and blanks, which sites take.
pub(super) fn cookie(name: &str, value: &str) -> Result<Cookie, String> {
    let fits = |text: &str| !text.contains(';') && HeaderValue::try_from(text).is_ok();
    let is_name = !name.is_empty() && !name.contains(|c: char| c == '=' || c.is_whitespace());
    if !is_name || !fits(name) || !fits(value) {
        return Err(format!(
            "cookie `{name}` has characters that no cookie can have"
        ));
    }
    Ok(Cookie::new(name, value))
}

/// Statuses that an answer can have (RFC 9110, 15), or what is wrong with them.
pub(super) fn accepted(statuses: impl IntoIterator<Item = u16>) -> Result<Vec<u16>, String> {
    let statuses: Vec<u16> = statuses.into_iter().collect();
    let beyond = statuses
        .iter()
        .find(|status| !(100..1000).contains(*status));
    match (beyond, statuses.is_empty()) {
        (Some(beyond), _) => Err(format!(
            "accept_status: {beyond} is no HTTP status; those are 100 to 999"
        )),
        (None, true) => Err("accept_status: no status would be accepted; name one".to_owned()),
        (None, false) => Ok(statuses),
    }
}

/// A host's name as URLs have it: in lower case, by Punycode where it isn't ASCII.
pub(super) fn host_name(name: &str) -> Result<String, String> {
    match url::Host::parse(name) {
        Ok(host) => Ok(host.to_string()),
        Err(_) => Err(format!(
            "`{name}` is no host; give its name alone, without scheme and port: `shop.example`"
        )),
    }
}
