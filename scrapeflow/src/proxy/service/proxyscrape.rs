//! Free proxies.

use std::time::Duration;

use futures::future::BoxFuture;
use http::HeaderMap;

use super::Service;
use crate::error::Result;
use crate::proxy::{Proxy, ProxyPool, ProxyProvider};

/// Free proxies of <https://proxyscrape.com>. Most of them don't work: [`check`](ProxyProvider::check) them, and send nothing through
/// them that nobody may read.
///
/// ```no_run
/// use std::time::Duration;
/// use scrapeflow::prelude::*;
/// use scrapeflow::{ProxyProvider, Proxyscrape};
/// # use scrapeflow::ready::scrape;
/// # workflow! { Pages = scrape; }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let proxies = Proxyscrape::new().country("DE");
/// proxies.check(Duration::from_secs(10), 1).run().await?;
/// let run = Pages::in_dir("pages").proxies(proxies);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Proxyscrape {
    service: Service,
    country: Option<String>,
    pool: ProxyPool,
}

impl Default for Proxyscrape {
    fn default() -> Self {
        Self::new()
    }
}

impl Proxyscrape {
    /// Of all countries.
    pub fn new() -> Self {
        Self {
            service: Service::new("Proxyscrape", "https://api.proxyscrape.com"),
            country: None,
            pool: ProxyPool::default(),
        }
    }

    /// Only those of this country, by its two letters (ISO 3166-1).
    #[must_use]
    pub fn country(mut self, country: impl Into<String>) -> Self {
        self.country = Some(country.into());
        self
    }

    /// Where the service is: `https://api.proxyscrape.com` unless set.
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
        let mut url = self.service.url("/v2/")?;
        let country = self
            .country
            .as_deref()
            .unwrap_or("all")
            .to_ascii_lowercase();
        url.query_pairs_mut().extend_pairs([
            ("request", "displayproxies"),
            ("protocol", "http"),
            ("timeout", "10000"),
            ("country", &country),
            ("ssl", "all"),
            ("anonymity", "all"),
        ]);
        let answer = self.service.asking(HeaderMap::new())?.get(&url).await?;
        self.proxies(&answer)
    }

    pub(super) fn proxies(&self, answer: &[u8]) -> Result<Vec<Proxy>> {
        let text = String::from_utf8_lossy(answer);
        let lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty());
        let proxies: Result<Vec<Proxy>> = lines.map(|(at, line)| self.proxy(at, line)).collect();
        match proxies {
            Ok(proxies) if proxies.is_empty() => Err(self.service.wrong("gave an empty list")),
            proxies => proxies,
        }
    }

    fn proxy(&self, at: usize, line: &str) -> Result<Proxy> {
        let proxy: Proxy = line.parse().map_err(|why| {
            // A line with more in it than a host and a port may have a password.
            let said = if line.contains('@') || line.matches(':').count() > 1 {
                String::new()
            } else {
                format!("; it said {}", self.service.quoted(line.as_bytes()))
            };
            let what = format_args!("gave no proxy in line {}: {why}{said}", at + 1);
            self.service.wrong(what)
        })?;
        Ok(match &self.country {
            Some(country) => proxy.in_country(country),
            None => proxy,
        })
    }
}

impl ProxyProvider for Proxyscrape {
    fn pool(&self) -> &ProxyPool {
        &self.pool
    }

    fn load(&self) -> BoxFuture<'_, Result<Vec<Proxy>>> {
        Box::pin(self.service.in_time(self.list()))
    }
}
