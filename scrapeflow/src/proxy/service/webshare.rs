//! Proxies of one's own at Webshare.

use std::time::Duration;

use futures::future::BoxFuture;
use http::header::AUTHORIZATION;
use serde::Deserialize;
use url::Url;

use super::{Service, from_env};
use crate::error::Result;
use crate::proxy::{Proxy, ProxyPool, ProxyProvider};

/// More pages than anybody has: a list that doesn't end.
const MOST_PAGES: usize = 1000;

/// One's proxies at <https://www.webshare.io>: all pages of the list, each with its country.
///
/// ```no_run
/// # use scrapeflow::prelude::*;
/// # use scrapeflow::ready::scrape;
/// # workflow! { Pages = scrape; }
/// use scrapeflow::Webshare;
///
/// // The key is in the environment variable WEBSHARE_API_KEY.
/// let run = Pages::in_dir("pages").proxies(Webshare::from_env()?).proxy_country("US");
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct Webshare {
    service: Service,
    pool: ProxyPool,
}

/// A page of the list.
#[derive(Deserialize)]
struct Page {
    results: Vec<Entry>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    username: String,
    password: String,
    proxy_address: String,
    ports: Ports,
    #[serde(default)]
    country_code: Option<String>,
}

#[derive(Deserialize)]
struct Ports {
    http: u16,
}

impl Webshare {
    /// Those of the account with this API key.
    pub fn new(api_key: impl AsRef<str>) -> Self {
        let service = Service::new("Webshare", "https://proxy.webshare.io");
        Self {
            service: service.with_key(api_key.as_ref()),
            pool: ProxyPool::default(),
        }
    }

    /// With the key in the environment variable `WEBSHARE_API_KEY`.
    ///
    /// # Errors
    /// If it isn't set.
    pub fn from_env() -> Result<Self> {
        Ok(Self::new(from_env("WEBSHARE_API_KEY")?))
    }

    /// Where the service is: `https://proxy.webshare.io` unless set.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.service.base_url = base_url.into();
        self
    }

    /// All of the list has to be there by then: 60 s unless set.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.service.timeout = timeout;
        self
    }

    async fn list(&self) -> Result<Vec<Proxy>> {
        let key = self.service.key_header(AUTHORIZATION, "Token")?;
        let asking = self.service.asking(key)?;
        let mut url = self.service.url("/api/proxy/list/")?;
        let mut proxies = Vec::new();
        for _ in 0..MOST_PAGES {
            let answer = asking.get(&url).await?;
            match self.page(&url, &answer, &mut proxies)? {
                Some(next) => url = next,
                None if proxies.is_empty() => return Err(self.service.wrong("gave an empty list")),
                None => return Ok(proxies),
            }
        }
        Err(self
            .service
            .wrong(format_args!("gave a list of more than {MOST_PAGES} pages")))
    }

    /// Adds the proxies of a page, and says where the next one is.
    pub(super) fn page(
        &self,
        url: &Url,
        answer: &[u8],
        proxies: &mut Vec<Proxy>,
    ) -> Result<Option<Url>> {
        let page: Page = self.service.read(answer)?;
        for entry in page.results {
            proxies.push(self.proxy(&entry, proxies.len())?);
        }
        page.next.map(|next| self.next(url, &next)).transpose()
    }

    /// The key goes to nobody else.
    fn next(&self, url: &Url, next: &str) -> Result<Url> {
        match url.join(next) {
            Ok(next) if next.origin() == url.origin() => Ok(next),
            _ => Err(self.service.wrong(format_args!(
                "names a next page that is not its own: {}",
                self.service.quoted(next.as_bytes())
            ))),
        }
    }

    fn proxy(&self, entry: &Entry, at: usize) -> Result<Proxy> {
        let Entry {
            username,
            password,
            proxy_address,
            ports,
            country_code,
        } = entry;
        let proxy = Proxy::new(proxy_address, ports.http, username, password).map_err(|why| {
            self.service
                .wrong(format_args!("gave no proxy as number {}: {why}", at + 1))
        })?;
        Ok(match country_code {
            Some(country) => proxy.in_country(country),
            None => proxy,
        })
    }
}

impl ProxyProvider for Webshare {
    fn pool(&self) -> &ProxyPool {
        &self.pool
    }

    fn load(&self) -> BoxFuture<'_, Result<Vec<Proxy>>> {
        Box::pin(self.service.in_time(self.list()))
    }
}
