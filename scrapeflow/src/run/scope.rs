//! All that the tasks of one run share.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use super::extensions::Extensions;
use super::polls::Polls;
use super::stop::Stop;
use super::unhandled::OnUnhandled;
use crate::digest::Batch;
use crate::executor::decide::RetryFailed;
use crate::executor::input::Sources;
use crate::executor::settings::Settled;
use crate::executor::step::Step;
use crate::report::event::Publisher;
use crate::schedule::Lines;
use crate::status::{Layout, Status};
use crate::store::Store;
use crate::task::Task;

/// What a run was set up with; nothing in it changes while it goes, but what is made for that.
pub(crate) struct Scope {
    pub(crate) store: Arc<dyn Store>,
    /// The folders of whose files tasks may have links.
    #[cfg_attr(
        not(feature = "images"),
        expect(dead_code, reason = "nothing else links")
    )]
    pub(crate) links: Vec<PathBuf>,
    pub(crate) steps: Vec<Step>,
    /// One for each step.
    pub(crate) settled: Vec<Settled>,
    pub(crate) layout: Arc<Layout>,
    pub(crate) extensions: Extensions,
    /// Params that all tasks share, as JSON.
    pub(crate) shared: Option<String>,
    pub(crate) retry_failed: RetryFailed,
    pub(crate) on_unhandled: OnUnhandled,
    pub(crate) stop: Arc<Stop>,
    pub(crate) events: Publisher,
    /// Which executors have a thread.
    pub(crate) polls: Polls,
    /// Bodies whose MD5s are taken together.
    pub(crate) digests: Batch,
    /// Who waits for which host.
    pub(crate) lines: Arc<Lines<Task>>,
    /// How often in a row a task's turn was waited for at a host that its executor then didn't ask.
    pub(crate) wrong_guesses: AtomicU32,
    /// Whether the store had nothing before the run: then no task has a status when its turn comes, each
    /// coming once.
    pub(crate) found_empty: bool,
}

impl Scope {
    /// What executors read of a task.
    pub(crate) fn sources<'a>(&'a self, status: &'a Status) -> Sources<'a> {
        Sources {
            status,
            shared: self.shared.as_deref(),
        }
    }
}

/// Params are the caller's data and stay out of logs.
impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("store", &self.store)
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}
