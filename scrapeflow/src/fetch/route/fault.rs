//! Whose fault it is that no answer came: the proxy's, or that of the site behind it.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::error::Error as StdError;
use std::hash::Hash;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::stages::wire::ProxyRefused;
use crate::error::Error;
use crate::proxy::Proxy;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nobody else can have been it.
    Proxy,
    /// The proxy, or the site.
    Unclear,
}

/// What the client says where a proxy cannot be reached, or doesn't take us. It has no types for these that could be asked.
const OF_PROXY: [&str; 9] = [
    "tunnel error: proxy authorization required",
    "tunnel error: proxy response headers too long",
    "tunnel error: unexpected end of file",
    "tunnel error: failed to create underlying connection",
    "SOCKS error: failed to create underlying connection",
    "SOCKS error: failed parsing server response",
    "SOCKS error: server does not support user/pass authentication",
    "SOCKS error: server implements authentication incorrectly",
    "SOCKS error: credentials not accepted",
];

pub(super) fn fault(error: &Error) -> Fault {
    if error.downcast_ref::<ProxyRefused>().is_some() {
        return Fault::Proxy;
    }
    let Some(client) = error.downcast_ref::<reqwest::Error>() else {
        return Fault::Unclear;
    };
    // Beyond a connection, whoever breaks it off may be at either end.
    if client.is_connect() && (client.is_dns() || causes(client).any(is_of_proxy)) {
        Fault::Proxy
    } else {
        Fault::Unclear
    }
}

fn is_of_proxy(cause: &(dyn StdError + 'static)) -> bool {
    use io::ErrorKind as K;
    let is_unreachable = cause.downcast_ref::<io::Error>().is_some_and(|error| {
        matches!(
            error.kind(),
            K::ConnectionRefused | K::HostUnreachable | K::NetworkUnreachable | K::AddrNotAvailable
        )
    });
    is_unreachable || OF_PROXY.contains(&cause.to_string().as_str())
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

/// Who failed how often in a row.
#[derive(Debug)]
pub(super) struct Streaks<K> {
    failing: Mutex<HashMap<K, u32>>,
    /// How many there are, so that whoever answers need not be looked up.
    known: AtomicUsize,
}

impl<K: Eq + Hash> Streaks<K> {
    pub(super) fn answered<Q: Eq + Hash + ?Sized>(&self, who: &Q)
    where
        K: Borrow<Q>,
    {
        if self.known.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut failing = self.failing();
        failing.remove(who);
        self.known.store(failing.len(), Ordering::Relaxed);
    }

    /// It failed once more; how often that makes.
    pub(super) fn failed(&self, who: K) -> u32 {
        let mut failing = self.failing();
        let times = failing.entry(who).or_default();
        *times = times.saturating_add(1);
        let times = *times;
        self.known.store(failing.len(), Ordering::Relaxed);
        times
    }

    fn failing(&self) -> MutexGuard<'_, HashMap<K, u32>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K> Default for Streaks<K> {
    fn default() -> Self {
        Self {
            failing: Mutex::default(),
            known: AtomicUsize::new(0),
        }
    }
}

/// Whose fault it was where that is not clear.
///
/// A site that is down must not take the proxies with it, one after the other, nor a single broken connection a proxy: a host
/// that fails for the third time in a row, by whichever proxies, is to blame itself; else a proxy is that fails for
/// the third time in a row, for whichever hosts.
#[derive(Debug, Default)]
pub(super) struct Blame {
    hosts: Streaks<Box<str>>,
    proxies: Streaks<Proxy>,
}

/// Once may be bad luck, and twice.
const OFTEN: u32 = 3;

impl Blame {
    pub(super) fn answered(&self, host: &str, proxy: &Proxy) {
        self.hosts.answered(host);
        self.proxies.answered(proxy);
    }

    /// It failed; whether it was the proxy.
    pub(super) fn is_of_proxy(&self, fault: Fault, host: &str, proxy: &Proxy) -> bool {
        let is = fault == Fault::Proxy
            || (self.hosts.failed(host.into()) < OFTEN
                && self.proxies.failed(proxy.clone()) >= OFTEN);
        if is {
            self.proxies.answered(proxy);
        }
        is
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_fails_often_is_to_blame_the_host_first() {
        let blame = Blame::default();
        let [a, b] = ["a.example:1", "b.example:1"].map(|text| text.parse::<Proxy>().unwrap());
        let unclear = |host: &str, proxy: &Proxy| blame.is_of_proxy(Fault::Unclear, host, proxy);
        assert!(
            blame.is_of_proxy(Fault::Proxy, "x", &a),
            "where it is clear, at once"
        );
        assert!(
            [&a, &b, &a, &a, &a]
                .iter()
                .all(|proxy| !unclear("down", proxy))
        );
        assert!(
            !unclear("x", &a) && unclear("x", &a),
            "once for the one, and twice for another"
        );
        assert!(!unclear("y", &a), "it begins anew");
        blame.answered("y", &a);
        assert!(
            !unclear("y", &a) && !unclear("z", &a),
            "what it answered is forgotten"
        );
        assert!(unclear("z", &a));
    }
}
