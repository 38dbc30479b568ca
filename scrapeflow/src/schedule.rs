//! Which task next, and where it may be: places, lookahead, waiting aside.
//!
//! A task that is pulled from its source takes a [`Seat`]: one of the `max_parallelism` places, for as long
//! as it works. While it waits for something that is not its work (a host's turn, `Retry-After`, the pause
//! before a retry) it steps [`aside`](Seat::aside): its place goes to another task and its deadline stands
//! still. At most `lookahead` tasks are pulled and unfinished. Whose turn it is at a host is told by `turn`, and
//! who waits for one by `lines`. Knows nothing of executors or statuses.

#[cfg_attr(
    not(feature = "fetch"),
    expect(dead_code, reason = "only requests take turns")
)]
mod lines;
mod queue;
#[cfg_attr(
    not(feature = "fetch"),
    expect(dead_code, reason = "only requests take turns")
)]
mod seat;
#[cfg_attr(
    not(feature = "fetch"),
    expect(dead_code, reason = "only requests take turns")
)]
mod turn;

use std::pin::pin;
use std::sync::Arc;

use futures::{Stream, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};

pub(crate) use lines::{Called, Calls, Lines};
pub(crate) use queue::{share_woken, to_the_back};
pub(crate) use seat::Seat;
pub(crate) use turn::{Granted, Unlimited};
pub use turn::{Heard, Taken, Turn, Turns};
#[cfg(feature = "fetch")]
pub(crate) use {lines::Ungranted, seat::Busy, turn::Held};

use crate::run::stop::Stop;

/// How many at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Tasks at work.
    pub(crate) max_parallelism: usize,
    /// Tasks pulled and unfinished.
    pub(crate) lookahead: usize,
}

/// Pulls tasks and starts them as places come free, until the source ends or the run stops; returns when
/// all that were started have ended. One that ends in a [`Sent`] waits in the host's line, its place given up,
/// and is started again when its turn has come.
///
/// # Errors
/// The first error of the source; tasks that were started end before it is returned.
pub(crate) async fn schedule<T, E, F>(
    tasks: impl Stream<Item = Result<T, E>>,
    max_parallelism: usize,
    room: &Room,
    lines: &Arc<Lines<T>>,
    calls: &mut Calls<T>,
    stop: &Stop,
    start: impl Fn(T, Arc<Seat>) -> F,
) -> Result<(), E>
where
    T: Send + 'static,
    F: Future<Output = Option<Sent<T>>> + Send + 'static,
{
    let mut tasks = pin!(tasks);
    let places = Places(semaphore(max_parallelism));
    let mut at_work = JoinSet::new();
    let mut result = Ok(());
    let mut drained = false;
    while !stop.is_requested() {
        if drained && at_work.is_empty() && lines.parked() == 0 {
            break;
        }
        let next = tokio::select! {
            // Whoever was called first, then the next task: one that is there never registers with the stop.
            biased;
            Some(called) = calls.recv() => Next::Called(called),
            (task, room) = pull(&mut tasks, room), if !drained => Next::Pulled(task, room),
            Some(ended) = at_work.join_next(), if drained => Next::Ended(ended),
            () = stop.requested() => break,
        };
        let (task, room, turn, called) = match next {
            Next::Pulled(Some(Ok(task)), room) => (task, room, None, false),
            Next::Pulled(None, _) => {
                drained = true;
                continue;
            }
            Next::Pulled(Some(Err(error)), _) => {
                result = Err(error);
                break;
            }
            Next::Called(Called { task, room, turn }) => {
                lines.taken_up();
                (task, room, turn, true)
            }
            Next::Ended(ended) => {
                pass_on_panic(ended);
                continue;
            }
        };
        // Last, so that a source that lets wait holds no place which a task aside wants back.
        let place = tokio::select! {
            biased;
            place = places.take() => place,
            () = stop.requested() => break,
        };
        // By the task, maybe, that has just given its place to this one.
        if stop.is_requested() {
            break;
        }
        let seat = Arc::new(Seat::new(places.clone(), place, turn, called));
        // Boxed once, here: the runtime moves what it spawns a dozen times until it has ended.
        let work = Box::pin(start(task, seat));
        let lines = lines.clone();
        at_work.spawn(async move {
            match work.await {
                Some(Sent { task, host }) => lines.park(&host, task, room),
                None => drop(room),
            }
        });
        while let Some(ended) = at_work.try_join_next() {
            pass_on_panic(ended);
        }
    }
    while let Some(ended) = at_work.join_next().await {
        pass_on_panic(ended);
    }
    result
}

/// What goes on next.
enum Next<T, E> {
    Pulled(Option<Result<T, E>>, Option<OwnedSemaphorePermit>),
    Called(Called<T>),
    Ended(Result<(), JoinError>),
}

/// A task that ended before it began: its turn at a host is to come.
#[derive(Debug)]
pub(crate) struct Sent<T> {
    pub(crate) task: T,
    pub(crate) host: String,
}

async fn pull<T>(
    tasks: &mut (impl Stream<Item = T> + Unpin),
    room: &Room,
) -> (Option<T>, Option<OwnedSemaphorePermit>) {
    let room = room.take().await;
    (tasks.next().await, room)
}

fn semaphore(permits: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)))
}

/// Room for tasks that are pulled and unfinished.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    free: Arc<Semaphore>,
    all: usize,
}

impl Room {
    pub(crate) fn new(lookahead: usize) -> Self {
        let free = semaphore(lookahead);
        Self {
            all: free.available_permits(),
            free,
        }
    }

    async fn take(&self) -> Option<OwnedSemaphorePermit> {
        // Nobody closes the semaphore.
        self.free.clone().acquire_owned().await.ok()
    }

    /// How many tasks are unfinished.
    pub(crate) fn taken(&self) -> usize {
        self.all - self.free.available_permits()
    }
}

/// Executors' panics are caught where they are called; what arrives here is a bug of ours.
fn pass_on_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && let Ok(panic) = error.try_into_panic()
    {
        std::panic::resume_unwind(panic);
    }
}

#[derive(Debug, Clone)]
struct Places(Arc<Semaphore>);

impl Places {
    async fn take(&self) -> Option<OwnedSemaphorePermit> {
        // Nobody closes the semaphore.
        self.0.clone().acquire_owned().await.ok()
    }
}
