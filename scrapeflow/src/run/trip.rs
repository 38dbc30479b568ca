//! A task under way: its status as it was found and as it is now, and what a journey asks of it. How
//! executors end is taken in by `arrival`.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::arrival::Arrived;
use super::scope::Scope;
use crate::executor::call::Site;
use crate::executor::decide::{Decision, Leave, Why, decide};
use crate::executor::facts::{Now, facts};
use crate::executor::input::fingerprint;
use crate::features::now;
use crate::report::event::{Event, Outcome};
use crate::schedule::Seat;
use crate::status::merge::News;
use crate::status::{Status, json};
use crate::store::{Staged, StoreError, StoreErrorKind};
use crate::task::{Key, Task};

/// One task in one run.
#[derive(Debug)]
pub(crate) struct Trip<'a> {
    pub(super) scope: &'a Arc<Scope>,
    seat: Arc<Seat>,
    pub(super) start: Arc<Status>,
    pub(super) now: Arc<Status>,
    /// Whether `now` has params that are not stored yet.
    unsaved_params: bool,
    /// Steps whose success was found without a record of what it was made of; looked for when something is
    /// about to change.
    pub(super) unrecorded: Option<Vec<usize>>,
    began: DateTime<Utc>,
    /// What becomes of the first step, if that was asked ahead.
    first: Option<Decision>,
    saved: bool,
}

/// What comes after a step.
#[derive(Debug)]
pub(crate) struct Upcoming {
    /// Whose success stands.
    pub(crate) skipped: Vec<usize>,
    pub(crate) then: Then,
}

#[derive(Debug)]
pub(crate) enum Then {
    Run(usize, Why),
    Leave(Leave),
    End,
}

impl<'a> Trip<'a> {
    /// Reads the status, or says what is wrong with it.
    pub(crate) async fn begin(
        scope: &'a Arc<Scope>,
        task: Task,
        seat: Arc<Seat>,
    ) -> Result<Result<Self, String>, StoreError> {
        let status = match read(scope, task.key()).await? {
            Ok(status) => status,
            Err(why) => return Ok(Err(why)),
        };
        let start = Arc::new(status);
        let params = task.params().filter(|own| is_new(own, &start));
        let mut trip = Self {
            scope,
            seat,
            now: start.clone(),
            start,
            unsaved_params: params.is_some(),
            unrecorded: None,
            began: now(),
            first: None,
            saved: false,
        };
        if params.is_some() {
            trip.advance(&News {
                params,
                ..News::default()
            });
        }
        Ok(Ok(trip))
    }

    /// The task's params as they are now.
    pub(crate) fn params(&self) -> Option<&str> {
        self.now.stored_params()
    }

    /// The next step from `from` that has to run, and those before it whose success stands.
    pub(crate) async fn upcoming(&mut self, from: usize) -> Result<Upcoming, StoreError> {
        let mut skipped = Vec::new();
        for step in from..self.scope.steps.len() {
            let decision = match self.first.take() {
                Some(first) => first,
                None => self.decide(step).await?,
            };
            let then = match decision {
                Decision::Skip => {
                    skipped.push(step);
                    self.scope.events.publish(&Event::Skipped {
                        key: self.key(),
                        executor: self.scope.steps[step].name,
                    });
                    continue;
                }
                Decision::Run(why) => Then::Run(step, why),
                // What the run is about is done.
                Decision::Leave(Leave::NotSelected) if !self.is_selected_from(step) => Then::End,
                Decision::Leave(leave) => Then::Leave(leave),
            };
            return Ok(Upcoming { skipped, then });
        }
        Ok(Upcoming {
            skipped,
            then: Then::End,
        })
    }

    fn is_selected_from(&self, step: usize) -> bool {
        self.scope.settled[step..]
            .iter()
            .any(|settled| settled.selected)
    }

    /// Whether the first step is to run; asked once, before [`upcoming`](Self::upcoming).
    pub(crate) async fn decide_first(&mut self) -> Result<bool, StoreError> {
        let decision = self.decide(0).await?;
        let runs = matches!(decision, Decision::Run(_));
        self.first = Some(decision);
        Ok(runs)
    }

    pub(crate) async fn decide(&self, step: usize) -> Result<Decision, StoreError> {
        let scope = self.scope;
        let task = Now {
            start: scope.sources(&self.start),
            now: scope.sources(&self.now),
        };
        let facts = facts(
            &scope.steps[step],
            step,
            &scope.settled[step],
            scope.retry_failed,
            task,
            self.began,
            &*scope.store,
        );
        Ok(decide(&facts.await?))
    }

    /// Where an executor is called.
    pub(crate) fn site(&self, step: usize, why: &Why) -> Site {
        Site {
            scope: self.scope.clone(),
            step,
            is_refresh: *why == Why::Expired,
            status: self.now.clone(),
            seat: self.seat.clone(),
        }
    }

    pub(crate) fn started(&self, step: usize, why: &Why) {
        self.scope.events.publish(&Event::ExecutorStarted {
            key: self.key(),
            executor: self.scope.steps[step].name,
            why: why.clone(),
        });
    }

    /// Stores what came of a call, and tells it.
    pub(crate) async fn keep(&mut self, arrived: Arrived) -> Result<(), StoreError> {
        self.save(arrived.bodies).await?;
        self.scope.events.publish(&arrived.tells);
        Ok(())
    }

    /// Stores the status as it is now, with the bodies that it names.
    async fn save(&mut self, bodies: Vec<Box<dyn Staged>>) -> Result<(), StoreError> {
        self.saved = true;
        let (key, text) = (self.now.key(), self.now.as_str());
        self.scope.store.save(key, text, bodies).await
    }

    /// Nothing is left to run.
    pub(crate) async fn end(mut self, last: &Upcoming) -> Result<Outcome, StoreError> {
        let ran = self.saved;
        if self.unsaved_params && !ran && matches!(last.then, Then::End) {
            // Nobody reads what is new in them, but they were given to be kept.
            self.save(Vec::new()).await?;
        }
        Ok(match last.then {
            Then::Leave(Leave::Failed) => Outcome::NotRetried,
            Then::Leave(Leave::NotSelected) => Outcome::Incomplete,
            _ if ran => Outcome::Succeeded,
            _ => Outcome::Skipped,
        })
    }

    pub(super) fn key(&self) -> Key {
        self.now.key().clone()
    }
}

/// The status as stored, an empty one where there is none, or what is wrong with it.
async fn read(scope: &Scope, key: &Key) -> Result<Result<Status, String>, StoreError> {
    if scope.found_empty {
        return Ok(Ok(Status::empty(key.clone(), scope.layout.clone())));
    }
    Ok(match scope.store.read(key).await {
        Ok(None) => Ok(Status::empty(key.clone(), scope.layout.clone())),
        Ok(Some(bytes)) => Status::read(key.clone(), scope.layout.clone(), bytes)
            .map_err(|broken| format!("its status {}", broken.why)),
        Err(error) if error.kind() == StoreErrorKind::Broken => Err(error.to_string()),
        Err(error) => return Err(error),
    })
}

/// Whether a task's own params say something else than the stored ones.
fn is_new(own: &str, found: &Status) -> bool {
    found
        .stored_params()
        .is_none_or(|stored| !says_the_same(stored, own))
}

/// Whether two objects are the same; mostly they are spelled the same, but for white space.
fn says_the_same(stored: &str, own: &str) -> bool {
    json::is_spelled_alike(stored, own) || fingerprint(stored, None) == fingerprint(own, None)
}
