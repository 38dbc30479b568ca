//! How an executor ended, taken into a task under way.

use std::sync::Arc;
use std::time::Duration;

use super::stop::Cause;
use super::trip::Trip;
use super::unhandled::OnUnhandled;
use crate::error::{Class, Error, Result};
use crate::executor::call::{Ending, Saving};
use crate::executor::decide::Why;
use crate::executor::facts::{stale_readers, unrecorded};
use crate::features::now;
use crate::report::event::{End, Event, Failure};
use crate::status::merge::{Ended, News, Ran, merge};
use crate::status::{Meta, url};
use crate::store::{Staged, StoreError};

/// What is to be saved of a call, what is told once it is, and whether the task goes on after it.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) failed: bool,
    pub(crate) bodies: Vec<Box<dyn Staged>>,
    pub(crate) tells: Event,
}

/// What a call came to.
#[derive(Debug)]
enum Came {
    Output(String),
    Error(Error),
    /// A refresh failed in a way that may pass: what there was stands.
    Kept(Error),
}

impl Trip<'_> {
    /// Takes in how an executor ended, with the executors that were skipped before it.
    ///
    /// # Errors
    /// If it ended because the store failed, which says nothing about the task.
    pub(crate) fn arrive(
        &mut self,
        step: usize,
        why: &Why,
        skipped: &[usize],
        ending: Ending,
    ) -> Result<Arrived, StoreError> {
        let fits = |output: &str| self.scope.steps[step].fits(output);
        let came = came(
            ending.result.and_then(|output| reads_back(output, fits)),
            why,
        )?;
        let mut arrived = Arrived {
            failed: false,
            bodies: Vec::new(),
            tells: Event::ExecutorFinished {
                key: self.key(),
                executor: self.scope.steps[step].name,
                end: came.end(self.params()),
                attempts: ending.attempts,
                elapsed: ending.elapsed,
            },
        };
        let mut meta = self.circumstances(step, ending.attempts, ending.elapsed);
        match &came {
            Came::Output(output) => {
                for Saving { file, staged } in ending.saved {
                    meta.files.push(file);
                    arrived.bodies.extend(staged);
                }
                self.record(step, skipped, Ended::Success(output), &meta);
            }
            Came::Error(error) => {
                arrived.failed = true;
                meta.kind = Some(error.kind().to_owned());
                meta.http_status = error.http_status();
                meta.url = error.url().map(str::to_owned);
                meta.retryable = Some(error.is_retryable());
                self.record(step, skipped, Ended::Error(error), &meta);
                self.consider_stopping(step, error);
            }
            Came::Kept(error) => {
                let mut meta = self.now.record(step).meta();
                meta.refresh_error = Some(format!("{}::{error}", error.class()));
                self.advance(&News {
                    skipped,
                    noted: &[(step, meta)],
                    ..News::default()
                });
            }
        }
        Ok(arrived)
    }

    /// Says of executors whose success stands that they were skipped.
    pub(crate) fn mark_skipped(&mut self, skipped: &[usize]) {
        if !skipped.is_empty() && !self.now.all_skipped(skipped) {
            self.advance(&News {
                skipped,
                ..News::default()
            });
        }
    }

    /// Merges news, with a note on readers that the news make stale.
    pub(super) fn advance(&mut self, news: &News<'_>) {
        let mut after = merge(&self.now, news);
        let scope = self.scope;
        let steps = self
            .unrecorded
            .get_or_insert_with(|| unrecorded(&scope.steps, &self.start));
        let (start, now) = (scope.sources(&self.start), scope.sources(&after));
        let stale = stale_readers(&scope.steps, steps, &after, start, now);
        if !stale.is_empty() {
            let noted = News {
                noted: &stale,
                ..News::default()
            };
            after = merge(&after, &noted);
        }
        self.now = Arc::new(after);
    }

    fn record(&mut self, step: usize, skipped: &[usize], ended: Ended<'_>, meta: &Meta) {
        let ran = Ran {
            step,
            at: now(),
            ended,
            meta,
        };
        self.advance(&News {
            ran: Some(ran),
            skipped,
            ..News::default()
        });
    }

    fn circumstances(&self, step: usize, attempts: u32, elapsed: Duration) -> Meta {
        let now = self.scope.sources(&self.now);
        Meta {
            attempts,
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            version: self.scope.settled[step].version,
            inputs: self.scope.steps[step].needs.fingerprints(&now),
            ..Meta::default()
        }
    }

    fn consider_stopping(&self, step: usize, error: &Error) {
        if error.aborts_run() && self.scope.on_unhandled == OnUnhandled::Stop {
            let (key, executor) = (self.key(), self.scope.steps[step].name);
            self.scope.stop.because(Cause::Unhandled(format!(
                "executor `{executor}` failed on task `{key}`: {error}"
            )));
        }
    }
}

/// What was stored of a number that isn't finite is `null`, which may not read back as a number: better an
/// error now than a success that nobody can read.
fn reads_back(output: String, fits: impl Fn(&str) -> Result<(), String>) -> Result<String> {
    if output.contains("null")
        && let Err(why) = fits(&output)
    {
        let note = "NaN and infinities are stored as null; make such a field an Option";
        return Err(Error::recorded(
            Class::Runtime,
            format!("its output does not read back: {why} ({note})"),
        ));
    }
    Ok(output)
}

fn came(result: Result<String>, why: &Why) -> Result<Came, StoreError> {
    match result.map_err(Error::into_store_error) {
        Ok(output) => Ok(Came::Output(output)),
        Err(Ok(store)) => Err(store),
        Err(Err(error)) if *why == Why::Expired && error.is_retryable() => Ok(Came::Kept(error)),
        Err(Err(error)) => Ok(Came::Error(error)),
    }
}

impl Came {
    /// For those who listen; an error that names no URL gets that of the task's params.
    fn end(&self, params: Option<&str>) -> End {
        let failure = |error: &Error| Failure {
            class: error.class(),
            http_status: error.http_status(),
            message: error.to_string().into(),
            url: error
                .url()
                .map(Arc::from)
                .or_else(|| url::of_params(params?).map(Arc::from)),
        };
        match self {
            Self::Output(_) => End::Success,
            Self::Error(error) => End::Failed(failure(error)),
            Self::Kept(error) => End::Kept(failure(error)),
        }
    }
}
