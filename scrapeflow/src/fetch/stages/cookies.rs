//! The run's cookie jar: RFC 6265, with the public suffix list (<https://publicsuffix.org>) as browsers have it.

use std::cmp::Reverse;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use cookie_store::{Cookie, CookieDomain, CookieStore};
use http::HeaderMap;
use http::header::{HeaderValue, SET_COOKIE};
use tower::Service;
use url::Url;

use super::Sent;
use crate::error::Error;
use crate::fetch::outgoing::{Answer, Outgoing};

/// A longer cookie is not kept: RFC 6265, 6.1.
const LONGEST: usize = 4096;

/// No more are kept for a page: what browsers keep for a site.
const MOST: usize = 180;

/// Cookies of all hosts.
#[derive(Debug, Default)]
pub(super) struct Jar(Mutex<CookieStore>);

impl Jar {
    /// What is sent to `url`: longer paths first (RFC 6265, 5.4).
    fn cookies(&self, url: &Url) -> Option<HeaderValue> {
        let store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut cookies = store.matches(url);
        if cookies.is_empty() {
            return None;
        }
        cookies.sort_by_key(|cookie| (Reverse(cookie.path.len()), cookie.name().to_owned()));
        let pairs: Vec<String> = cookies
            .iter()
            .map(|cookie| format!("{}={}", cookie.name(), cookie.value()))
            .collect();
        HeaderValue::try_from(pairs.join("; ")).ok()
    }

    /// Keeps what an answer from `url` sets.
    fn keep(&self, headers: &HeaderMap, url: &Url) {
        let mut set = headers.get_all(SET_COOKIE).iter().peekable();
        if set.peek().is_none() {
            return;
        }
        let mut store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for value in set.filter(|value| value.len() <= LONGEST) {
            let cookie = value
                .to_str()
                .ok()
                .and_then(|text| Cookie::parse(text, url).ok());
            let Some(cookie) = cookie.filter(|cookie| !is_too_wide(cookie, url)) else {
                continue;
            };
            let is_known = store
                .matches(url)
                .iter()
                .any(|known| known.name() == cookie.name());
            if is_known || store.matches(url).len() < MOST {
                // What its rules refuse is not kept.
                let _ = store.insert(cookie.into_owned(), url);
            }
        }
    }
}

/// Whether a cookie is for all hosts below a public suffix (RFC 6265, 5.3): strangers to one another.
fn is_too_wide(cookie: &Cookie<'_>, url: &Url) -> bool {
    let CookieDomain::Suffix(domain) = &cookie.domain else {
        return false;
    };
    let is_suffix = psl::suffix_str(domain).is_some_and(|suffix| suffix == domain);
    is_suffix && url.host_str() != Some(domain)
}

/// Sends cookies back and keeps new ones.
#[derive(Debug, Clone)]
pub(crate) struct Cookies<S> {
    inner: S,
    jar: Option<Arc<Jar>>,
}

impl<S> Cookies<S> {
    pub(super) fn new(inner: S, jar: Option<&Arc<Jar>>) -> Self {
        Self {
            inner,
            jar: jar.cloned(),
        }
    }
}

impl<S> Service<Outgoing> for Cookies<S>
where
    S: Service<Outgoing, Response = Answer, Error = Error, Future = Sent>,
{
    type Response = Answer;
    type Error = Error;
    type Future = Sent;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Outgoing) -> Sent {
        let Some(jar) = self.jar.clone() else {
            return self.inner.call(request);
        };
        let url = request.url.clone();
        request.kept_cookies = jar.cookies(&url);
        let sent = self.inner.call(request);
        Box::pin(async move {
            let answer = sent.await?;
            jar.keep(answer.response.headers(), &url);
            Ok(answer)
        })
    }
}
