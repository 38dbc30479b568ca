//! The HTTP clients of a run, each with a pool of connections: one that goes everywhere, one that resolves names to public
//! addresses alone, and one for each proxy.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, HeaderMap};
use lru::LruCache;
use reqwest::redirect::Policy;
use rustls::ClientConfig;
use tower::BoxError;

use super::classify::remedy;
use super::received;
use super::resolver::PublicOnly;
use super::settings::Settings;
use super::tls;
use crate::error::{Class, Error, Result};
use crate::proxy::Proxy;

/// Of so many proxies the clients are kept, with their connections; the one that was used longest ago goes first.
const PROXIED: NonZeroUsize = NonZeroUsize::new(256).unwrap();

/// How long connecting may take, through a proxy too: a host that drops packets is not to use up an attempt, in which it
/// might be tried again.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a connection is kept that nobody uses. A run over many hosts comes back to none of them soon, and each
/// kept connection is an open file.
const IDLE: Duration = Duration::from_secs(15);

/// Those who send.
pub(super) struct Clients {
    connector: Connector,
    anywhere: reqwest::Client,
    /// Made when it is needed.
    public: OnceLock<reqwest::Client>,
    proxied: Mutex<LruCache<Proxy, reqwest::Client>>,
}

impl Clients {
    pub(super) fn new(settings: &Arc<Settings>) -> Result<Self, String> {
        let connector = Connector::new(settings.clone())?;
        let anywhere = connector
            .direct()
            .map_err(|error| format!("takes Fetch, and no HTTP client can be made: {error}"))?;
        Ok(Self {
            connector,
            anywhere,
            public: OnceLock::new(),
            proxied: Mutex::new(LruCache::new(PROXIED)),
        })
    }

    pub(super) fn anywhere(&self) -> &reqwest::Client {
        &self.anywhere
    }

    pub(super) fn public(&self) -> reqwest::Result<&reqwest::Client> {
        if let Some(client) = self.public.get() {
            return Ok(client);
        }
        let client = self.connector.public()?;
        Ok(self.public.get_or_init(|| client))
    }

    pub(super) fn through(&self, proxy: &Proxy) -> reqwest::Result<reqwest::Client> {
        let mut proxied = self.proxied.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = proxied.get(proxy) {
            return Ok(client.clone());
        }
        let client = self.connector.through(proxy)?;
        proxied.put(proxy.clone(), client.clone());
        Ok(client)
    }
}

/// Makes clients.
pub(crate) struct Connector {
    settings: Arc<Settings>,
    tls: ClientConfig,
}

impl Connector {
    fn new(settings: Arc<Settings>) -> Result<Self, String> {
        let tls = tls::config(&settings.roots, settings.accept_invalid_certs)?;
        Ok(Self { settings, tls })
    }

    /// One that was told nothing.
    pub(crate) fn plain() -> Result<Self> {
        Self::trusting(&[])
    }

    /// One that was told nothing but further roots, PEM-encoded.
    pub(crate) fn trusting(roots: &[u8]) -> Result<Self> {
        let mut settings = Settings::default();
        let wrong = |why| Error::recorded(Class::Runtime, why);
        if !roots.is_empty() {
            settings.roots = tls::roots(roots).map_err(wrong)?;
        }
        Self::new(Arc::new(settings)).map_err(wrong)
    }

    /// To whoever is asked.
    pub(crate) fn direct(&self) -> reqwest::Result<reqwest::Client> {
        // What the environment says of proxies would be no part of the run, and hide addresses from the policy.
        let builder = self.overridden().no_proxy();
        builder.tls_backend_preconfigured(self.tls.clone()).build()
    }

    fn public(&self) -> reqwest::Result<reqwest::Client> {
        let resolver = PublicOnly::new(self.settings.resolve.clone());
        let builder = self.builder().dns_resolver(Arc::new(resolver));
        let builder = builder.no_proxy();
        builder.tls_backend_preconfigured(self.tls.clone()).build()
    }

    /// By a proxy, whoever is asked.
    pub(crate) fn through(&self, proxy: &Proxy) -> reqwest::Result<reqwest::Client> {
        let by = reqwest::Proxy::all(proxy.url()).map_err(reqwest::Error::without_url)?;
        let builder = self.overridden().proxy(by);
        builder
            .tls_backend_preconfigured(tls::apart(&self.tls))
            .build()
    }

    fn overridden(&self) -> reqwest::ClientBuilder {
        let resolve = self.settings.resolve.iter();
        resolve.fold(self.builder(), |builder, (host, addresses)| {
            builder.resolve_to_addrs(host, addresses)
        })
    }

    fn builder(&self) -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .pool_idle_timeout(IDLE)
            .connect_timeout(CONNECT)
            // Followed hop by hop, as robots.txt, paces and addresses have it.
            .redirect(Policy::none())
            .user_agent(self.settings.user_agent.clone())
            .default_headers(HeaderMap::from_iter([(
                ACCEPT_ENCODING,
                received::ACCEPTED,
            )]))
            // Decoded by `received`, whatever other crates of the build switch on.
            .no_gzip()
            .no_deflate()
            .no_brotli()
            .no_zstd()
    }
}

/// With what can be done about it.
pub(crate) fn told(error: BoxError) -> Error {
    let remedy = error.downcast_ref().and_then(remedy);
    let error = Error::from_boxed(error);
    match remedy {
        Some(remedy) => error.context(remedy),
        None => error,
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").finish_non_exhaustive()
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_clients_of_so_many_proxies_are_kept_and_the_least_used_dropped() {
        let clients = Clients::new(&Arc::default()).unwrap();
        let proxy = |nth: usize| format!("10.0.0.1:{}", nth + 1).parse::<Proxy>().unwrap();
        let kept = || {
            let proxied = clients.proxied.lock().unwrap();
            proxied
                .iter()
                .map(|(proxy, _)| proxy.clone())
                .collect::<Vec<_>>()
        };
        let most = PROXIED.get();
        for nth in 0..most {
            clients.through(&proxy(nth)).unwrap();
        }
        clients.through(&proxy(0)).unwrap();
        clients.through(&proxy(most)).unwrap();
        let kept = kept();
        assert_eq!(kept.len(), most);
        assert!(kept.contains(&proxy(0)) && !kept.contains(&proxy(1)));
    }
}
