//! Which executors have a thread just now. One that doesn't yield keeps it from all others, whose time goes by, and can be neither
//! cut off nor ended: it can only be named.

use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::report::event::{Event, Publisher};
use crate::task::Key;

/// How long an executor may go on without yielding before it is named.
const TOO_LONG: Duration = Duration::from_secs(5);

/// The polls that go on, as many as there are threads.
#[derive(Debug, Default)]
pub(crate) struct Polls(Mutex<Vec<Poll>>);

#[derive(Debug)]
struct Poll {
    key: Key,
    executor: &'static str,
    since: Instant,
    told: bool,
}

/// One that goes on; ends when dropped.
#[derive(Debug)]
pub(crate) struct Going<'a> {
    polls: &'a Polls,
    events: &'a Publisher,
    key: &'a Key,
    executor: &'static str,
}

impl Polls {
    pub(crate) fn begin<'a>(
        &'a self,
        key: &'a Key,
        executor: &'static str,
        events: &'a Publisher,
    ) -> Going<'a> {
        self.going().push(Poll {
            key: key.clone(),
            executor,
            since: Instant::now(),
            told: false,
        });
        Going {
            polls: self,
            events,
            key,
            executor,
        }
    }

    /// Tells of those that have gone on for too long, as long as it is polled.
    pub(crate) async fn watch(&self, events: &Publisher) -> Infallible {
        loop {
            tokio::time::sleep(TOO_LONG).await;
            let mut too_long = Vec::new();
            for poll in self.going().iter_mut() {
                too_long.extend(poll.tells());
            }
            for event in too_long {
                events.publish(&event);
            }
        }
    }

    /// The tasks and executors that have a thread.
    pub(crate) fn now(&self) -> Vec<(Key, &'static str)> {
        let going = self.going();
        let going = going.iter().map(|poll| (poll.key.clone(), poll.executor));
        going.collect()
    }

    /// A panic elsewhere leaves the list whole.
    fn going(&self) -> MutexGuard<'_, Vec<Poll>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Poll {
    /// Once, if it has gone on for too long.
    fn tells(&mut self) -> Option<Event> {
        let held = self.since.elapsed();
        if self.told || held < TOO_LONG {
            return None;
        }
        self.told = true;
        Some(Event::Unyielding {
            key: self.key.clone(),
            executor: self.executor,
            held,
        })
    }
}

/// Where there is but one thread nobody could tell before.
impl Drop for Going<'_> {
    fn drop(&mut self) {
        let mut going = self.polls.going();
        let at = going
            .iter()
            .position(|poll| (poll.executor, &poll.key) == (self.executor, self.key));
        let tells = at.and_then(|at| going.swap_remove(at).tells());
        drop(going);
        if let Some(event) = tells {
            self.events.publish(&event);
        }
    }
}
