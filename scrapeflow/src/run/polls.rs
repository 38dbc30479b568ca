//! Which executors have a thread just now. One that doesn't yield keeps it from all others, whose time goes by, and can be neither
//! cut off nor ended: it can only be named.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use slab::Slab;

use super::scope::Scope;
use crate::report::event::{Event, Publisher};
use crate::task::Key;

/// How long an executor may go on without yielding before it is named.
const TOO_LONG: Duration = Duration::from_secs(3);

/// How often that is looked at.
const LOOKED_AT: Duration = Duration::from_secs(1);

/// The attempts that are under way, and which of them have a thread.
#[derive(Debug)]
pub(crate) struct Polls {
    /// Of the clock on the wall: a thread is held also while simulated time stands still.
    began: Instant,
    attempts: Mutex<Slab<Arc<Attempt>>>,
}

#[derive(Debug)]
struct Attempt {
    key: Key,
    executor: &'static str,
    /// When it was given the thread that it has, in milliseconds since `began`, counted from 1; 0 if it has none.
    since: AtomicU64,
    told: AtomicBool,
}

/// An attempt that is under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct UnderWay<'a> {
    polls: &'a Polls,
    attempt: Arc<Attempt>,
    at: usize,
}

/// It has a thread, until this is dropped.
#[derive(Debug)]
pub(crate) struct HasThread<'a>(&'a AtomicU64);

/// While it is kept, executors are watched.
#[derive(Debug)]
pub(crate) struct Watch(#[expect(dead_code, reason = "dropped, it ends")] mpsc::Sender<Infallible>);

impl Polls {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            attempts: Mutex::default(),
        }
    }

    /// An attempt begins.
    pub(crate) fn attempt(&self, key: &Key, executor: &'static str) -> UnderWay<'_> {
        let attempt = Arc::new(Attempt {
            key: key.clone(),
            executor,
            since: AtomicU64::new(0),
            told: AtomicBool::new(false),
        });
        UnderWay {
            polls: self,
            at: self.attempts().insert(attempt.clone()),
            attempt,
        }
    }

    /// The tasks and executors that have a thread.
    pub(crate) fn now(&self) -> Vec<(Key, &'static str)> {
        let attempts = self.attempts();
        let having = attempts.iter().filter(|(_, attempt)| attempt.is_polled());
        having
            .map(|(_, attempt)| (attempt.key.clone(), attempt.executor))
            .collect()
    }

    /// Tells once of each attempt that has a thread for too long.
    fn tell(&self, events: &Publisher) {
        let now = self.now_in_millis();
        let too_long = |attempt: &Attempt| {
            let since = attempt.since.load(Ordering::Relaxed);
            let held = Duration::from_millis(now.saturating_sub(since));
            let is_new =
                since > 0 && held >= TOO_LONG && !attempt.told.swap(true, Ordering::Relaxed);
            is_new.then(|| Event::Unyielding {
                key: attempt.key.clone(),
                executor: attempt.executor,
                held,
            })
        };
        let told: Vec<Event> = {
            let attempts = self.attempts();
            attempts
                .iter()
                .filter_map(|(_, attempt)| too_long(attempt))
                .collect()
        };
        for event in told {
            events.publish(&event);
        }
    }

    /// From 1.
    fn now_in_millis(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).map_or(u64::MAX, |millis| millis + 1)
    }

    /// A panic elsewhere leaves the list whole.
    fn attempts(&self) -> MutexGuard<'_, Slab<Arc<Attempt>>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Watches the executors of a run, on a thread of its own, since they may have all others.
pub(crate) fn watch(scope: &Arc<Scope>) -> Watch {
    let (watching, watched) = mpsc::channel();
    let scope = Arc::downgrade(scope);
    let look = move || {
        while watched.recv_timeout(LOOKED_AT) == Err(mpsc::RecvTimeoutError::Timeout) {
            let Some(scope) = scope.upgrade() else { return };
            scope.polls.tell(&scope.events);
        }
    };
    let thread = std::thread::Builder::new().name("scrapeflow-watch".to_owned());
    // Where there is none to be had nobody is named, and the run goes on.
    let _ = thread.spawn(look);
    Watch(watching)
}

impl Attempt {
    fn is_polled(&self) -> bool {
        self.since.load(Ordering::Relaxed) > 0
    }
}

impl UnderWay<'_> {
    /// It is given a thread.
    pub(crate) fn has_thread(&self) -> HasThread<'_> {
        let since = &self.attempt.since;
        since.store(self.polls.now_in_millis(), Ordering::Relaxed);
        HasThread(since)
    }
}

impl Drop for HasThread<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.polls.attempts().remove(self.at);
    }
}
