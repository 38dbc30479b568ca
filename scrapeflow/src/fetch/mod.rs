//! `Fetch`: HTTP for executors.
//!
//! A request is made ([`Request`]), goes through the `stages` of the run's one client, and is answered
//! ([`Response`]); its body goes to memory or, in chunks with its MD5 on the way, to the store. It tries
//! again by itself; what an executor's attempts are is not known here.

mod address;
mod builder;
mod came;
mod classify;
mod client;
pub(crate) mod clients;
mod cookie;
mod deadline;
mod headers;
mod outgoing;
mod pace;
mod page;
mod received;
mod refresh;
mod request;
mod resolver;
mod response;
mod robots;
mod route;
mod scraped;
mod settings;
mod stages;
mod ticket;
mod tls;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::Method;
use serde::{Deserialize, Serialize};
use url::Url;

pub use address::AddressPolicy;
pub(crate) use classify::classify;
#[cfg(any(test, fuzzing))]
pub(crate) use headers::check_invariants as check_headers;
pub(crate) use outgoing::parse;
pub use pace::{Pace, Politeness};
pub use page::Page;
pub(crate) use received::Received;
pub use request::Request;
pub use response::Response;
#[cfg(any(test, fuzzing))]
pub(crate) use robots::check_invariants as check_robots;
pub use route::{ProxyFallback, Sessions};
pub use scraped::Scraped;
pub use settings::{BROWSER_USER_AGENT, Host};
#[cfg(any(test, fuzzing))]
pub(crate) use stages::cookies::check_invariants as check_cookies;
pub use stages::middleware::{HttpService, Transport, answering};
#[cfg(any(test, fuzzing))]
pub(crate) use stages::pace::check_invariants as check_retry_after;
pub(crate) use stages::pace::retry_after;
#[cfg(any(test, fuzzing))]
pub(crate) use stages::redirect::check_invariants as check_location;

use crate::error::{Class, Error, Result};
use crate::executor::argument::Context;
use crate::executor::call::Call;
use crate::executor::contract::Argument;
use crate::executor::input::Needs;
use crate::proxy::ProxyProvider;
use crate::ready::ScrapeParams;
use client::Client;
use route::Visit;

/// HTTP, for executors. An executor that doesn't take it cannot reach the network through the run, and is
/// run again without asking where its output is damaged.
///
/// ```
/// use scrapeflow::prelude::*;
///
/// #[executor(timeout = "60s", retries = 2)]
/// async fn geocode(city: Params<std::collections::HashMap<String, String>>, fetch: Fetch) -> Result<String> {
///     let page = fetch.get(&format!("https://geo.example/{}", city["name"])).send().await?;
///     page.text().await
/// }
/// ```
#[derive(Clone)]
pub struct Fetch {
    client: Arc<Client>,
    call: Call,
    country: Option<Box<str>>,
    /// Of the attempt, if the run has sessions.
    visit: Option<Arc<Visit>>,
}

impl Fetch {
    fn of(call: &Call) -> Result<Self> {
        let client: Arc<Client> = call
            .site()
            .scope
            .extensions
            .get()
            .ok_or_else(|| Error::recorded(Class::Unhandled, "the run has no HTTP client"))?;
        let routes = client.routes.as_ref();
        let routes = routes.filter(|routes| routes.has_sessions());
        Ok(Self {
            call: call.clone(),
            country: None,
            visit: routes.map(|routes| Arc::new(Visit::new(routes.clone()))),
            client,
        })
    }

    /// The same, its requests going through proxies of this country, by the name that the provider has for it (`US`), in either case.
    ///
    /// ```
    /// use scrapeflow::prelude::*;
    /// use scrapeflow::ready::ScrapeParams;
    ///
    /// #[executor]
    /// async fn price_in_the_us(Params(task): Params<ScrapeParams>, fetch: Fetch) -> Result<Scraped> {
    ///     fetch.proxy_country("US").get(&task.url).save("us").await
    /// }
    /// ```
    #[must_use]
    pub fn proxy_country(mut self, country: &str) -> Self {
        self.country = Some(country.into());
        self
    }

    /// A GET request.
    pub fn get(&self, url: &str) -> Request {
        self.request(Method::GET, url)
    }

    /// A POST request with JSON, which asks for JSON.
    pub fn post_json(&self, url: &str, body: &(impl Serialize + ?Sized)) -> Request {
        self.request(Method::POST, url).json(body)
    }

    /// A request of any method.
    pub fn request(&self, method: Method, url: &str) -> Request {
        Request::new(self, method, url)
    }

    /// The request that [`scrape`](crate::ready::scrape()) makes for a task: a GET of its URL, or a POST of its
    /// `post_payload`, with its cookies if it has some, through a proxy of its `country` if it names one and the run has proxies. It accepts exactly 200 unless the run says otherwise.
    pub fn task(&self, params: &ScrapeParams) -> Request {
        let request = match &params.post_payload {
            None => self.get(&params.url),
            Some(payload) => self.post_json(&params.url, payload),
        };
        let request = match &params.country {
            // Where there are no proxies, it may mean anything.
            Some(country) if self.client.settings.proxies.is_some() => {
                request.proxy_country(country)
            }
            _ => request,
        };
        request
            .given_cookies(params.cookies.as_ref())
            .accept_otherwise(200)
    }
}

impl<S> Argument<S> for Fetch {
    fn describe(needs: &mut Needs) {
        describe(needs);
    }

    async fn get(call: &Call) -> Result<Self> {
        Self::of(call)
    }
}

impl Context {
    /// HTTP through the run, as the argument `Fetch` has it; in a run with sessions, as another visitor each time.
    ///
    /// # Errors
    /// Never in an executor of a run: it is made ready before the first.
    pub fn fetch(&self) -> Result<Fetch> {
        Fetch::of(self.call())
    }

    /// The run's proxies, if it has some: to take one for a connection of another kind, and to tell how that fared.
    ///
    /// ```
    /// use scrapeflow::prelude::*;
    ///
    /// #[executor]
    /// async fn by_whom(context: Context) -> Result<Option<String>> {
    ///     let Some(proxies) = context.proxies() else {
    ///         return Ok(None);
    ///     };
    ///     let proxy = proxies.one(Some("US"), &[])?;
    ///     Ok(Some(proxy.to_string()))
    /// }
    /// ```
    pub fn proxies(&self) -> Option<Arc<dyn ProxyProvider>> {
        let client: Arc<Client> = self.call().site().scope.extensions.get()?;
        client.settings.proxies.clone()
    }
}

/// Whoever can fetch needs the network, and the run's client.
pub(crate) fn describe(needs: &mut Needs) {
    needs.network = true;
    needs.prepare(client::prepare);
    needs.guess_host(host_of);
}

/// The host of the URL in a task's params.
fn host_of(params: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Target<'a> {
        #[serde(borrow)]
        url: Cow<'a, str>,
    }
    let target: Target<'_> = serde_json::from_str(params).ok()?;
    let url = Url::parse(&target.url).ok()?;
    url.host_str().map(str::to_owned)
}

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetch")
            .field("key", self.call.key())
            .finish_non_exhaustive()
    }
}
