//! What happens in a run, as it happens: progress, logs and the report listen to it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::error::Class;
use crate::executor::decide::Why;
use crate::task::Key;

/// Something that happened in a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The run begins.
    RunStarted {
        /// The workflow's name.
        workflow: &'static str,
        /// How many tasks there are, where that is known.
        tasks: Option<u64>,
    },
    /// A task came twice with the same params; it is done once.
    Duplicate {
        /// The task.
        key: Key,
    },
    /// A task has a place.
    TaskStarted {
        /// The task.
        key: Key,
    },
    /// An executor's earlier success stands.
    Skipped {
        /// The task.
        key: Key,
        /// The executor.
        executor: &'static str,
    },
    /// An executor is about to run.
    ExecutorStarted {
        /// The task.
        key: Key,
        /// The executor.
        executor: &'static str,
        /// Why it runs.
        why: Why,
    },
    /// An attempt failed and another follows.
    Retry {
        /// The task.
        key: Key,
        /// The executor.
        executor: &'static str,
        /// Which attempt failed, from 1.
        attempt: u32,
        /// What it failed with.
        error: Arc<str>,
        /// The pause before the next.
        pause: Duration,
    },
    /// A try of a request failed and another follows.
    RequestRetry {
        /// The task.
        key: Key,
        /// The executor.
        executor: &'static str,
        /// Which try failed, from 1.
        attempt: u32,
        /// What was asked, redirects followed; without user and password.
        url: Arc<str>,
        /// What it failed with.
        error: Arc<str>,
        /// The pause before the next.
        pause: Duration,
    },
    /// A request was answered; each try and each redirect is one.
    Fetched {
        /// The task.
        key: Key,
        /// The HTTP status.
        status: u16,
        /// The proxy that it went through, without user and password.
        proxy: Option<Arc<str>>,
    },
    /// A request through a proxy got no answer, or the answer broke off.
    ProxyFailed {
        /// The proxy, without user and password.
        proxy: Arc<str>,
        /// What happened.
        error: Arc<str>,
        /// Whether the proxy is left alone for it: not where a site fails by whatever way.
        left_alone: bool,
    },
    /// A site has turned a visitor away: the session ends, and the proxy is left alone for a while.
    Blocked {
        /// The host.
        host: Arc<str>,
        /// The proxy that it went through, without user and password.
        proxy: Option<Arc<str>>,
    },
    /// A host answered 429 or 503: it is left alone as long as it asks for, and asked half as fast from then on.
    Throttled {
        /// The host.
        host: Arc<str>,
        /// The HTTP status.
        status: u16,
        /// For how long it wants to be left alone, if it says so.
        retry_after: Option<Duration>,
    },
    /// A robots.txt that is obeyed asks for a delay between two requests.
    CrawlDelay {
        /// The host.
        host: Arc<str>,
        /// The delay.
        delay: Duration,
    },
    /// A body was received whole.
    Received {
        /// The task.
        key: Key,
        /// The decoded size.
        bytes: u64,
    },
    /// An executor ended, and what came of it is saved.
    ExecutorFinished {
        /// The task.
        key: Key,
        /// The executor.
        executor: &'static str,
        /// How it ended.
        end: End,
        /// How many attempts it took.
        attempts: u32,
        /// How long the last attempt took.
        elapsed: Duration,
    },
    /// A task ended.
    TaskFinished {
        /// The task.
        key: Key,
        /// How it ended.
        outcome: Outcome,
    },
    /// An executor has gone on for some seconds without yielding (`.await` on something that takes its time): the thread that it
    /// has does nothing else, so that other tasks may run over their time, and a stop cannot end it.
    Unyielding {
        /// The task.
        key: Key,
        /// The executor.
        executor: &'static str,
        /// How long until now.
        held: Duration,
    },
    /// A status cannot be read; its task is left alone.
    Broken {
        /// The task.
        key: Key,
        /// What is wrong.
        why: Arc<str>,
    },
    /// The run was asked to stop, or stops because of an error: nothing new starts.
    Stopping {
        /// How long what is under way may go on.
        grace: Duration,
    },
    /// The run is over.
    RunFinished,
    /// A listener was too slow for this many events; they are lost to it.
    Missed(u64),
}

/// How an executor ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// With an output.
    Success,
    /// With an error.
    Failed(Failure),
    /// A refresh failed, and what there was before stands.
    Kept(Failure),
}

/// What an executor failed with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// Under which it is recorded.
    pub class: Class,
    /// The HTTP status that led there, if any.
    pub http_status: Option<u16>,
    /// In words.
    pub message: Arc<str>,
    /// The URL of the request that failed, redirects followed; where it was no request that failed, the `url` of the task's params, if
    /// they have one. Without user and password.
    pub url: Option<Arc<str>>,
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// An executor ran, and all that the run is about have succeeded now.
    Succeeded,
    /// All that the run is about had succeeded before; nothing ran.
    Skipped,
    /// An executor failed.
    Failed,
    /// An executor had failed before, and `retry_failed` leaves it so.
    NotRetried,
    /// `only` left out an executor that others need and that has no success.
    Incomplete,
    /// The run stopped before the task was through.
    Interrupted,
    /// Its status cannot be read.
    Broken,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Succeeded => "succeeded",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::NotRetried => "not retried",
            Self::Incomplete => "incomplete",
            Self::Interrupted => "interrupted",
            Self::Broken => "broken",
        })
    }
}

/// Hears every event, on the thread where it happens: it must be quick and must not block.
pub(crate) type Listener = Box<dyn Fn(&Event) + Send + Sync>;

/// Tells the listeners.
#[derive(Default)]
pub(crate) struct Publisher {
    listeners: Vec<Listener>,
}

impl Publisher {
    pub(crate) fn new(listeners: Vec<Listener>) -> Self {
        Self { listeners }
    }

    pub(crate) fn publish(&self, event: &Event) {
        for listener in &self.listeners {
            listener(event);
        }
    }
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Publisher({})", self.listeners.len())
    }
}
