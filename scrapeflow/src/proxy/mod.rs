//! Proxies: where they come from, which one is next, and how each fares.
//!
//! A [`ProxyProvider`] gives a list, once; a [`ProxyPool`] picks from it, lets those that fail cool down, and tries
//! them again. What a failure is, and whose, is for `fetch::route` to say.

mod address;
mod check;
mod group;
mod health;
mod list;
mod no_proxy;
mod parse;
mod pool;
mod service;

use std::fmt;
use std::time::Duration;

use futures::future::BoxFuture;

pub use address::Proxy;
#[cfg(any(test, fuzzing))]
pub(crate) use address::check_invariants as check_proxy;
#[cfg(feature = "cli")]
pub(crate) use check::URL as CHECK_URL;
pub use check::{Check, Checked, Checking};
pub use list::{ProxyByCountry, ProxyList};
pub use no_proxy::NoProxy;
pub use parse::InvalidProxy;
pub use pool::ProxyPool;
#[cfg(any(test, fuzzing))]
pub(crate) use service::check_invariants as check_service;
pub use service::{IpRoyal, Proxyscrape, Webshare};

use crate::error::{Class, Error, Result};

/// Where a run's proxies come from; given to [`Run::proxies`](crate::Run::proxies).
///
/// There are [`ProxyList`] and [`ProxyByCountry`] for proxies that one has, and [`Proxyscrape`], [`Webshare`] and
/// [`IpRoyal`] for those of services. One of one's own says where they come from, and holds a pool; what the pool does may
/// be done otherwise by writing the methods anew.
///
/// ```
/// use futures::future::BoxFuture;
/// use scrapeflow::prelude::*;
/// use scrapeflow::{Proxy, ProxyPool, ProxyProvider};
///
/// /// Proxies that a colleague keeps in a file.
/// #[derive(Debug, Default)]
/// struct Colleague(ProxyPool);
///
/// impl ProxyProvider for Colleague {
///     fn pool(&self) -> &ProxyPool {
///         &self.0
///     }
///
///     fn load(&self) -> BoxFuture<'_, Result<Vec<Proxy>>> {
///         Box::pin(async {
///             let text = tokio::fs::read_to_string("proxies.txt").await?;
///             text.lines().map(|line| Ok(line.parse()?)).collect()
///         })
///     }
/// }
/// ```
pub trait ProxyProvider: Send + Sync + 'static {
    /// Those that were loaded, and how they fare.
    fn pool(&self) -> &ProxyPool;

    /// All proxies, for an empty [`pool`](ProxyProvider::pool). Asked for before a run's first task.
    ///
    /// # Errors
    /// If there is no list to be had. Then the run doesn't begin.
    fn load(&self) -> BoxFuture<'_, Result<Vec<Proxy>>>;

    /// A proxy that goes out from `country` (from anywhere, if none is said), none of `except` as far as there are
    /// others.
    ///
    /// # Errors
    /// If there is none, or none is live.
    fn one(&self, country: Option<&str>, except: &[Proxy]) -> Result<Proxy, NoProxy> {
        self.pool().one(country, except)
    }

    /// A request came through it.
    fn good(&self, proxy: &Proxy) {
        self.pool().good(proxy);
    }

    /// It failed, or a site has blocked it.
    fn bad(&self, proxy: &Proxy) {
        self.pool().bad(proxy);
    }

    /// Loads the proxies unless they are there.
    fn ready(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            if !self.pool().is_empty() {
                return Ok(());
            }
            let loaded = self.load().await?;
            if loaded.is_empty() {
                return Err(Error::recorded(
                    Class::Runtime,
                    "the list of proxies is empty",
                ));
            }
            self.pool().fill(loaded);
            Ok(())
        })
    }

    /// Asks for a page through each of them, `rounds` times with a connection each, and leaves aside whom that fails
    /// for: see [`Check`].
    fn check(&self, timeout: Duration, rounds: u32) -> Check<'_>
    where
        Self: Sized,
    {
        Check::new(self, timeout, rounds)
    }
}

impl<P: ProxyProvider + ?Sized> ProxyProvider for std::sync::Arc<P> {
    fn pool(&self) -> &ProxyPool {
        (**self).pool()
    }

    fn load(&self) -> BoxFuture<'_, Result<Vec<Proxy>>> {
        (**self).load()
    }

    fn one(&self, country: Option<&str>, except: &[Proxy]) -> Result<Proxy, NoProxy> {
        (**self).one(country, except)
    }

    fn good(&self, proxy: &Proxy) {
        (**self).good(proxy);
    }

    fn bad(&self, proxy: &Proxy) {
        (**self).bad(proxy);
    }

    fn ready(&self) -> BoxFuture<'_, Result<()>> {
        (**self).ready()
    }
}

impl fmt::Debug for dyn ProxyProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProxyProvider").field(self.pool()).finish()
    }
}
