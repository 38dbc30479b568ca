//! The run's cookie jar: RFC 6265, with the public suffix list (<https://publicsuffix.org>) as browsers have it.

#[cfg(any(test, fuzzing))]
mod invariants;

use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cookie_store::{Cookie as Parsed, CookieDomain, CookieStore};
use http::HeaderMap;
use http::header::SET_COOKIE;
use url::Url;

#[cfg(any(test, fuzzing))]
pub(crate) use self::invariants::check_invariants;
use super::Stage;
use crate::error::Result;
use crate::fetch::cookie::Cookie;
use crate::fetch::outgoing::{Answer, Outgoing};

/// A longer cookie is not kept: RFC 6265, 6.1.
const LONGEST: usize = 4096;

/// Of a site so many are kept, as browsers do: the newest.
const MOST: usize = 180;

/// Cookies of all sites, each by the name that its hosts have in common (`shop.example` of `www.shop.example`):
/// cookies reach no further.
#[derive(Debug, Default)]
pub(in crate::fetch) struct Jar(Mutex<HashMap<Box<str>, Site>>);

/// Cookies of one site.
#[derive(Debug, Default)]
struct Site {
    cookies: CookieStore,
    /// The oldest first.
    order: VecDeque<Named>,
}

/// By which a cookie is told from others: domain, path and name.
type Named = (String, String, String);

impl Jar {
    /// What is sent to `url`: longer paths first (RFC 6265, 5.4).
    fn cookies(&self, url: &Url) -> Vec<Cookie> {
        let sites = self.sites();
        let Some(site) = sites.get(site(url)) else {
            return Vec::new();
        };
        let mut cookies = site.cookies.matches(url);
        cookies.sort_by_key(|cookie| (Reverse(cookie.path.len()), cookie.name().to_owned()));
        cookies
            .iter()
            .map(|cookie| Cookie::new(cookie.name(), cookie.value()))
            .collect()
    }

    /// Keeps what an answer from `url` sets.
    fn keep(&self, headers: &HeaderMap, url: &Url) {
        let mut set = headers.get_all(SET_COOKIE).iter().peekable();
        if set.peek().is_none() {
            return;
        }
        let mut sites = self.sites();
        let site = sites.entry(site(url).into()).or_default();
        for value in set.filter(|value| value.len() <= LONGEST) {
            let cookie = value
                .to_str()
                .ok()
                .and_then(|text| Parsed::parse(text, url).ok());
            let Some(cookie) = cookie.filter(|cookie| !is_too_wide(cookie, url)) else {
                continue;
            };
            site.keep(cookie.into_owned(), url);
        }
    }

    fn sites(&self) -> MutexGuard<'_, HashMap<Box<str>, Site>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Site {
    fn keep(&mut self, cookie: Parsed<'static>, url: &Url) {
        let named = (
            String::from(&cookie.domain),
            String::from(&cookie.path),
            cookie.name().to_owned(),
        );
        // What its rules refuse is not kept.
        if self.cookies.insert(cookie, url).is_err() || self.order.contains(&named) {
            return;
        }
        self.order.push_back(named);
        if self.order.len() > MOST
            && let Some((domain, path, name)) = self.order.pop_front()
        {
            self.cookies.remove(&domain, &path, &name);
        }
    }
}

/// What the hosts have in common that may share cookies: their registrable domain, else the host itself.
fn site(url: &Url) -> &str {
    let host = url.host_str().unwrap_or_default();
    match url.domain().and_then(psl::domain_str) {
        Some(domain) => domain,
        None => host,
    }
}

/// Whether a cookie is for all hosts below a public suffix (RFC 6265, 5.3): strangers to one another.
fn is_too_wide(cookie: &Parsed<'_>, url: &Url) -> bool {
    let CookieDomain::Suffix(domain) = &cookie.domain else {
        return false;
    };
    let is_suffix = psl::suffix_str(domain).is_some_and(|suffix| suffix == domain);
    is_suffix && url.host_str() != Some(domain)
}

/// Sends cookies back and keeps new ones.
#[derive(Debug)]
pub(crate) struct Cookies<S> {
    inner: S,
    jar: Option<Jar>,
}

impl<S> Cookies<S> {
    /// They are forgotten unless they are to be kept.
    pub(super) fn new(inner: S, kept: bool) -> Self {
        Self {
            inner,
            jar: kept.then(Jar::default),
        }
    }
}

impl<S: Stage> Stage for Cookies<S> {
    async fn send(&self, request: &Outgoing) -> Result<Answer> {
        let session = request
            .route
            .as_ref()
            .and_then(|route| route.session.as_ref());
        // A session's are nobody else's.
        let jar = session.map(|session| &session.jar).or(self.jar.as_ref());
        let kept = jar.map(|jar| jar.cookies(&request.url));
        let answer = match kept.filter(|kept| !kept.is_empty()) {
            None => self.inner.send(request).await?,
            Some(kept_cookies) => {
                let request = Outgoing {
                    kept_cookies,
                    ..request.clone()
                };
                // Boxed, since few come here and all would carry it.
                Box::pin(self.inner.send(&request)).await?
            }
        };
        if let Some(jar) = jar {
            jar.keep(answer.response.headers(), &request.url);
        }
        Ok(answer)
    }
}
