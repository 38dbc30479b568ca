//! Turns as one run grants them.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::Pace;
use super::host::{Host, When};
use crate::schedule::{Heard, Taken, Turn, Turns};

/// Grants turns by the paces that a run was given.
pub(in crate::fetch) struct LocalTurns {
    pace: Pace,
    /// What is different for single hosts.
    paces: HashMap<String, Pace>,
    /// Those that have a limit, or had one.
    hosts: Mutex<HashMap<Box<str>, Arc<Known>>>,
    /// Whether there is a limit anywhere, or was.
    limited: AtomicBool,
}

/// A host that is known.
#[derive(Debug)]
struct Known {
    host: Mutex<Host>,
    /// Told when another turn may be granted.
    changed: Notify,
}

impl LocalTurns {
    pub(in crate::fetch) fn new(pace: Pace, paces: HashMap<String, Pace>) -> Self {
        let limited = pace.is_limited() || paces.values().any(Pace::is_limited);
        Self {
            pace,
            paces,
            hosts: Mutex::default(),
            limited: AtomicBool::new(limited),
        }
    }

    fn known(&self, name: &str) -> Arc<Known> {
        let mut hosts = lock(&self.hosts);
        if let Some(known) = hosts.get(name) {
            return known.clone();
        }
        let pace = self.paces.get(name).copied().unwrap_or(self.pace);
        let known = Arc::new(Known {
            host: Mutex::new(Host::new(pace)),
            changed: Notify::new(),
        });
        hosts.insert(name.into(), known.clone());
        known
    }

    /// One that has a pace, or was heard of.
    fn limited(&self, name: &str) -> Option<Arc<Known>> {
        if !self.are_limited() {
            return None;
        }
        let pace = self.paces.get(name).unwrap_or(&self.pace);
        let known = if pace.is_limited() {
            self.known(name)
        } else {
            lock(&self.hosts).get(name)?.clone()
        };
        let is_limited = known.host().is_limited(Instant::now());
        is_limited.then_some(known)
    }
}

impl Turns for LocalTurns {
    fn are_limited(&self) -> bool {
        self.limited.load(Ordering::Acquire)
    }

    fn try_take(&self, host: &str) -> Taken {
        let Some(known) = self.limited(host) else {
            return Taken::Free;
        };
        match known.host().grant(Instant::now()) {
            When::Now => {}
            When::At(_) | When::Later => return Taken::Wait,
        }
        Taken::Turn(Box::new(LocalTurn::of(known)))
    }

    fn take<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Box<dyn Turn>> {
        async move {
            let known = self.known(host);
            loop {
                let changed = known.changed.notified();
                let when = known.host().grant(Instant::now());
                match when {
                    When::Now => return Box::new(LocalTurn::of(known.clone())) as Box<dyn Turn>,
                    When::At(at) => sleep_until(at).await,
                    When::Later => changed.await,
                }
            }
        }
        .boxed()
    }

    fn heard(&self, host: &str, sent: Instant, heard: Heard) {
        match heard {
            Heard::Fine => {
                if let Some(known) = self.limited(host) {
                    known.host().fine(sent);
                }
            }
            Heard::TooMuch(alone) => {
                let known = self.known(host);
                known.host().too_much(sent, Instant::now(), alone);
                self.limited.store(true, Ordering::Release);
            }
        }
    }

    fn crawl_delay(&self, host: &str, delay: Duration) {
        if !delay.is_zero() {
            self.known(host).host().crawl_delay(delay);
            self.limited.store(true, Ordering::Release);
        }
    }
}

#[derive(Debug)]
struct LocalTurn {
    known: Arc<Known>,
    begun: bool,
}

impl LocalTurn {
    fn of(known: Arc<Known>) -> Self {
        Self {
            known,
            begun: false,
        }
    }
}

impl Turn for LocalTurn {
    fn begin(&mut self) -> bool {
        let (first, random) = (!self.begun, fastrand::f64());
        let when = self.known.host().begin(first, Instant::now(), random);
        if when == When::Now {
            self.begun = true;
            self.known.changed.notify_one();
        }
        when == When::Now
    }

    fn ready(&mut self) -> BoxFuture<'_, ()> {
        async move {
            loop {
                let when = self.known.host().may_begin(Instant::now());
                match when {
                    When::At(at) => sleep_until(at).await,
                    When::Now | When::Later => return,
                }
            }
        }
        .boxed()
    }
}

impl Drop for LocalTurn {
    fn drop(&mut self) {
        self.known.host().give_back(self.begun);
        self.known.changed.notify_one();
    }
}

impl Known {
    fn host(&self) -> MutexGuard<'_, Host> {
        lock(&self.host)
    }
}

/// A panic elsewhere leaves it whole: every change is complete before anything can fail.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for LocalTurns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalTurns")
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}
