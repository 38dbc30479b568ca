//! Proxies of an order at `IPRoyal`.

use std::time::Duration;

use futures::future::BoxFuture;
use http::HeaderName;
use serde::Deserialize;

use super::{Service, from_env};
use crate::error::Result;
use crate::proxy::{Proxy, ProxyPool, ProxyProvider};

/// Where all of its proxies listen.
const PORT: u16 = 12323;

/// The proxies of an order at <https://iproyal.com>, by its reseller API.
///
/// ```no_run
/// # use scrapeflow::prelude::*;
/// # use scrapeflow::ready::scrape;
/// # workflow! { Pages = scrape; }
/// use scrapeflow::IpRoyal;
///
/// // Key and order are in the environment variables IPROYAL_API_KEY and IPROYAL_ORDER_ID.
/// let run = Pages::in_dir("pages").proxies(IpRoyal::from_env()?);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct IpRoyal {
    service: Service,
    order: String,
    pool: ProxyPool,
}

#[derive(Deserialize)]
struct Credentials {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    username: String,
    password: String,
    ip: String,
}

impl IpRoyal {
    /// Those of an order, by the API key of its account.
    pub fn new(api_key: impl AsRef<str>, order_id: impl Into<String>) -> Self {
        let service = Service::new("IPRoyal", "https://dashboard.iproyal.com");
        Self {
            service: service.with_key(api_key.as_ref()),
            order: order_id.into(),
            pool: ProxyPool::default(),
        }
    }

    /// With the key and the order in the environment variables `IPROYAL_API_KEY` and `IPROYAL_ORDER_ID`.
    ///
    /// # Errors
    /// If one isn't set.
    pub fn from_env() -> Result<Self> {
        Ok(Self::new(
            from_env("IPROYAL_API_KEY")?,
            from_env("IPROYAL_ORDER_ID")?,
        ))
    }

    /// Where the service is: `https://dashboard.iproyal.com` unless set.
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
        let order = self.order.trim();
        if matches!(order, "" | "." | "..") {
            return Err(self
                .service
                .wrong("has no order; give it the number of one"));
        }
        let mut url = self.service.url("/api/servers/proxies/reseller/")?;
        // Escapes whatever the order has in it; a URL of HTTP takes segments.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(order).push("credentials");
        }
        let key = self
            .service
            .key_header(HeaderName::from_static("x-access-token"), "Bearer")?;
        let answer = self.service.asking(key)?.get(&url).await?;
        self.proxies(&answer)
    }

    pub(super) fn proxies(&self, answer: &[u8]) -> Result<Vec<Proxy>> {
        let credentials: Credentials = self.service.read(answer)?;
        if credentials.data.is_empty() {
            return Err(self.service.wrong("gave an empty list"));
        }
        let proxies = credentials.data.iter().enumerate().map(|(at, entry)| {
            Proxy::new(&entry.ip, PORT, &entry.username, &entry.password).map_err(|why| {
                self.service
                    .wrong(format_args!("gave no proxy as number {}: {why}", at + 1))
            })
        });
        proxies.collect()
    }
}

impl ProxyProvider for IpRoyal {
    fn pool(&self) -> &ProxyPool {
        &self.pool
    }

    fn load(&self) -> BoxFuture<'_, Result<Vec<Proxy>>> {
        Box::pin(self.service.in_time(self.list()))
    }
}
