//! Who waits for a host: one line for each host that lets wait, first come, first served.
//!
//! Two kinds stand in it: an executor that is under way and waits aside, and a task that was sent back before
//! its executor began, of which nothing is kept but the task itself. So thousands of tasks of one slow host
//! cost little, and hold neither place nor thread while others go on.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::task::AbortHandle;

use super::seat::{Busy, Seat};
use super::turn::{Granted, Heard, Taken, Turn, Turns};

use crate::error::said;

/// The lines of all hosts.
pub(crate) struct Lines<T> {
    turns: Arc<dyn Turns>,
    by_host: Mutex<HashMap<Arc<str>, Line<T>>>,
    /// Tasks that were sent back and not called yet.
    parked: AtomicUsize,
    called: mpsc::UnboundedSender<Called<T>>,
}

/// The tasks whose turn has come, as they are called.
pub(crate) type Calls<T> = mpsc::UnboundedReceiver<Called<T>>;

/// A task whose turn has come; without one it has to see for itself.
#[derive(Debug)]
pub(crate) struct Called<T> {
    pub(crate) task: T,
    pub(crate) room: Option<OwnedSemaphorePermit>,
    pub(crate) turn: Option<Granted>,
}

/// A turn, and the request that has it.
pub(crate) type Handed = (Box<dyn Turn>, Busy);

/// Whoever grants turns panicked, saying this.
#[derive(Debug, Clone)]
pub(crate) struct Ungranted(pub(crate) String);

struct Line<T> {
    waiting: VecDeque<Waiting<T>>,
    driver: AbortHandle,
}

enum Waiting<T> {
    Aside(Arc<Seat>, oneshot::Sender<Result<Handed, Ungranted>>),
    Parked(T, Option<OwnedSemaphorePermit>),
}

impl<T: Send + 'static> Lines<T> {
    pub(crate) fn new(turns: Arc<dyn Turns>) -> (Arc<Self>, Calls<T>) {
        let (called, calls) = mpsc::unbounded_channel();
        let lines = Self {
            turns,
            by_host: Mutex::default(),
            parked: AtomicUsize::new(0),
            called,
        };
        (Arc::new(lines), calls)
    }

    /// Whether any host has a limit.
    pub(crate) fn are_needed(&self) -> bool {
        self.turns.are_limited()
    }

    /// A turn at `host` if nobody stands in line for it and it can be had at once.
    pub(crate) fn try_take(&self, host: &str) -> Taken {
        // Held while asking, so that none who stands in line is overtaken.
        let lines = self.lines();
        if lines.contains_key(host) {
            Taken::Wait
        } else {
            self.turns.try_take(host)
        }
    }

    /// Waits in line for a turn.
    pub(crate) async fn take(
        self: &Arc<Self>,
        host: &str,
        seat: &Arc<Seat>,
    ) -> Result<Handed, Ungranted> {
        let (sender, turn) = oneshot::channel();
        self.join(host, Waiting::Aside(seat.clone(), sender));
        let closed = |_| Err(Ungranted("the line was closed".to_owned()));
        turn.await.unwrap_or_else(closed)
    }

    /// Sends a task back until its turn at `host` has come.
    pub(crate) fn park(self: &Arc<Self>, host: &str, task: T, room: Option<OwnedSemaphorePermit>) {
        self.parked.fetch_add(1, Ordering::AcqRel);
        self.join(host, Waiting::Parked(task, room));
    }

    /// How many tasks were sent back and not taken up again.
    pub(crate) fn parked(&self) -> usize {
        self.parked.load(Ordering::Acquire)
    }

    /// A called task was taken up.
    pub(crate) fn taken_up(&self) {
        self.parked.fetch_sub(1, Ordering::AcqRel);
    }

    /// Is told how a host answered.
    pub(crate) fn heard(&self, host: &str, sent: tokio::time::Instant, heard: Heard) {
        self.turns.heard(host, sent, heard);
    }

    /// Is told what a host's robots.txt asks for.
    pub(crate) fn crawl_delay(&self, host: &str, delay: Duration) {
        self.turns.crawl_delay(host, delay);
    }

    fn join(self: &Arc<Self>, host: &str, waiting: Waiting<T>) {
        let mut lines = self.lines();
        if let Some(line) = lines.get_mut(host) {
            line.waiting.push_back(waiting);
            return;
        }
        let host: Arc<str> = host.into();
        let driver = drive(Arc::downgrade(self), self.turns.clone(), host.clone());
        let line = Line {
            waiting: VecDeque::from([waiting]),
            driver: tokio::spawn(driver).abort_handle(),
        };
        lines.insert(host, line);
    }

    /// Gives a turn to the first in line who still wants it; false if nobody stands there any more, and the
    /// line is closed.
    fn hand_over(&self, host: &Arc<str>, mut turn: Box<dyn Turn>) -> bool {
        let mut lines = self.lines();
        let Some(line) = lines.get_mut(host) else {
            return false;
        };
        loop {
            match line.waiting.pop_front() {
                None => break,
                // It is busy from here on, also if nobody polls it.
                Some(Waiting::Aside(seat, sender)) => match sender.send(Ok((turn, seat.busy()))) {
                    Ok(()) | Err(Err(_)) => break,
                    Err(Ok((unwanted, _))) => turn = unwanted,
                },
                Some(Waiting::Parked(task, room)) => {
                    let turn = Granted {
                        host: host.to_string(),
                        turn,
                        guessed: true,
                    };
                    self.call(task, room, Some(turn));
                    break;
                }
            }
        }
        let more = !line.waiting.is_empty();
        if !more {
            lines.remove(host);
        }
        more
    }

    /// Closes a line at which no turn is granted any more: all who stand there find that out for themselves.
    fn close(&self, host: &str, why: &Ungranted) {
        let closed = self.lines().remove(host);
        for waiting in closed
            .into_iter()
            .flat_map(|mut line| std::mem::take(&mut line.waiting))
        {
            match waiting {
                Waiting::Parked(task, room) => self.call(task, room, None),
                // Whoever is gone needs no reason.
                Waiting::Aside(_, sender) => drop(sender.send(Err(why.clone()))),
            }
        }
    }

    fn call(&self, task: T, room: Option<OwnedSemaphorePermit>, turn: Option<Granted>) {
        // Nobody listens any more once the run is over.
        let _ = self.called.send(Called { task, room, turn });
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<Arc<str>, Line<T>>> {
        self.by_host.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes turns at a host for those in line, until nobody is.
async fn drive<T: Send + 'static>(lines: Weak<Lines<T>>, turns: Arc<dyn Turns>, host: Arc<str>) {
    loop {
        let taking = AssertUnwindSafe(async { turns.take(&host).await });
        let turn = taking.catch_unwind().await;
        let Some(lines) = lines.upgrade() else {
            return;
        };
        match turn {
            Ok(turn) => {
                if !lines.hand_over(&host, turn) {
                    return;
                }
            }
            Err(panic) => return lines.close(&host, &Ungranted(said(&*panic).to_owned())),
        }
    }
}

impl<T> Drop for Line<T> {
    fn drop(&mut self) {
        // One that closes its own line ends anyway.
        self.driver.abort();
    }
}

impl<T> fmt::Debug for Lines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("turns", &self.turns)
            .finish_non_exhaustive()
    }
}
