//! How a run ends in an error: what, why, and the report of what was done until then.

use std::fmt;

use super::scope::Scope;
use super::stop::Cause;
use crate::report::Report;
use crate::report::event::Outcome;
use crate::report::tally::Counter;
use crate::store::{StoreError, StoreErrorKind};
use crate::task::TaskError;

/// A run that could not begin, or did not end well. Failures of single tasks are no such error: they are in
/// the [`Report`].
pub struct RunError {
    kind: RunErrorKind,
    message: String,
    report: Option<Box<Report>>,
}

/// What kind of error a run ended in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunErrorKind {
    /// It was set up wrong: `max_parallelism(0)`, a missing `State<T>`.
    Setup,
    /// A task is wrong: a bad line of a file, one key with two params.
    Task,
    /// Another run uses the store.
    InUse,
    /// The store cannot be read or written.
    Store,
    /// Some statuses cannot be read; all other tasks were run.
    Broken,
    /// An executor failed in a way that nobody foresaw.
    Unhandled,
    /// More failed than `stop_if` allows.
    TooManyFailed,
}

impl RunError {
    fn new(kind: RunErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            report: None,
        }
    }

    pub(crate) fn setup(message: impl Into<String>) -> Self {
        Self::new(RunErrorKind::Setup, message)
    }

    pub(crate) fn task(message: impl Into<String>) -> Self {
        Self::new(RunErrorKind::Task, message)
    }

    /// What kind it is.
    pub fn kind(&self) -> RunErrorKind {
        self.kind
    }

    /// What was done until then; `None` if the run didn't begin.
    pub fn report(&self) -> Option<&Report> {
        self.report.as_deref()
    }

    /// What a command line should exit with: 2 for a wrong set-up or task, 3 for the store (a broken status
    /// included), 4 for an unhandled error, 5 for `stop_if`.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            RunErrorKind::Setup | RunErrorKind::Task => 2,
            RunErrorKind::InUse | RunErrorKind::Store | RunErrorKind::Broken => 3,
            RunErrorKind::Unhandled => 4,
            RunErrorKind::TooManyFailed => 5,
        }
    }
}

/// The end of a run: its report, or the error that holds it. `ended` is `None` where tasks that were cut off
/// didn't notice it, and `unfinished` is how many.
pub(crate) fn conclude(
    scope: &Scope,
    counter: &Counter,
    ended: Option<Result<(), RunError>>,
    unfinished: usize,
) -> Result<Report, RunError> {
    let cause = scope.stop.take_cause();
    let report = {
        let mut report = counter.report();
        report.elapsed = counter.began.elapsed();
        report.interrupted = matches!(cause, Some(Cause::Asked));
        report.stopped = match (&ended, &cause) {
            (Some(Err(_)), _) => true,
            (_, cause) => !matches!(cause, None | Some(Cause::Asked)),
        };
        if ended.is_none() {
            report.abandoned = unfinished;
            report.unyielding = scope.polls.now();
        }
        report.clone()
    };
    let error = match (ended.unwrap_or(Ok(())), cause) {
        (Err(error), _) => Some(error),
        (Ok(()), None | Some(Cause::Asked)) => broken(&report, &scope.store.location()),
        (Ok(()), Some(Cause::Unhandled(why))) => Some(RunError::new(RunErrorKind::Unhandled, why)),
        (Ok(()), Some(Cause::Store(why))) => Some(RunError::new(RunErrorKind::Store, why)),
        (Ok(()), Some(Cause::TooManyFailed(why))) => {
            Some(RunError::new(RunErrorKind::TooManyFailed, why))
        }
    };
    match error {
        None => Ok(report),
        Some(mut error) => {
            error.report = Some(Box::new(report));
            Err(error)
        }
    }
}

/// How many broken statuses an error names.
const NAMED: usize = 3;

fn broken(report: &Report, location: &str) -> Option<RunError> {
    let count = report.count(Outcome::Broken);
    if count == 0 {
        return None;
    }
    let mut message = match count {
        1 => format!("1 status in {location} cannot be read and was left untouched"),
        _ => format!("{count} statuses in {location} cannot be read and were left untouched"),
    };
    for (key, why) in report.broken.iter().take(NAMED) {
        message.extend(["; `", key.as_str(), "`: ", why]);
    }
    if count > NAMED as u64 {
        message.push_str("; …");
    }
    message.push_str("; mend or delete them");
    Some(RunError::new(RunErrorKind::Broken, message))
}

impl From<StoreError> for RunError {
    fn from(error: StoreError) -> Self {
        let kind = match error.kind() {
            StoreErrorKind::Invalid => RunErrorKind::Setup,
            StoreErrorKind::InUse => RunErrorKind::InUse,
            _ => RunErrorKind::Store,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<TaskError> for RunError {
    fn from(error: TaskError) -> Self {
        Self::task(error.to_string())
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What `main` prints: the message; the report has its own way out.
impl fmt::Debug for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RunError {}
