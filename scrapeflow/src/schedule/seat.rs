//! A task's seat: its place among those at work, the clock of its attempt, and the turns it was granted ahead.
//!
//! Whoever works holds a place; whoever waits aside doesn't. The place is taken back in
//! [`within`](Seat::within), which is polled as long as the attempt goes on, and never in the waits, which
//! an executor may leave unpolled or drop.

#[cfg(test)]
mod tests;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::Places;
use super::turn::{Granted, Held};

/// What came of polling an attempt.
enum Polled<T> {
    Done(T),
    /// The seat did.
    Changed,
    Over,
}

/// A task's place among those at work.
#[derive(Debug)]
pub(crate) struct Seat {
    places: Places,
    /// Whether the task comes from a host's line.
    called: bool,
    state: Mutex<State>,
    /// Told when the clock stops or goes on, or somebody sits again.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    place: Option<OwnedSemaphorePermit>,
    /// Counts up with each attempt: a wait that outlives its own is nobody's business any more.
    attempt: u64,
    /// Whether that attempt goes on.
    at_work: bool,
    /// How many wait aside in it.
    aside: u32,
    /// How many are through and want a place again.
    through: u32,
    /// How many requests have their turn and are not read to their end: they are work, whoever else waits.
    busy: u32,
    /// Time that counted.
    counted: Duration,
    /// Since when it counts again; `None` while it stands.
    since: Option<Instant>,
    /// Whether a place is waited for, in which nothing goes on.
    queues: bool,
    /// Turns for requests that are expected.
    turns: Vec<Granted>,
    /// Turns of requests that were sent.
    held: Vec<Weak<Held>>,
    /// The task is over.
    left: bool,
}

impl Seat {
    pub(super) fn new(
        places: Places,
        place: Option<OwnedSemaphorePermit>,
        turn: Option<Granted>,
        called: bool,
    ) -> Self {
        Self {
            places,
            called,
            state: Mutex::new(State {
                place,
                turns: turn.into_iter().collect(),
                ..State::default()
            }),
            changed: Notify::new(),
        }
    }

    /// A seat among no others, for whoever only looks, or works for no task.
    pub(crate) fn alone() -> Self {
        Self::new(Places(Arc::new(Semaphore::new(1))), None, None, false)
    }

    /// Waits for `wait` with the place given back and the deadline standing still; in an attempt, until it has
    /// a place again.
    pub(crate) async fn aside<F: Future>(&self, wait: F) -> F::Output {
        let mut aside = Aside::step(self);
        let output = wait.await;
        aside.come_back();
        loop {
            let changed = self.changed.notified();
            if self.state().sits(aside.attempt) {
                return output;
            }
            changed.await;
        }
    }

    /// Runs `work` for at most `limit` of time that counts, and says how much it took; `None` if it ran over.
    pub(crate) async fn within<F: Future>(
        &self,
        limit: Duration,
        work: F,
    ) -> (Option<F::Output>, Duration) {
        let mut work = pin!(work);
        self.state().begin();
        let _ends = AtWork(self);
        let mut was_polled = false;
        loop {
            // Created before looking, so that nothing that changes meanwhile is missed.
            let mut changed = pin!(self.changed.notified());
            // Who had to wait for a place may have been woken for the work, which is told no second time.
            was_polled &= !self.sit().await;
            let mut over = pin!(async {
                let runs_out = self.state().runs_out(limit);
                match runs_out {
                    // Outside of the budget that work which is always ready uses up.
                    Some(at) => tokio::task::unconstrained(tokio::time::sleep_until(at)).await,
                    None => std::future::pending().await,
                }
            });
            // By hand: a `select!` polls nothing where the budget is used up, and then forgets who was to be left out.
            let polled = poll_fn(|context| {
                // What changes while the work is polled is no reason to poll it again in the same turn: who went to the back of the
                // queue would be back at once.
                if !std::mem::take(&mut was_polled)
                    && let Poll::Ready(output) = work.as_mut().poll(context)
                {
                    return Poll::Ready(Polled::Done(output));
                }
                if changed.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Polled::Changed);
                }
                over.as_mut().poll(context).map(|()| Polled::Over)
            });
            match polled.await {
                Polled::Done(output) => return (Some(output), self.state().counted()),
                Polled::Changed => was_polled = true,
                Polled::Over => return (None, limit),
            }
        }
    }

    /// Takes a place unless there is one, or all wait aside; whether it did.
    async fn sit(&self) -> bool {
        if !self.state().wants_place() {
            return false;
        }
        self.change(|state| state.queues = true);
        let place = self.places.take().await;
        self.change(|state| {
            state.place = place;
            state.queues = false;
        });
        true
    }

    /// A request of the present attempt has its turn.
    pub(crate) fn busy(self: &Arc<Self>) -> Busy {
        let mut attempt = 0;
        self.change(|state| {
            state.busy += 1;
            attempt = state.attempt;
        });
        Busy {
            seat: self.clone(),
            attempt,
        }
    }

    /// Changes the state, starts or stops the clock, and tells whoever waits for that.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        state.run_clock();
        drop(state);
        self.changed.notify_waiters();
    }

    /// Keeps a turn for a request that is expected.
    pub(crate) fn keep_turn(&self, turn: Granted) {
        let mut state = self.state();
        if !state.left {
            state.turns.push(turn);
        }
    }

    /// Whether the task comes from a host's line, and is not to be sent back there.
    pub(crate) fn was_called(&self) -> bool {
        self.called
    }

    /// A turn at `host` that was kept, or that an earlier request of the task still holds though its answer is
    /// there.
    pub(crate) fn take_turn(&self, host: &str) -> Option<Granted> {
        let mut state = self.state();
        if let Some(at) = state.turns.iter().position(|turn| turn.host == host) {
            return Some(state.turns.swap_remove(at));
        }
        let held: Vec<_> = state.held.iter().filter_map(Weak::upgrade).collect();
        // What is taken over is work no more, and says so here.
        drop(state);
        held.iter().find_map(|held| held.take_over(host))
    }

    /// Takes note of the turn of a request that is being sent.
    pub(crate) fn hold(&self, mut turn: Granted, busy: Busy) -> Arc<Held> {
        turn.guessed = false;
        let held = Held::new(turn, busy);
        let mut state = self.state();
        state.held.retain(|held| held.strong_count() > 0);
        state.held.push(Arc::downgrade(&held));
        held
    }

    /// Gives back turns that nobody used; true if one of them had been guessed.
    pub(crate) fn give_turns_back(&self) -> bool {
        let turns = std::mem::take(&mut self.state().turns);
        turns.iter().any(|turn| turn.guessed)
    }

    /// The task is over, whoever still holds its seat.
    pub(crate) fn leave(&self) {
        let mut state = self.state();
        state.left = true;
        let (place, turns) = (state.place.take(), std::mem::take(&mut state.turns));
        // Whoever is woken by them may look here.
        drop(state);
        drop((place, turns));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn begin(&mut self) {
        self.attempt += 1;
        self.at_work = true;
        (self.aside, self.through, self.busy) = (0, 0, 0);
        self.counted = Duration::ZERO;
        self.since = None;
        self.queues = false;
        self.run_clock();
    }

    fn wants_place(&self) -> bool {
        let somebody_works = self.aside == 0 || self.through > 0;
        self.at_work && somebody_works && self.place.is_none()
    }

    /// Whether one who waited aside in `attempt` may go on.
    fn sits(&self, attempt: u64) -> bool {
        self.place.is_some() || !self.at_work || self.attempt != attempt
    }

    /// Time counts while somebody works: in the place, if nobody waits aside, or by a request under way.
    fn run_clock(&mut self) {
        let works = self.busy > 0 || (self.place.is_some() && self.aside == 0);
        let runs = works && !self.queues;
        match self.since {
            None if runs => self.since = Some(Instant::now()),
            Some(_) if !runs => {
                self.counted = self.counted();
                self.since = None;
            }
            _ => {}
        }
    }

    /// When `limit` is used up, if the clock goes on from now.
    fn runs_out(&self, limit: Duration) -> Option<Instant> {
        self.since?.checked_add(limit.saturating_sub(self.counted))
    }

    fn counted(&self) -> Duration {
        self.counted + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// Ends an attempt, however it ends.
struct AtWork<'a>(&'a Seat);

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.state().at_work = false;
        self.0.changed.notify_waiters();
    }
}

/// Keeps the place free and the clock standing; also when the waiting is dropped half way.
struct Aside<'a> {
    seat: &'a Seat,
    attempt: u64,
    through: bool,
}

impl<'a> Aside<'a> {
    fn step(seat: &'a Seat) -> Self {
        let (mut attempt, mut place) = (0, None);
        seat.change(|state| {
            state.aside += 1;
            (attempt, place) = (state.attempt, state.place.take());
        });
        drop(place);
        Self {
            seat,
            attempt,
            through: false,
        }
    }

    /// The wait is over, and a place is wanted.
    fn come_back(&mut self) {
        self.through = true;
        self.seat.change(|state| {
            // Of a wait that outlived its attempt nothing is left.
            if state.attempt == self.attempt {
                state.aside -= 1;
                state.through += 1;
            }
        });
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        self.seat.change(|state| {
            if state.attempt == self.attempt {
                if self.through {
                    state.through -= 1;
                } else {
                    state.aside -= 1;
                }
            }
        });
    }
}

/// A request under way, until it is answered or dropped.
#[derive(Debug)]
pub(crate) struct Busy {
    seat: Arc<Seat>,
    attempt: u64,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.seat.change(|state| {
            if state.attempt == self.attempt {
                state.busy -= 1;
            }
        });
    }
}
