//! Whose turn it is at a host: the contract with whoever grants it.
//!
//! A run on one machine grants turns itself, by the pace that it was given; many machines that share a site
//! would ask one place. Who waits, and in which order, is [`Lines`](super::Lines)' business.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::Instant;

use super::seat::Busy;

/// Grants turns at hosts; given to a run by [`Run::turns`](crate::Run::turns).
///
/// Whoever waits for a host stands in a line of the run's. A turn is asked for by its head, is begun in once or
/// several times by one task, and is given back by dropping it.
///
/// ```
/// use std::sync::Arc;
///
/// use scrapeflow::{Turn, Turns};
/// use tokio::sync::{OwnedSemaphorePermit, Semaphore};
///
/// /// So many requests at once, to whichever host.
/// #[derive(Debug)]
/// struct AtOnce(Arc<Semaphore>);
///
/// #[derive(Debug)]
/// struct Place {
///     _permit: OwnedSemaphorePermit,
/// }
///
/// impl Turn for Place {}
///
/// impl Turns for AtOnce {
///     fn take<'a>(&'a self, _: &'a str) -> futures::future::BoxFuture<'a, Box<dyn Turn>> {
///         Box::pin(async {
///             let permit = self.0.clone().acquire_owned().await.expect("nobody closes it");
///             Box::new(Place { _permit: permit }) as Box<dyn Turn>
///         })
///     }
/// }
/// # let _ = AtOnce(Arc::new(Semaphore::new(10)));
/// ```
pub trait Turns: fmt::Debug + Send + Sync + 'static {
    /// Whether there is a host that has a limit now; true unless it says otherwise.
    fn are_limited(&self) -> bool {
        true
    }

    /// A turn, if it can be had at once; never, unless it says otherwise. Asked for every request while all lines
    /// stand still, so it must be quick, and must not ask for another.
    fn try_take(&self, host: &str) -> Taken {
        let _ = host;
        Taken::Wait
    }

    /// Waits for a turn. Of a host only one waits at a time.
    fn take<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Box<dyn Turn>>;

    /// Is told how the host answered a request that was sent at `sent`.
    fn heard(&self, host: &str, sent: Instant, heard: Heard) {
        let _ = (host, sent, heard);
    }

    /// Is told what a robots.txt of the host asks for between two requests, where robots.txt is obeyed; zero if
    /// nothing. A host may have several, one for each port.
    fn crawl_delay(&self, host: &str, delay: Duration) {
        let _ = (host, delay);
    }
}

/// What is to be had at once.
#[derive(Debug)]
pub enum Taken {
    /// Nothing limits the host: no turn is needed.
    Free,
    /// A turn.
    Turn(Box<dyn Turn>),
    /// Nothing yet.
    Wait,
}

/// One of the places at a host, given back when it is dropped.
pub trait Turn: fmt::Debug + Send + Sync {
    /// Begins a request; false if it is too early for one, never unless it says so. Several may begin in one turn,
    /// one after another.
    fn begin(&mut self) -> bool {
        true
    }

    /// Waits until a request may begin.
    fn ready(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// How a host answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// As it should: 2xx and 3xx.
    Fine,
    /// That it is asked too much (429, 503), and for how long it wants to be left alone, if it said so.
    TooMuch(Option<Duration>),
}

/// Grants whatever is asked for: what a run without a pace has.
#[derive(Debug)]
pub(crate) struct Unlimited;

impl Turns for Unlimited {
    fn are_limited(&self) -> bool {
        false
    }

    fn try_take(&self, _: &str) -> Taken {
        Taken::Free
    }

    fn take<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Box<dyn Turn>> {
        Box::pin(std::future::ready(Box::new(NoTurn) as Box<dyn Turn>))
    }
}

#[derive(Debug)]
struct NoTurn;

impl Turn for NoTurn {}

/// The turn of a request that was sent, until its answer is read; shared with the seat, so that the next
/// request of the task to that host may take it over from an answer that is left unread.
#[derive(Debug)]
pub(crate) struct Held {
    /// An answer that is left unread is work that goes on, or the run might wait for it for ever.
    turn: Mutex<Option<(Granted, Busy)>>,
    /// Whether the answer's head is there.
    answered: AtomicBool,
}

impl Held {
    pub(super) fn new(turn: Granted, busy: Busy) -> Arc<Self> {
        Arc::new(Self {
            turn: Mutex::new(Some((turn, busy))),
            answered: AtomicBool::new(false),
        })
    }

    pub(crate) fn answered(&self) {
        self.answered.store(true, Ordering::Release);
    }

    /// The turn, if it is at `host` and its answer is there.
    pub(super) fn take_over(&self, host: &str) -> Option<Granted> {
        if !self.answered.load(Ordering::Acquire) {
            return None;
        }
        let taken = self.turn().take_if(|(turn, _)| turn.host == host);
        taken.map(|(turn, _)| turn)
    }

    /// The turn, if it wasn't taken over.
    pub(crate) fn take(&self) -> Option<Granted> {
        self.turn().take().map(|(turn, _)| turn)
    }

    fn turn(&self) -> MutexGuard<'_, Option<(Granted, Busy)>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn at a host by name.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) host: String,
    pub(crate) turn: Box<dyn Turn>,
    /// Before the request was known: see `run::ahead`.
    pub(crate) guessed: bool,
}
