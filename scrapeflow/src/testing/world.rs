//! One world: what happens in it follows from its seed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use fastrand::Rng;
use futures::future::BoxFuture;
use http::{Method, Uri};
use reqwest::Body;
use tokio::time::Instant;
use tower::Layer;

use super::fault::Fault;
use super::store::SimulatedStore;
use super::{clock, network};
use crate::fetch::{HttpService, Transport};
use crate::store::MemoryStore;

/// A site, a network, a disk and a clock that follow from one seed. Clones are the same world.
#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    seed: u64,
    site: Site,
    faults: Vec<Fault>,
    share: f64,
    began: Instant,
    store: MemoryStore,
    state: Mutex<State>,
}

/// What the site says when nothing goes wrong.
pub(super) type Site =
    Arc<dyn Fn(http::Request<Body>) -> BoxFuture<'static, http::Response<Body>> + Send + Sync>;

struct State {
    random: Rng,
    is_calm: bool,
    asked: Vec<Asked>,
    seen: BTreeMap<Fault, u64>,
}

/// A request as it reached the network.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asked {
    /// When it was sent, since the world began.
    pub at: Duration,
    /// When the head of the answer, or an error, came back; `None` as long as none did.
    pub answered: Option<Duration>,
    /// Of the request.
    pub method: Method,
    /// What was asked for.
    pub uri: Uri,
    /// What went wrong with it, if anything.
    pub fault: Option<Fault>,
    /// How long the answer asked to be left alone (`Retry-After`).
    pub retry_after: Option<Duration>,
}

impl World {
    pub(super) fn new(seed: u64, site: Site, faults: Vec<Fault>, share: f64) -> Self {
        Self(Arc::new(Inner {
            seed,
            site,
            faults,
            share,
            began: Instant::now(),
            store: MemoryStore::new(),
            state: Mutex::new(State {
                random: Rng::with_seed(seed),
                is_calm: false,
                asked: Vec::new(),
                seen: BTreeMap::new(),
            }),
        }))
    }

    /// What makes this world again.
    pub fn seed(&self) -> u64 {
        self.0.seed
    }

    /// The network with the site behind it, for [`Run::layer`](crate::Run::layer).
    pub fn network(
        &self,
    ) -> impl Layer<Transport, Service: HttpService> + Clone + Send + Sync + 'static {
        network::layer(self)
    }

    /// The store, for `in_store`; always the same one, which keeps what was saved.
    pub fn store(&self) -> SimulatedStore {
        SimulatedStore::new(self.clone(), self.0.store.clone())
    }

    /// From now on nothing goes wrong. What has stalled stays so, and the calendar's clock where it jumped to.
    pub fn calm(&self) {
        self.state().is_calm = true;
    }

    /// Every request so far, in the order in which they were sent.
    pub fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// What went wrong so far, and how often.
    pub fn faults(&self) -> BTreeMap<Fault, u64> {
        self.state().seen.clone()
    }

    /// A random number below `end`.
    ///
    /// # Panics
    /// If `end` is 0.
    pub fn below(&self, end: u64) -> u64 {
        self.state().random.u64(..end)
    }

    /// Waits for a random time: as likely less than a second as minutes, at most an hour and some.
    pub fn moment(&self) -> impl Future<Output = ()> + Send + 'static {
        let exponent = self.below(23);
        let wait = Duration::from_millis(self.below(1 << exponent));
        async move { tokio::time::sleep(wait).await }
    }

    /// Drops `run` at a random moment, much as if the process had been killed; `None` unless it ended before. Unlike there, destructors
    /// run, and what an executor has spawned goes on.
    pub async fn until_killed<F: Future>(&self, run: F) -> Option<F::Output> {
        let ended = tokio::select! {
            biased;
            output = run => Some(output),
            () = self.moment() => None,
        };
        if ended.is_none() {
            self.note(Fault::Killed);
            // What was aborted is dropped when its turn comes; tasks that it had begun may have theirs before, and save.
            tokio::task::yield_now().await;
        }
        ended
    }

    /// What is to go wrong now among these, if anything.
    pub(super) fn fate(&self, of: impl Fn(Fault) -> bool) -> Option<Fault> {
        let faults: Vec<Fault> = self.0.faults.iter().copied().filter(|&it| of(it)).collect();
        let mut state = self.state();
        if state.is_calm || state.random.f64() >= self.0.share {
            return None;
        }
        state.random.choice(faults)
    }

    /// Counts what went wrong.
    pub(super) fn note(&self, fault: Fault) {
        *self.state().seen.entry(fault).or_default() += 1;
    }

    /// Waits for a random time between these, in milliseconds.
    pub(super) async fn pass(&self, from: u64, to: u64) {
        let wait = from + self.below(to - from);
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }

    pub(super) fn jump(&self) {
        const HOUR: i64 = 3600;
        let by = self.state().random.i64(-HOUR..=HOUR);
        clock::jump(TimeDelta::seconds(by));
    }

    pub(super) fn site(&self) -> &Site {
        &self.0.site
    }

    /// Takes note of a request; its answer is noted under the number that comes back.
    pub(super) fn asks(&self, request: &http::Request<Body>, fault: Option<Fault>) -> usize {
        let mut state = self.state();
        state.asked.push(Asked {
            at: self.0.began.elapsed(),
            answered: None,
            method: request.method().clone(),
            uri: request.uri().clone(),
            fault,
            retry_after: None,
        });
        state.asked.len() - 1
    }

    pub(super) fn answers(&self, number: usize, retry_after: Option<Duration>) {
        let asked = &mut self.state().asked[number];
        asked.answered = Some(self.0.began.elapsed());
        asked.retry_after = retry_after;
    }

    /// A panic elsewhere leaves it whole: each change is one.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("seed", &self.0.seed)
            .finish_non_exhaustive()
    }
}
