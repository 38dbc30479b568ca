//! Which task next, and where it may be: places, lookahead, waiting aside.
//!
//! A task that is pulled from its source takes a [`Seat`]: one of the `max_parallelism` places, for as long
//! as it works. While it waits for something that is not its work (a host's turn, `Retry-After`, the pause
//! before a retry) it steps [`aside`](Seat::aside): its place goes to another task and its deadline stands
//! still. At most `lookahead` tasks are pulled and unfinished. Knows nothing of executors or statuses.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::{FutureExt, Stream, StreamExt};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

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
/// all that were started have ended.
///
/// # Errors
/// The first error of the source; tasks that were started end before it is returned.
pub(crate) async fn schedule<T, E, F>(
    tasks: impl Stream<Item = Result<T, E>>,
    max_parallelism: usize,
    room: &Room,
    stop: &Stop,
    start: impl Fn(T, Arc<Seat>) -> F,
) -> Result<(), E>
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut tasks = pin!(tasks);
    let places = Places(semaphore(max_parallelism));
    let mut at_work = JoinSet::new();
    let mut result = Ok(());
    while !stop.is_requested() {
        let next = async {
            let room = room.take().await;
            let task = tasks.next().await;
            // Last, so that a source that lets wait holds no place which a task aside wants back.
            let place = places.take().await;
            (task, room, place)
        };
        let (task, room, place) = tokio::select! {
            // The next task first: one that is there never registers with the stop.
            biased;
            next = next => next,
            () = stop.requested() => break,
        };
        // By the task, maybe, that has just given its place to this one.
        if stop.is_requested() {
            break;
        }
        match task {
            None => break,
            Some(Err(error)) => {
                result = Err(error);
                break;
            }
            Some(Ok(task)) => {
                let work = start(task, Arc::new(Seat::new(places.clone(), place)));
                at_work.spawn(work.map(move |()| drop(room)));
            }
        }
        while let Some(ended) = at_work.try_join_next() {
            pass_on_panic(ended);
        }
    }
    while let Some(ended) = at_work.join_next().await {
        pass_on_panic(ended);
    }
    result
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

/// A task's place among those at work, and the clock of its attempt.
#[derive(Debug)]
pub(crate) struct Seat {
    places: Places,
    /// Locked while somebody takes the place back, so that two don't take two.
    place: tokio::sync::Mutex<Option<OwnedSemaphorePermit>>,
    clock: Mutex<Clock>,
    /// Told when the clock stops or goes on.
    changed: Notify,
}

/// Time that counts, in an attempt that may wait aside in several of its futures at once.
#[derive(Debug, Default)]
struct Clock {
    counted: Duration,
    /// `None` while it stands.
    since: Option<Instant>,
    aside: u32,
}

impl Seat {
    fn new(places: Places, place: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            places,
            place: tokio::sync::Mutex::new(place),
            clock: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// A seat among no others, for whoever only looks.
    pub(crate) fn alone() -> Self {
        Self::new(Places(Arc::new(Semaphore::new(1))), None)
    }

    /// Waits for `wait` with the place given back and the deadline standing still, then takes a place again.
    pub(crate) async fn aside<F: Future>(&self, wait: F) -> F::Output {
        let aside = Aside::step(self);
        *self.place.lock().await = None;
        let output = wait.await;
        self.sit().await;
        drop(aside);
        output
    }

    /// Takes a place again if the seat has none.
    async fn sit(&self) {
        let mut place = self.place.lock().await;
        if place.is_none() {
            *place = self.places.take().await;
        }
    }

    /// Runs `work` for at most `limit` of time that counts, and says how much it took; `None` if it ran over.
    pub(crate) async fn within<F: Future>(
        &self,
        limit: Duration,
        work: F,
    ) -> (Option<F::Output>, Duration) {
        let mut work = pin!(work);
        // A wait that was dropped half way has left the seat without a place.
        self.sit().await;
        *self.clock() = Clock {
            counted: Duration::ZERO,
            since: Some(Instant::now()),
            aside: 0,
        };
        loop {
            let changed = self.changed.notified();
            let over = async {
                let runs_out = self.clock().runs_out(limit);
                match runs_out {
                    // Outside of the budget that work which is always ready uses up.
                    Some(at) => tokio::task::unconstrained(tokio::time::sleep_until(at)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                output = &mut work => return (Some(output), self.clock().counted()),
                () = changed => {}
                () = over => return (None, limit),
            }
        }
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock {
    /// When `limit` is used up, if the clock goes on from now.
    fn runs_out(&self, limit: Duration) -> Option<Instant> {
        self.since?.checked_add(limit.saturating_sub(self.counted))
    }

    fn counted(&self) -> Duration {
        self.counted + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// Keeps the clock standing; also when the waiting is dropped half way.
struct Aside<'a>(&'a Seat);

impl<'a> Aside<'a> {
    fn step(seat: &'a Seat) -> Self {
        let mut clock = seat.clock();
        clock.aside += 1;
        clock.counted = clock.counted();
        clock.since = None;
        drop(clock);
        seat.changed.notify_one();
        Self(seat)
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        let mut clock = self.0.clock();
        // None is left of a wait that outlived its attempt: the clock is the next one's.
        if let Some(left) = clock.aside.checked_sub(1) {
            clock.aside = left;
            if left == 0 {
                clock.since = Some(Instant::now());
            }
        }
        drop(clock);
        self.0.changed.notify_one();
    }
}
