//! One executor on one task: attempts, their time, retries, panics.
//!
//! What an attempt ends with (an output, an error) is only handed on; what it means for the status is
//! `merge`'s business, and whether it stops the run is the run's.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;

use super::step::Step;
use crate::error::{Class, Error, Result, said};
use crate::report::event::Event;
use crate::run::scope::Scope;
use crate::schedule::Seat;
use crate::status::{SavedFile, Status};
use crate::store::Staged;
use crate::task::Key;

/// One attempt of one executor on one task: what its arguments are taken from.
#[derive(Debug, Clone)]
pub struct Call(Arc<Inner>);

struct Inner {
    at: Site,
    saved: Mutex<Vec<Saving>>,
    /// Whether a stop ended a wait, for a turn or before another try: whatever the executor makes of that, be it a success that
    /// does without the answer, it says nothing of the task.
    stopped: AtomicBool,
    /// Tells the URL of the request that was begun last.
    asked: Mutex<Option<Asked>>,
    /// Leaves the way by which the attempt went last, so that another goes by another.
    way: Mutex<Option<LeaveWay>>,
}

/// Tells a URL: only if it is asked, since it seldom is.
pub(crate) type Asked = Box<dyn Fn() -> String + Send>;

/// Leaves a way (a proxy, a session) that turned out to be blocked, and says whether there is another.
pub(crate) type LeaveWay = Box<dyn FnOnce() -> bool + Send>;

/// How often at most something goes elsewhere for being blocked.
pub(crate) const ELSEWHERE: u32 = 3;

/// Where a call takes place.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) scope: Arc<Scope>,
    pub(crate) step: usize,
    /// Whether it runs only because its success is old.
    #[cfg_attr(
        not(feature = "fetch"),
        expect(dead_code, reason = "only requests ask")
    )]
    pub(crate) is_refresh: bool,
    pub(crate) status: Arc<Status>,
    pub(crate) seat: Arc<Seat>,
}

/// A body that the attempt saved and that becomes visible with the status.
#[derive(Debug)]
pub(crate) struct Saving {
    pub(crate) file: SavedFile,
    /// `None` where the file that is there stays.
    pub(crate) staged: Option<Box<dyn Staged>>,
}

/// How an executor's turn at a task ended.
#[derive(Debug)]
pub(crate) enum Called {
    Ended(Ending),
    /// The run stopped before it ended.
    CutOff,
}

#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) result: Result<String>,
    pub(crate) attempts: u32,
    /// Of the last attempt, without its waits aside.
    pub(crate) elapsed: Duration,
    pub(crate) saved: Vec<Saving>,
}

/// Attempts until one succeeds, fails for good, or the run stops.
pub(crate) async fn call(at: &Site) -> Called {
    let settled = at.scope.settled[at.step];
    let (mut attempts, mut elsewhere) = (1, 0);
    loop {
        let call = Call::new(at.clone());
        let (result, elapsed) = tokio::select! {
            // The attempt first: one that ends at once never registers with the others.
            biased;
            result = attempt(&call, at.step(), settled.timeout) => result,
            () = at.scope.stop.cut_off() => return Called::CutOff,
        };
        let guessed_wrong = at.seat.give_turns_back();
        // A guess that nobody waited for cost nothing.
        if at.seat.was_called() {
            let wrong = &at.scope.wrong_guesses;
            if guessed_wrong {
                wrong.fetch_add(1, Ordering::Relaxed);
            } else {
                wrong.store(0, Ordering::Relaxed);
            }
        }
        if at.scope.stop.is_cut_off() || call.0.stopped.load(Ordering::Relaxed) {
            // It never yielded until now: the run may be over, and the store another's.
            return Called::CutOff;
        }
        let tries = attempts - elsewhere;
        let (error, pause) = match result {
            Err(error) if leaves_way(&error, &call) && elsewhere < ELSEWHERE => {
                elsewhere += 1;
                (error, Duration::ZERO)
            }
            Err(error) if error.is_retryable() && tries <= settled.retries => {
                let pause = settled.backoff.pause(tries, fastrand::f64());
                (error, pause)
            }
            result => return Called::Ended(call.end(result, attempts, elapsed)),
        };
        // Boxed, since few tasks come here and all would carry it.
        if !Box::pin(comes_to_another(at, attempts, &error, pause)).await {
            return Called::CutOff;
        }
        attempts += 1;
    }
}

/// Waits for the next attempt; `false` if the run stops before. Then the failure was not the last word, and is nobody's.
async fn comes_to_another(at: &Site, attempt: u32, error: &Error, pause: Duration) -> bool {
    if at.scope.stop.is_requested() {
        return false;
    }
    at.scope.events.publish(&Event::Retry {
        key: at.status.key().clone(),
        executor: at.step().name,
        attempt,
        error: error.to_string().into(),
        pause,
    });
    if pause.is_zero() {
        // One that fails at once, again and again, is not to keep the thread.
        tokio::task::yield_now().await;
        return true;
    }
    let stopped = at.scope.stop.requested_within(pause);
    !at.seat.aside(stopped).await
}

/// Whether an attempt that was blocked can go by another way; the one that it went is left.
fn leaves_way(error: &Error, call: &Call) -> bool {
    if !error.is_blocked() {
        return false;
    }
    let way = call.way().take();
    way.is_some_and(|leave| leave())
}

/// An attempt ran over its time, maybe in a request.
fn ran_over(call: &Call, timeout: Duration) -> Error {
    let message = format!("ran over its {} s", timeout.as_secs_f64());
    let error = Error::recorded(Class::Timeout, message);
    match &*call.asked() {
        Some(asked) => error.at_url(asked()),
        None => error,
    }
}

/// One attempt, and how much of its time counted.
async fn attempt(call: &Call, step: &Step, timeout: Duration) -> (Result<String>, Duration) {
    let (scope, key) = (&call.site().scope, call.key());
    let body = AssertUnwindSafe(step.call(call.clone())).catch_unwind();
    let mut watched = scope.polls.watched(key, step.name, body);
    let (ended, elapsed) = call.site().seat.within(timeout, &mut watched).await;
    // What it holds may panic too, if it didn't come to its end.
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(watched)));
    let result = match (ended, dropped) {
        (Some(Err(panic)), _) | (_, Err(panic)) => {
            Err(Error::panicked(format!("panicked: {}", said(&*panic))))
        }
        (None, Ok(())) => Err(ran_over(call, timeout)),
        (Some(Ok(result)), Ok(())) => result,
    };
    (result, elapsed)
}

impl Site {
    pub(crate) fn step(&self) -> &Step {
        &self.scope.steps[self.step]
    }
}

impl Call {
    pub(crate) fn new(at: Site) -> Self {
        Self(Arc::new(Inner {
            at,
            saved: Mutex::default(),
            stopped: AtomicBool::new(false),
            asked: Mutex::default(),
            way: Mutex::default(),
        }))
    }

    pub(crate) fn site(&self) -> &Site {
        &self.0.at
    }

    /// A request begins.
    #[cfg(feature = "fetch")]
    pub(crate) fn asks(&self, asked: Asked) {
        *self.asked() = Some(asked);
    }

    /// The last one has its answer: what takes long now is something else.
    #[cfg(feature = "fetch")]
    pub(crate) fn forget_asked(&self) {
        *self.asked() = None;
    }

    fn asked(&self) -> MutexGuard<'_, Option<Asked>> {
        self.0.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request was answered by this way.
    #[cfg(feature = "fetch")]
    pub(crate) fn goes_way(&self, leave: LeaveWay) {
        *self.way() = Some(leave);
    }

    /// There is no other way for a request that was blocked.
    #[cfg(feature = "fetch")]
    pub(crate) fn forget_way(&self) {
        *self.way() = None;
    }

    fn way(&self) -> MutexGuard<'_, Option<LeaveWay>> {
        self.0.way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A stop ended a wait of the attempt.
    #[cfg(feature = "fetch")]
    pub(crate) fn note_stop(&self) {
        self.0.stopped.store(true, Ordering::Relaxed);
    }

    pub(crate) fn key(&self) -> &Key {
        self.0.at.status.key()
    }

    /// Discards a body of that name that the attempt saved before.
    pub(crate) fn forget(&self, name: &str) {
        self.saved().retain(|earlier| earlier.file.name != name);
    }

    /// Keeps a saved body for the end of the attempt.
    pub(crate) fn keep(&self, saving: Saving) {
        self.saved().push(saving);
    }

    fn end(&self, result: Result<String>, attempts: u32, elapsed: Duration) -> Ending {
        // A failed attempt's bodies are discarded by dropping them.
        let mut saved = std::mem::take(&mut *self.saved());
        if result.is_err() {
            saved.clear();
        }
        Ending {
            result,
            attempts,
            elapsed,
            saved,
        }
    }

    fn saved(&self) -> MutexGuard<'_, Vec<Saving>> {
        self.0.saved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// URLs may hold secrets.
impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner")
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}
