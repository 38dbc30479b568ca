//! Who waits for a host: one line for each host that lets wait, first come, first served.
//!
//! Two kinds stand in it: an executor that is under way and waits aside, and a task that was sent back before
//! its executor began, of which nothing is kept but the task itself. So thousands of tasks of one slow host
//! cost little, and hold neither place nor thread while others go on.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::task::AbortHandle;

use super::turn::{Granted, Heard, Taken, Turn, Turns};

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

/// A task whose turn has come.
#[derive(Debug)]
pub(crate) struct Called<T> {
    pub(crate) task: T,
    pub(crate) room: Option<OwnedSemaphorePermit>,
    pub(crate) turn: Granted,
}

struct Line<T> {
    waiting: VecDeque<Waiting<T>>,
    driver: AbortHandle,
}

enum Waiting<T> {
    Aside(oneshot::Sender<Box<dyn Turn>>),
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
    pub(crate) async fn take(self: &Arc<Self>, host: &str) -> Box<dyn Turn> {
        loop {
            let (sender, turn) = oneshot::channel();
            self.join(host, Waiting::Aside(sender));
            // A line ends without a word only together with the run.
            if let Ok(turn) = turn.await {
                return turn;
            }
        }
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
                Some(Waiting::Aside(sender)) => match sender.send(turn) {
                    Ok(()) => break,
                    Err(unwanted) => turn = unwanted,
                },
                Some(Waiting::Parked(task, room)) => {
                    let turn = Granted {
                        host: host.to_string(),
                        turn,
                    };
                    // Nobody listens any more once the run is over.
                    let _ = self.called.send(Called { task, room, turn });
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

    fn lines(&self) -> MutexGuard<'_, HashMap<Arc<str>, Line<T>>> {
        self.by_host.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes turns at a host for those in line, until nobody is.
async fn drive<T: Send + 'static>(lines: Weak<Lines<T>>, turns: Arc<dyn Turns>, host: Arc<str>) {
    loop {
        let turn = turns.take(&host).await;
        let Some(lines) = lines.upgrade() else {
            return;
        };
        if !lines.hand_over(&host, turn) {
            return;
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
