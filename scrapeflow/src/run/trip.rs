//! A task under way: its status as it was found and as it is now, and the moves that a journey makes.

use std::sync::Arc;

use chrono::Utc;

use super::scope::Scope;
use super::stop::Cause;
use super::unhandled::OnUnhandled;
use crate::error::Error;
use crate::executor::call::{Ending, Saving, Site};
use crate::executor::decide::{Decision, Leave, Why, decide};
use crate::executor::facts::{Now, facts, stale_readers};
use crate::executor::input::fingerprint;
use crate::report::event::{End, Event, Failure, Outcome};
use crate::schedule::Seat;
use crate::status::merge::{Ended, News, Ran, merge};
use crate::status::{Meta, Status};
use crate::store::{Staged, StoreError, StoreErrorKind};
use crate::task::{Key, Task};

/// One task in one run.
#[derive(Debug)]
pub(crate) struct Trip<'a> {
    scope: &'a Arc<Scope>,
    seat: Arc<Seat>,
    start: Arc<Status>,
    now: Arc<Status>,
    params: Option<Arc<str>>,
    /// Whether `params` are the task's own and not yet stored.
    new_params: bool,
    ran: bool,
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

/// What a call left to be saved.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) failed: bool,
    pub(crate) bodies: Vec<Box<dyn Staged>>,
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
        let (params, new_params) = settle_params(&task, &status);
        let status = Arc::new(status);
        Ok(Ok(Self {
            scope,
            seat,
            start: status.clone(),
            now: status,
            params,
            new_params,
            ran: false,
        }))
    }

    /// The next step from `from` that has to run, and those before it whose success stands.
    pub(crate) async fn upcoming(&self, from: usize) -> Result<Upcoming, StoreError> {
        let mut skipped = Vec::new();
        for step in from..self.scope.steps.len() {
            let then = match self.decide(step).await? {
                Decision::Skip => {
                    skipped.push(step);
                    self.scope.events.publish(&Event::Skipped {
                        key: self.key(),
                        executor: self.scope.steps[step].name,
                    });
                    continue;
                }
                Decision::Run(why) => Then::Run(step, why),
                Decision::Leave(leave) => Then::Leave(leave),
            };
            return Ok(Upcoming { skipped, then });
        }
        Ok(Upcoming {
            skipped,
            then: Then::End,
        })
    }

    pub(crate) async fn decide(&self, step: usize) -> Result<Decision, StoreError> {
        let scope = self.scope;
        let task = Now {
            start: scope.sources(&self.start, self.start.stored_params()),
            now: scope.sources(&self.now, self.params.as_deref()),
        };
        let facts = facts(
            &scope.steps[step],
            step,
            &scope.settled[step],
            scope.retry_failed,
            task,
            Utc::now(),
            &*scope.store,
        );
        Ok(decide(&facts.await?))
    }

    /// Where an executor is called.
    pub(crate) fn site(&self, step: usize) -> Site {
        Site {
            scope: self.scope.clone(),
            step,
            status: self.now.clone(),
            params: self.params.clone(),
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

    /// Takes in how an executor ended.
    ///
    /// # Errors
    /// If it ended because the store failed, which says nothing about the task.
    pub(crate) fn merge(
        &mut self,
        step: usize,
        why: &Why,
        skipped: &[usize],
        ending: Ending,
    ) -> Result<Arrived, StoreError> {
        let Ending {
            result,
            attempts,
            elapsed,
            saved,
        } = ending;
        let result = result.map_err(Error::into_store_error);
        let (result, end) = match result {
            Err(Ok(store)) => return Err(store),
            Ok(output) => (Ok(output), End::Success),
            Err(Err(error)) if *why == Why::Expired && error.is_retryable() => {
                let failure = failure(&error);
                self.keep_old(step, &error);
                (Err(None), End::Kept(failure))
            }
            Err(Err(error)) => {
                let failure = failure(&error);
                (Err(Some(error)), End::Failed(failure))
            }
        };
        self.scope.events.publish(&Event::ExecutorFinished {
            key: self.key(),
            executor: self.scope.steps[step].name,
            end,
            attempts,
            elapsed,
        });
        let mut meta = Meta {
            attempts,
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            version: self.scope.settled[step].version,
            inputs: self
                .scope
                .fingerprints(step, &self.now, self.params.as_deref()),
            ..Meta::default()
        };
        let mut arrived = Arrived {
            failed: false,
            bodies: Vec::new(),
        };
        let ended = match &result {
            Err(None) => {
                self.mark_skipped(skipped);
                return Ok(arrived);
            }
            Ok(output) => {
                for Saving { file, staged } in saved {
                    meta.files.push(file);
                    arrived.bodies.push(staged);
                }
                Ended::Success(output)
            }
            Err(Some(error)) => {
                arrived.failed = true;
                meta.kind = Some(error.kind().to_owned());
                meta.http_status = error.http_status();
                meta.retryable = Some(error.is_retryable());
                self.consider_stopping(step, error);
                Ended::Error(error)
            }
        };
        let at = Utc::now();
        let ran = Some(Ran {
            step,
            at,
            ended,
            meta: &meta,
        });
        self.advance(News {
            ran,
            skipped,
            ..News::default()
        });
        Ok(arrived)
    }

    /// Says of executors whose success stands that they were skipped.
    pub(crate) fn mark_skipped(&mut self, skipped: &[usize]) {
        if !skipped.is_empty() {
            self.advance(News {
                skipped,
                ..News::default()
            });
        }
    }

    /// Stores the status as it is now, with the bodies that it names.
    pub(crate) async fn save(&mut self, bodies: Vec<Box<dyn Staged>>) -> Result<(), StoreError> {
        self.ran = true;
        let (key, text) = (self.now.key(), self.now.as_str());
        self.scope.store.save(key, text, bodies).await
    }

    /// Nothing is left to run.
    pub(crate) async fn end(mut self, last: &Upcoming) -> Result<Outcome, StoreError> {
        let ran = self.ran;
        if self.new_params {
            // Nobody reads what is new in them, but they were given to be kept.
            self.advance(News::default());
            self.save(Vec::new()).await?;
        }
        Ok(match last.then {
            Then::Leave(Leave::Failed) => Outcome::NotRetried,
            Then::Leave(Leave::NotSelected) => Outcome::Incomplete,
            _ if ran => Outcome::Succeeded,
            _ => Outcome::Skipped,
        })
    }

    /// Merges news, with params that are not stored yet, and with a note on readers that the news make
    /// stale.
    fn advance(&mut self, news: News<'_>) {
        let params = self.params.as_deref();
        let news = News {
            params: params.filter(|_| self.new_params),
            ..news
        };
        let mut after = merge(&self.now, &news);
        let scope = self.scope;
        let stale = stale_readers(
            &scope.steps,
            &after,
            scope.sources(&self.start, self.start.stored_params()),
            scope.sources(&after, params),
        );
        if !stale.is_empty() {
            after = merge(
                &after,
                &News {
                    noted: &stale,
                    ..News::default()
                },
            );
        }
        self.now = Arc::new(after);
        self.new_params = false;
    }

    /// A refresh failed: what there was stands, the error beside it.
    fn keep_old(&mut self, step: usize, error: &Error) {
        let mut meta = self.now.record(step).meta();
        meta.refresh_error = Some(format!("{}::{error}", error.class()));
        self.advance(News {
            noted: &[(step, meta)],
            ..News::default()
        });
    }

    fn consider_stopping(&self, step: usize, error: &Error) {
        if error.aborts_run() && self.scope.on_unhandled == OnUnhandled::Stop {
            let (key, executor) = (self.key(), self.scope.steps[step].name);
            self.scope.stop.because(Cause::Unhandled(format!(
                "executor `{executor}` failed on task `{key}`: {error}"
            )));
        }
    }

    fn key(&self) -> Key {
        self.now.key().clone()
    }
}

fn failure(error: &Error) -> Failure {
    Failure {
        class: error.class(),
        http_status: error.http_status(),
        message: error.to_string().into(),
    }
}

/// The status as stored, an empty one where there is none, or what is wrong with it.
async fn read(scope: &Scope, key: &Key) -> Result<Result<Status, String>, StoreError> {
    Ok(match scope.store.read(key).await {
        Ok(None) => Ok(Status::empty(key.clone(), scope.layout.clone())),
        Ok(Some(bytes)) => Status::read(key.clone(), scope.layout.clone(), bytes)
            .map_err(|broken| format!("its status {}", broken.why)),
        Err(error) if error.kind() == StoreErrorKind::Broken => Err(error.to_string()),
        Err(error) => return Err(error),
    })
}

/// The task's own params, or the stored ones where it has none or they say the same; and whether they are
/// new.
fn settle_params(task: &Task, status: &Status) -> (Option<Arc<str>>, bool) {
    let stored = status.stored_params();
    match task.params() {
        None => (stored.map(Arc::from), false),
        Some(own) => match stored {
            Some(stored) if fingerprint(stored) == fingerprint(own) => (Some(stored.into()), false),
            _ => (Some(own.into()), true),
        },
    }
}
