//! What a run says of itself: events while it goes, a [`Report`] at its end.

pub(crate) mod event;
pub(crate) mod log;
mod print;
pub(crate) mod progress;
pub(crate) mod stream;
pub(crate) mod table;
pub(crate) mod tally;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

pub use event::{End, Event, Failure, Outcome};
pub use stream::Events;

use crate::task::Key;

/// How many example keys are kept of each outcome.
pub const EXAMPLES: usize = 100;

/// What a run did: counts and examples. Bounded, however many tasks there were; the keys of all are in the
/// store.
///
/// It prints as a table and serializes for machines.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The workflow's name.
    pub workflow: String,
    /// When it began.
    #[serde(serialize_with = "rfc3339")]
    pub started: DateTime<Utc>,
    /// How long it took; in seconds when serialized.
    #[serde(rename = "elapsed_s", serialize_with = "seconds")]
    pub elapsed: Duration,
    /// Whether it was asked to stop before all tasks were through.
    pub interrupted: bool,
    /// Whether an error ended it, or kept it from all tasks (a store that fails, an unhandled failure, more failures than `stop_if`
    /// allows), which the [`RunError`](crate::RunError) tells.
    pub stopped: bool,
    /// Tasks that didn't notice that they were cut off, and may go on until the process ends.
    pub abandoned: usize,
    /// Those of them whose executors don't yield, and so keep themselves and others from noticing.
    pub unyielding: Vec<(Key, &'static str)>,
    /// Tasks by how they ended.
    pub tasks: BTreeMap<Outcome, Tally>,
    /// Tasks that came again with the same key and params.
    pub duplicates: u64,
    /// In the workflow's order.
    pub executors: Vec<ExecutorReport>,
    /// Failures by class.
    pub classes: BTreeMap<&'static str, u64>,
    /// Answers by HTTP status, those to requests for robots.txt included.
    pub http_statuses: BTreeMap<u16, u64>,
    /// HTTP requests that were answered, those for robots.txt included.
    pub requests: u64,
    /// Attempts of executors after a first.
    pub retries: u64,
    /// Tries of requests after a first.
    pub request_retries: u64,
    /// How often hosts said that they are asked too much (429, 503), and were slowed down for it; at most
    /// [`EXAMPLES`] hosts.
    pub throttled: BTreeMap<String, u64>,
    /// How the proxies fared that were used, by their addresses without user and password.
    pub proxies: BTreeMap<String, ProxyReport>,
    /// How often sites turned visitors away, and requests were made elsewhere for it.
    pub blocked: u64,
    /// Received in bodies, decoded.
    pub bytes: u64,
    /// Statuses that cannot be read, and why; the first hundred.
    pub broken: Vec<(Key, String)>,
}

/// Tasks of one outcome.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// The first [`EXAMPLES`] of them.
    pub examples: Vec<Key>,
}

/// What one executor did.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct ExecutorReport {
    /// Its name.
    pub name: &'static str,
    /// Ran and succeeded.
    pub succeeded: u64,
    /// Ran and failed.
    pub failed: u64,
    /// Failed to refresh; what there was stands.
    pub kept: u64,
    /// Had succeeded before.
    pub skipped: u64,
    /// Attempts after a first.
    pub retries: u64,
    /// What it failed with, the first [`EXAMPLES`] different messages.
    pub errors: Vec<ErrorReport>,
}

/// What came of the requests through one proxy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProxyReport {
    /// Answers, whatever their status.
    pub answered: u64,
    /// No answer, or one that broke off.
    pub failed: u64,
    /// Answers that said that the visitor isn't wanted.
    pub blocked: u64,
}

/// Failures of one executor with one message.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ErrorReport {
    /// As recorded: `RuntimeError::the page has no title`.
    pub message: String,
    /// How many.
    pub count: u64,
    /// The first task of them.
    pub example: Key,
    /// The URL at which that one failed, redirects followed; where it was no request that failed, the `url` of its params, if
    /// they have one. With its query, without user and password.
    pub example_url: Option<String>,
}

impl Report {
    /// How many tasks ended so.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.tasks.get(&outcome).map_or(0, |tally| tally.count)
    }

    /// Tasks whose executors have all succeeded now.
    pub fn done(&self) -> u64 {
        self.count(Outcome::Succeeded) + self.count(Outcome::Skipped)
    }

    /// Tasks of which an executor's last attempt failed, now or before.
    pub fn failed(&self) -> u64 {
        self.count(Outcome::Failed) + self.count(Outcome::NotRetried)
    }

    /// All tasks that ended.
    pub fn total(&self) -> u64 {
        self.tasks.values().map(|tally| tally.count).sum()
    }

    /// 0 if all is well, 1 if tasks failed, 130 if the run was interrupted (the shells' convention for
    /// Ctrl-C). Runs that end in an error have their own: [`RunError::exit_code`](crate::RunError::exit_code).
    pub fn exit_code(&self) -> u8 {
        if self.interrupted {
            130
        } else {
            u8::from(self.failed() > 0)
        }
    }
}

fn rfc3339<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&time.to_rfc3339())
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
