//! A task's seat: its place among those at work, and the clock of its attempt.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::Places;
use super::turn::Granted;

/// A task's place among those at work, and the clock of its attempt.
#[derive(Debug)]
pub(crate) struct Seat {
    places: Places,
    /// Locked while somebody takes the place back, so that two don't take two.
    place: tokio::sync::Mutex<Option<OwnedSemaphorePermit>>,
    clock: Mutex<Clock>,
    /// Told when the clock stops or goes on.
    changed: Notify,
    /// A turn that was waited for before the task began.
    turn: Mutex<Option<Granted>>,
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
    pub(super) fn new(
        places: Places,
        place: Option<OwnedSemaphorePermit>,
        turn: Option<Granted>,
    ) -> Self {
        Self {
            places,
            place: tokio::sync::Mutex::new(place),
            clock: Mutex::default(),
            changed: Notify::new(),
            turn: Mutex::new(turn),
        }
    }

    /// A seat among no others, for whoever only looks.
    pub(crate) fn alone() -> Self {
        Self::new(Places(Arc::new(Semaphore::new(1))), None, None)
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

    /// Keeps a turn for the request that is expected.
    pub(crate) fn keep_turn(&self, turn: Granted) {
        *self.turn() = Some(turn);
    }

    pub(crate) fn has_turn(&self) -> bool {
        self.turn().is_some()
    }

    /// The turn that was kept, if there is one.
    pub(crate) fn take_turn(&self) -> Option<Granted> {
        self.turn().take()
    }

    fn turn(&self) -> MutexGuard<'_, Option<Granted>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
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
