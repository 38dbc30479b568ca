//! Whose fault it is that no answer came: the proxy's, or that of the site behind it.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use tokio::time::Instant;

use super::super::stages::wire::ProxyRefused;
use crate::error::{Class, Error};
use crate::proxy::Proxy;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nobody else can have been it.
    Proxy,
    /// The proxy, or the site.
    Unclear,
    /// Neither: nothing was sent.
    Nobody,
}

/// What the client says where it is to look up the name of a site for a SOCKS5 proxy, and cannot.
const NO_SUCH_SITE: &str = "error resolving for socks proxy";

/// What the client says where a proxy cannot be reached, or doesn't take us. It has no types for these that could be asked.
const OF_PROXY: [&str; 8] = [
    "tunnel error: proxy authorization required",
    "tunnel error: proxy response headers too long",
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
    if error.class() == Class::Timeout {
        return Fault::Unclear;
    }
    let Some(client) = error.downcast_ref::<reqwest::Error>() else {
        return Fault::Nobody;
    };
    let says = |what: &str| causes(client).any(|cause| cause.to_string() == what);
    if client.is_builder() || says(NO_SUCH_SITE) {
        return Fault::Nobody;
    }
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

/// So many hosts are remembered, those that failed last.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// Once may be bad luck, and twice.
const OFTEN: u32 = 3;

/// Whose fault it was where that is not clear.
///
/// A site that is down must not take the proxies with it, one after the other, nor a single broken connection a proxy: a host
/// that fails for the third time in a row, by whichever proxies, is to blame itself, if it has answered nobody meanwhile; else a
/// proxy is that fails for the third time in a row, for whichever hosts.
#[derive(Debug)]
pub(super) struct Blame {
    known: Mutex<Known>,
    /// Whether there are any, so that whoever answers need not be looked up.
    has_some: AtomicBool,
}

#[derive(Debug)]
struct Known {
    hosts: LruCache<Box<str>, Host>,
    /// How often in a row each failed.
    proxies: HashMap<Proxy, u32>,
}

/// A host that has failed once.
#[derive(Debug, Clone, Copy, Default)]
struct Host {
    in_a_row: u32,
    answered: Option<Instant>,
}

impl Blame {
    pub(super) fn answered(&self, host: &str, proxy: &Proxy) {
        if !self.has_some.load(Ordering::Relaxed) {
            return;
        }
        let mut known = self.known();
        known.proxies.remove(proxy);
        if let Some(host) = known.hosts.get_mut(host) {
            host.in_a_row = 0;
            host.answered = Some(Instant::now());
        }
    }

    /// What began then has failed; whether it was the proxy.
    pub(super) fn is_of_proxy(
        &self,
        fault: Fault,
        host: &str,
        proxy: &Proxy,
        began: Instant,
    ) -> bool {
        let mut known = self.known();
        match fault {
            Fault::Nobody => return false,
            Fault::Proxy => {}
            Fault::Unclear => {
                self.has_some.store(true, Ordering::Relaxed);
                let host = known.hosts.get_or_insert_mut(host.into(), Host::default);
                if host.answered.is_none_or(|at| at < began) {
                    host.in_a_row = host.in_a_row.saturating_add(1);
                    if host.in_a_row >= OFTEN {
                        return false;
                    }
                }
                let in_a_row = known.proxies.entry(proxy.clone()).or_default();
                *in_a_row += 1;
                if *in_a_row < OFTEN {
                    return false;
                }
            }
        }
        known.proxies.remove(proxy);
        true
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Blame {
    fn default() -> Self {
        Self {
            known: Mutex::new(Known {
                hosts: LruCache::new(REMEMBERED),
                proxies: HashMap::new(),
            }),
            has_some: AtomicBool::new(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies() -> [Proxy; 2] {
        ["a.example:1", "b.example:1"].map(|text| text.parse().unwrap())
    }

    #[test]
    fn whoever_fails_often_is_to_blame_the_host_first() {
        let (blame, [a, b], began) = (Blame::default(), proxies(), Instant::now());
        let unclear =
            |host: &str, proxy: &Proxy| blame.is_of_proxy(Fault::Unclear, host, proxy, began);
        assert!(
            blame.is_of_proxy(Fault::Proxy, "x", &a, began),
            "where it is clear, at once"
        );
        assert!(!blame.is_of_proxy(Fault::Nobody, "x", &a, began));
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
            !unclear("v", &a) && !unclear("w", &a),
            "what it answered is forgotten"
        );
        assert!(unclear("u", &a));
    }

    #[test]
    fn a_host_that_has_answered_meanwhile_is_not_to_blame() {
        let (blame, [a, b], began) = (Blame::default(), proxies(), Instant::now());
        assert!(!blame.is_of_proxy(Fault::Unclear, "x", &a, began));
        blame.answered("x", &b);
        // A burst of requests that hung, all by one.
        assert!(!blame.is_of_proxy(Fault::Unclear, "x", &a, began));
        assert!(blame.is_of_proxy(Fault::Unclear, "x", &a, began));
        for _ in 0..2 {
            assert!(!blame.is_of_proxy(Fault::Unclear, "x", &a, began));
        }
        assert!(blame.is_of_proxy(Fault::Unclear, "x", &a, began));
    }
}
