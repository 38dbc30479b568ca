//! A request that is being made.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Serialize;
use url::Url;

use super::Fetch;
use super::client::Client;
use super::cookie::Cookie;
use super::outgoing::{self, Outgoing, RedirectedBy, take_credentials};
use super::page::{Page, Validate};
use super::refresh::Earlier;
use super::response::Response;
use super::route::Visit;
use super::scraped::Scraped;
use super::settings::{accepted, cookie, header};
use super::ticket::{Ticket, Way};
use crate::error::{Class, Error, Result};
use crate::executor::call::Call;

/// A request; sent by [`send`](Request::send) or [`save`](Request::save). What the run says of requests
/// holds where it says nothing itself.
#[must_use = "a request does nothing before it is sent"]
pub struct Request(Box<Parts>);

/// What it consists of; boxed, since it is handed on with each thing that is said of it.
struct Parts {
    client: Arc<Client>,
    call: Call,
    method: Method,
    url: Result<Url>,
    headers: HeaderMap,
    cookies: Option<Vec<Cookie>>,
    body: Option<Bytes>,
    timeout: Option<Duration>,
    retries: Option<u32>,
    accept_status: Vec<u16>,
    accept_otherwise: Option<u16>,
    max_body: Option<u64>,
    validate: Option<Validate>,
    country: Option<Box<str>>,
    visit: Option<Arc<Visit>>,
    wrong: Option<Error>,
}

impl Request {
    pub(super) fn new(fetch: &Fetch, method: Method, url: &str) -> Self {
        Self(Box::new(Parts {
            client: fetch.client.clone(),
            call: fetch.call.clone(),
            method,
            url: outgoing::parse(url),
            headers: HeaderMap::new(),
            cookies: None,
            body: None,
            timeout: None,
            retries: None,
            accept_status: Vec::new(),
            accept_otherwise: None,
            max_body: None,
            validate: None,
            country: fetch.country.clone(),
            visit: fetch.visit.clone(),
            wrong: None,
        }))
    }

    /// Sends this header, in place of the run's or the host's of that name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match header(name, value) {
            Ok((name, value)) => drop(self.0.headers.insert(name, value)),
            Err(why) => self.wrong(why),
        }
        self
    }

    /// Sends this cookie, and others so named, instead of the run's and the host's.
    pub fn cookie(mut self, name: &str, value: &str) -> Self {
        match cookie(name, value) {
            Ok(cookie) => self.0.cookies.get_or_insert_default().push(cookie),
            Err(why) => self.wrong(why),
        }
        self
    }

    /// Those of a task's params, if they say any: none of them is an answer, too.
    pub(super) fn given_cookies(mut self, cookies: Option<&BTreeMap<String, String>>) -> Self {
        let Some(cookies) = cookies else {
            return self;
        };
        self.0.cookies.get_or_insert_default();
        let cookies = cookies.iter();
        cookies.fold(self, |request, (name, value)| request.cookie(name, value))
    }

    /// Sends this body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.0.body = Some(body.into());
        self
    }

    /// Sends this as JSON, and asks for JSON.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        const JSON: HeaderValue = HeaderValue::from_static("application/json");
        match serde_json::to_vec(body) {
            Ok(json) => self.0.body = Some(json.into()),
            Err(error) => self.wrong(format!("what is to be sent doesn't serialize: {error}")),
        }
        self.0.headers.entry(CONTENT_TYPE).or_insert(JSON);
        self.0.headers.entry(ACCEPT).or_insert(JSON);
        self
    }

    /// Bounds each try and each redirect, from when its turn has come until its body is read: the host's or the
    /// run's [`request_timeout`](crate::Run::request_timeout) unless set, which is none; but all of it belongs to the executor's attempt, which is [bounded](crate::Run::timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.0.timeout = Some(timeout);
        self
    }

    /// Further tries after a failure that may pass (connections, timeouts of its own, bodies that break off,
    /// HTTP 408, 425, 429, 500, 502, 503, 504, 522 and 524): the run's
    /// [`request_retries`](crate::Run::request_retries) unless set, which are 2.
    pub fn retries(mut self, retries: u32) -> Self {
        self.0.retries = Some(retries);
        self
    }

    /// Accepts these HTTP statuses (`[200, 404]`, `200..300`), instead of what the run and the host accept:
    /// any 2xx unless they say otherwise. A redirect that is accepted is the answer, and isn't followed.
    pub fn accept_status(mut self, statuses: impl IntoIterator<Item = u16>) -> Self {
        match accepted(statuses) {
            Ok(statuses) => self.0.accept_status = statuses,
            Err(why) => self.wrong(why),
        }
        self
    }

    /// Accepts exactly this status where nobody says what is accepted.
    pub(super) fn accept_otherwise(mut self, status: u16) -> Self {
        self.0.accept_otherwise = Some(status);
        self
    }

    /// Goes through a proxy of this country, by the name that the provider has for it (`US`), in either case: in place of what
    /// [`Fetch::proxy_country`](crate::Fetch::proxy_country), the host and the run say.
    pub fn proxy_country(mut self, country: &str) -> Self {
        self.0.country = Some(country.into());
        self
    }

    /// How much the body may be once it is decoded, in bytes: the run's [`max_body`](crate::Run::max_body)
    /// unless set, which is 64 MiB.
    pub fn max_body(mut self, bytes: u64) -> Self {
        self.0.max_body = Some(bytes);
        self
    }

    /// Rejects a page that isn't what was asked for (a captcha, a notice that one is blocked): the error is
    /// the request's, and no file is left. One that asks for another try ([`Error::retry`],
    /// [`Error::blocked`]) gets it as far as the retries go. The page is held in memory for that.
    ///
    /// ```
    /// use scrapeflow::prelude::*;
    /// use scrapeflow::ready::ScrapeParams;
    ///
    /// #[executor]
    /// async fn offer(Params(task): Params<ScrapeParams>, fetch: Fetch) -> Result<Scraped> {
    ///     fetch
    ///         .task(&task)
    ///         .validate(|page| {
    ///             ensure!(page.text().contains("data-price"), "the page has no price");
    ///             Ok(())
    ///         })
    ///         .save("offer")
    ///         .await
    /// }
    /// ```
    pub fn validate(mut self, judge: impl Fn(&Page) -> Result<()> + Send + Sync + 'static) -> Self {
        self.0.validate = Some(Arc::new(judge));
        self
    }

    /// Sends it and waits for the answer's headers. Redirects are followed, at most 20.
    ///
    /// # Errors
    /// If the URL is invalid, the server cannot be reached or breaks off, robots.txt or the address policy
    /// refuse, or the status isn't accepted; each is recorded under its class, after the last try.
    pub async fn send(self) -> Result<Response> {
        self.start(None).await
    }

    /// Sends it and saves the body under `<key>.<suffix>`, MD5 on the way.
    ///
    /// In a refresh (see [`max_age`](crate::StepSettings::max_age)) it asks whether what was saved under that
    /// suffix has changed (`If-None-Match`, `If-Modified-Since`), and keeps that if it has not.
    ///
    /// # Errors
    /// As [`send`](Request::send), and if the body breaks off, is over the limit, or cannot be saved. Then
    /// no file is left.
    pub async fn save(mut self, suffix: &str) -> Result<Scraped> {
        let mut earlier = None;
        // A condition that fails turns other methods down (412), instead of sparing them.
        let asks = matches!(self.0.method, Method::GET | Method::HEAD);
        if asks && self.0.call.site().is_refresh {
            // Boxed, since few come here and all would carry it.
            earlier = Box::pin(Earlier::of(&self.0.call, suffix)).await?;
        }
        if let Some(earlier) = &earlier {
            earlier.ask(&mut self.0.headers);
        }
        self.start(earlier).await?.save(suffix).await
    }

    async fn start(self, earlier: Option<Earlier>) -> Result<Response> {
        let mut parts = *self.0;
        if let Some(wrong) = parts.wrong {
            return Err(wrong);
        }
        let mut url = parts.url?;
        if let Some(credentials) = take_credentials(&mut url) {
            parts.headers.entry(AUTHORIZATION).or_insert(credentials);
        }
        let settings = &parts.client.settings;
        let host = settings.host(url.host_str().unwrap_or_default());
        if let (Some(country), None) = (&parts.country, &settings.proxies) {
            let message = format!(
                "is to go out from `{country}`, and the run has no proxies; give it some with `proxies`"
            );
            return Err(Error::recorded(Class::Runtime, message));
        }
        let country = parts
            .country
            .or_else(|| host.and_then(|host| host.proxy_country.clone()))
            .or_else(|| settings.proxy_country.clone());
        let ticket = Ticket {
            headers: parts.headers,
            cookies: parts.cookies,
            retries: parts.retries.unwrap_or(settings.retries),
            backoff: settings.backoff,
            accept_status: parts.accept_status,
            accept_otherwise: parts.accept_otherwise,
            not_modified: earlier.is_some(),
            max_body: parts.max_body.unwrap_or(settings.max_body),
            validate: parts.validate,
            settings: settings.clone(),
            call: parts.call,
            way: Way::of(country, parts.visit, parts.client.routes.clone()),
        };
        let request = Outgoing {
            ticket: Arc::new(ticket),
            url: Arc::new(url),
            method: parts.method,
            body: parts.body,
            timeout: parts
                .timeout
                .or(host.and_then(|host| host.timeout))
                .or(settings.timeout),
            crossed: false,
            became_get: false,
            redirected_by: RedirectedBy::Nobody,
            credentials: None,
            kept_cookies: Vec::new(),
            tried: 0,
            route: None,
        };
        let answer = parts.client.send(&request).await?;
        Ok(Response::new(answer, request, parts.client, earlier))
    }

    fn wrong(&mut self, why: String) {
        self.0
            .wrong
            .get_or_insert(Error::recorded(Class::Runtime, why));
    }
}

/// A URL may hold a password or a token: it stays out of logs.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("key", self.0.call.key())
            .field("method", &self.0.method)
            .finish_non_exhaustive()
    }
}
