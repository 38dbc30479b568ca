//! Names to public addresses, and to no others.

use std::collections::HashMap;
use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::AddressPolicy;

/// Resolves names as the system does, and hands out public addresses alone. What it hands out is what is
/// connected to: no name is looked up twice.
#[derive(Debug)]
pub(super) struct PublicOnly {
    /// What the caller said of a name.
    said: HashMap<String, Vec<SocketAddr>>,
}

impl PublicOnly {
    pub(super) fn new(said: HashMap<String, Vec<SocketAddr>>) -> Self {
        Self { said }
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let said = self.said.get(name.as_str()).cloned();
        Box::pin(async move {
            let found: Vec<SocketAddr> = match said {
                Some(addresses) => addresses,
                None => tokio::net::lookup_host((name.as_str(), 0)).await?.collect(),
            };
            let judged = |address: &SocketAddr| AddressPolicy::PublicOnly.check(None, address.ip());
            let public: Vec<SocketAddr> = found
                .iter()
                .copied()
                .filter(|address| judged(address).is_ok())
                .collect();
            match found.first().map(judged) {
                Some(Err(refused)) if public.is_empty() => Err(refused.into()),
                _ => Ok(Box::new(public.into_iter()) as Addrs),
            }
        })
    }
}
