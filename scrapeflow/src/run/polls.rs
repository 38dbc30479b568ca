//! Which executors have a thread just now. One that doesn't yield keeps it from all others, whose time goes by, and can be neither
//! cut off nor ended: it can only be named.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use slab::Slab;
use tokio::runtime::Handle;

use super::scope::Scope;
use crate::report::event::{Event, Publisher};
use crate::task::Key;

/// How long an executor may go on without yielding before it is named.
const TOO_LONG: Duration = Duration::from_secs(3);

/// How often that is looked at.
const LOOKED_AT: Duration = Duration::from_millis(250);

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

/// What an attempt does, which is watched while it is polled and dropped.
#[derive(Debug)]
pub(crate) struct Watched<'a, F> {
    /// `None` once it is being dropped.
    body: Option<F>,
    attempt: UnderWay<'a>,
}

/// An attempt that is under way, until it is dropped.
#[derive(Debug)]
struct UnderWay<'a> {
    polls: &'a Polls,
    attempt: Arc<Attempt>,
    at: usize,
}

/// It has a thread, until this is dropped.
#[derive(Debug)]
struct HasThread<'a>(&'a AtomicU64);

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
    pub(crate) fn watched<F>(&self, key: &Key, executor: &'static str, body: F) -> Watched<'_, F> {
        let attempt = Arc::new(Attempt {
            key: key.clone(),
            executor,
            since: AtomicU64::new(0),
            told: AtomicBool::new(false),
        });
        Watched {
            body: Some(body),
            attempt: UnderWay {
                polls: self,
                at: self.attempts().insert(attempt.clone()),
                attempt,
            },
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

/// Watches the executors of a run, on a thread of its own, since they may have all others. Who listens finds itself there as in a task.
pub(crate) fn watch(scope: &Arc<Scope>) -> Watch {
    let (watching, watched) = mpsc::channel();
    let (scope, runtime) = (Arc::downgrade(scope), Handle::current());
    let dispatch = tracing::dispatcher::get_default(Clone::clone);
    let look = move || {
        let _runtime = runtime.enter();
        let _dispatch = tracing::dispatcher::set_default(&dispatch);
        while watched.recv_timeout(LOOKED_AT) == Err(mpsc::RecvTimeoutError::Timeout) {
            let Some(scope) = scope.upgrade() else { return };
            // A listener's panic is told where it happens, and keeps no other executor from being named.
            let tell = AssertUnwindSafe(|| scope.polls.tell(&scope.events));
            let _ = catch_unwind(tell);
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

impl<F> Drop for Watched<'_, F> {
    fn drop(&mut self) {
        let _has = self.attempt.has_thread();
        self.body.take();
    }
}

impl<F: Future + Unpin> Future for Watched<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self { body, attempt } = self.get_mut();
        let _has = attempt.has_thread();
        match body {
            Some(body) => Pin::new(body).poll(context),
            None => Poll::Pending,
        }
    }
}

impl UnderWay<'_> {
    fn has_thread(&self) -> HasThread<'_> {
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
