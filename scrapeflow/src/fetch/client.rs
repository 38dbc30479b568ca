//! The HTTP client of a run: one, with its stages, made before the first task.

use std::collections::HashMap;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::outgoing::{Answer, Outgoing};
use super::pace::{LocalTurns, Pace};
use super::route::Routes;
use super::settings::Settings;
use super::stages::{Stack, Stage, stack};
use crate::error::Result;
use crate::run::builder::Said;

/// What all executors of a run share.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) settings: Arc<Settings>,
    /// `None` for one that goes straight out.
    pub(super) routes: Option<Arc<Routes>>,
    stack: Stack,
}

impl Client {
    /// Boxed, so that executors' futures stay as small as their own code.
    pub(super) fn send<'a>(&'a self, request: &'a Outgoing) -> BoxFuture<'a, Result<Answer>> {
        Box::pin(self.stack.send(request))
    }
}

/// Makes the run's client, once.
pub(super) fn prepare(said: &mut Said) -> Result<(), String> {
    if said.extensions.get::<Client>().is_some() {
        return Ok(());
    }
    let settings = said.extensions.get::<Settings>().unwrap_or_default();
    if said.turns.is_none() {
        let local = LocalTurns::new(settings.politeness.pace, paces(&settings));
        said.turns = Some(Arc::new(local));
    }
    if settings.proxies.is_none() && settings.asks_for_a_country() {
        return Err("is to go out by a country's proxies, and the run has none; give it some with `proxies`".into());
    }
    let routes = Routes::new(&settings);
    let stack = stack(&settings, routes.as_ref())?;
    if let Some(proxies) = settings.proxies.clone() {
        said.before
            .push(async move { proxies.ready().await }.boxed());
    }
    said.extensions.insert(Arc::new(Client {
        settings,
        routes,
        stack,
    }));
    Ok(())
}

fn paces(settings: &Settings) -> HashMap<String, Pace> {
    let hosts = settings.hosts.iter();
    hosts
        .filter_map(|(name, host)| Some((name.clone(), host.pace?)))
        .collect()
}
