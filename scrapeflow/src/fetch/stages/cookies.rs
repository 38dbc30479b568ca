//! The run's cookie jar: RFC 6265, with the public suffix list (<https://publicsuffix.org>) as browsers have it.

use std::cmp::Reverse;
use std::sync::{Mutex, PoisonError};

use cookie_store::{Cookie, CookieDomain, CookieStore};
use http::HeaderMap;
use http::header::{HeaderValue, SET_COOKIE};
use url::Url;

use super::Stage;
use crate::error::Result;
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
        let kept = self.jar.as_ref().and_then(|jar| jar.cookies(&request.url));
        let answer = match kept {
            None => self.inner.send(request).await?,
            Some(kept) => {
                let mut request = request.clone();
                request.kept_cookies = Some(kept);
                // Boxed, since few come here and all would carry it.
                Box::pin(self.inner.send(&request)).await?
            }
        };
        if let Some(jar) = &self.jar {
            jar.keep(answer.response.headers(), &request.url);
        }
        Ok(answer)
    }
}
