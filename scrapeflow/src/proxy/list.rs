//! Proxies that the caller has.

use futures::FutureExt;
use futures::future::{self, BoxFuture};

use super::{InvalidProxy, Proxy, ProxyPool, ProxyProvider};
use crate::error::Result;

/// A list of proxies.
///
/// ```
/// use scrapeflow::ProxyList;
///
/// let proxies = ProxyList::new(["http://ann:secret@10.0.0.1:8080", "10.0.0.2:8080:bob:secret"])?;
/// let wrong = ProxyList::new(["10.0.0.1:8080", "10.0.0.2"]).unwrap_err();
/// assert_eq!(wrong.to_string(), "proxy 2 of the list: it has no port; write http://user:password@host:port");
/// # Ok::<(), scrapeflow::InvalidProxy>(())
/// ```
#[derive(Debug)]
pub struct ProxyList(ProxyPool);

impl ProxyList {
    /// These, each as [`Proxy`] reads them.
    ///
    /// # Errors
    /// If one is no proxy, named by its place, since its text may hold a password; or if there are none.
    pub fn new<P: AsRef<str>>(proxies: impl IntoIterator<Item = P>) -> Result<Self, InvalidProxy> {
        Ok(Self(ProxyPool::of(parsed("the list", proxies)?)))
    }
}

impl ProxyProvider for ProxyList {
    fn pool(&self) -> &ProxyPool {
        &self.0
    }

    fn load(&self) -> BoxFuture<'_, Result<Vec<Proxy>>> {
        future::ready(Ok(self.0.all())).boxed()
    }
}

/// Lists of proxies by the country that they go out from.
///
/// Requests that ask for no country take those of `*`, or any where there is no `*`.
///
/// ```
/// use scrapeflow::{ProxyByCountry, ProxyProvider};
///
/// let proxies = ProxyByCountry::new([
///     ("US", vec!["http://10.0.0.1:8080", "http://10.0.0.2:8080"]),
///     ("DE", vec!["http://10.0.0.3:8080"]),
///     ("*", vec!["http://10.0.0.4:8080"]),
/// ])?;
/// assert_eq!(proxies.one(Some("de"), &[])?.to_string(), "http://10.0.0.3:8080");
/// assert_eq!(proxies.one(None, &[])?.to_string(), "http://10.0.0.4:8080");
/// let nowhere = proxies.one(Some("FR"), &[]).unwrap_err();
/// assert_eq!(nowhere.to_string(), "no proxy of country `FR`; there are DE, US");
/// # Ok::<(), scrapeflow::Error>(())
/// ```
#[derive(Debug)]
pub struct ProxyByCountry(ProxyPool);

impl ProxyByCountry {
    /// These, each as [`Proxy`] reads them.
    ///
    /// # Errors
    /// If one is no proxy, named by its country and place, or if a country has none.
    pub fn new<C: AsRef<str>, P: AsRef<str>, L: IntoIterator<Item = P>>(
        countries: impl IntoIterator<Item = (C, L)>,
    ) -> Result<Self, InvalidProxy> {
        let mut all = Vec::new();
        for (country, list) in countries {
            let country = country.as_ref();
            let list = parsed(&format!("the list of `{country}`"), list)?;
            all.extend(list.into_iter().map(|proxy| proxy.in_country(country)));
        }
        if all.is_empty() {
            return Err(InvalidProxy("there is no list of proxies".into()));
        }
        Ok(Self(ProxyPool::of(all)))
    }
}

impl ProxyProvider for ProxyByCountry {
    fn pool(&self) -> &ProxyPool {
        &self.0
    }

    fn load(&self) -> BoxFuture<'_, Result<Vec<Proxy>>> {
        future::ready(Ok(self.0.all())).boxed()
    }
}

fn parsed<P: AsRef<str>>(
    name: &str,
    proxies: impl IntoIterator<Item = P>,
) -> Result<Vec<Proxy>, InvalidProxy> {
    let proxies = proxies.into_iter().enumerate();
    let parsed = proxies.map(|(at, text)| {
        text.as_ref().parse().map_err(|InvalidProxy(why)| {
            let at = at + 1;
            InvalidProxy(format!(
                "proxy {at} of {name}: {why}; write http://user:password@host:port"
            ))
        })
    });
    let parsed = parsed.collect::<Result<Vec<Proxy>, _>>()?;
    if parsed.is_empty() {
        return Err(InvalidProxy(format!(
            "{name} is empty; give at least one proxy"
        )));
    }
    Ok(parsed)
}
