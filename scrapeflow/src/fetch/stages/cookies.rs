//! The run's cookie jar.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{HeaderValue, SET_COOKIE};
use reqwest::cookie::CookieStore;
use tower::Service;

use super::Sent;
use crate::error::Error;
use crate::fetch::outgoing::{Answer, Outgoing};

/// Cookies by RFC 6265.
pub(super) type Jar = reqwest::cookie::Jar;

/// A longer cookie is not kept: RFC 6265, 6.1.
const LONGEST: usize = 4096;

/// Of one answer no more are kept: what browsers allow a domain at least.
const MOST: usize = 50;

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
            let fits = |value: &&HeaderValue| value.len() <= LONGEST;
            let headers = answer.response.headers().get_all(SET_COOKIE).iter();
            let mut kept = headers.filter(fits).take(MOST).peekable();
            if kept.peek().is_some() {
                jar.set_cookies(&mut kept, &url);
            }
            Ok(answer)
        })
    }
}
