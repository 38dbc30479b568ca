//! [`Run`]: what a caller says of a run, one method each, until `run` or `plan`.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;

use super::error::RunError;
use super::extensions::Extensions;
use super::plan::Plan;
use super::setup::set_up;
use super::signal::StopSignal;
use super::stopping::{GRACE, When};
use super::unhandled::OnUnhandled;
use crate::error::Result;
use crate::executor::contract::{Executor, HasStep};
use crate::executor::decide::RetryFailed;
use crate::executor::settings::{Backoff, StepSettings};
use crate::report::event::{Event, Listener};
use crate::report::progress::Progress;
use crate::report::{Events, Report, stream};
use crate::schedule::{Limits, Turns};
use crate::store::{Durability, Store};
use crate::task::Tasks;
use crate::workflow::{StepName, Workflow, index_of};

/// A run of workflow `W`, being set up. Nothing happens before [`run`](Run::run) or [`plan`](Run::plan).
#[must_use = "nothing happens before `run` or `plan`"]
pub struct Run<W> {
    pub(crate) said: Said,
    workflow: PhantomData<fn() -> W>,
}

/// All that was said.
pub(crate) struct Said {
    pub(crate) store: Arc<dyn Store>,
    /// The folders, in their canonical form, of whose files tasks may have links.
    pub(crate) links: Vec<PathBuf>,
    pub(crate) tasks: Option<Tasks>,
    pub(crate) limit: Option<u64>,
    pub(crate) limits: Limits,
    pub(crate) settings: StepSettings,
    pub(crate) configured: HashMap<usize, StepSettings>,
    pub(crate) forced: Vec<usize>,
    pub(crate) force_all: bool,
    pub(crate) only: Vec<usize>,
    pub(crate) retry_failed: RetryFailed,
    pub(crate) stop_if: Option<(f64, u64)>,
    pub(crate) when: Vec<When>,
    pub(crate) grace: Duration,
    pub(crate) extensions: Extensions,
    pub(crate) shared: Option<String>,
    /// Who grants turns at hosts, if there is a limit.
    pub(crate) turns: Option<Arc<dyn Turns>>,
    /// What has to be done before the first task.
    pub(crate) before: Vec<Before>,
    pub(crate) on_unhandled: OnUnhandled,
    pub(crate) durability: Durability,
    pub(crate) progress: Progress,
    pub(crate) listeners: Vec<Listener>,
    /// The first thing that cannot be; told when the run begins.
    pub(crate) wrong: Option<String>,
}

/// Makes ready what a run needs, or says why it cannot begin.
pub(crate) type Before = BoxFuture<'static, Result<()>>;

/// Tasks at work at once unless something else is said: the predecessor's.
const MAX_PARALLELISM: usize = 100;

/// Tasks pulled and unfinished unless something else is said.
const LOOKAHEAD: usize = 16_384;

impl<W: Workflow> Run<W> {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            said: Said {
                store,
                links: Vec::new(),
                tasks: None,
                limit: None,
                limits: Limits {
                    max_parallelism: MAX_PARALLELISM,
                    lookahead: LOOKAHEAD,
                },
                settings: StepSettings::default(),
                configured: HashMap::new(),
                forced: Vec::new(),
                force_all: false,
                only: Vec::new(),
                retry_failed: RetryFailed::default(),
                stop_if: None,
                when: Vec::new(),
                grace: GRACE,
                extensions: Extensions::default(),
                shared: None,
                turns: None,
                before: Vec::new(),
                on_unhandled: OnUnhandled::default(),
                durability: Durability::default(),
                progress: Progress::default(),
                listeners: Vec::new(),
                wrong: None,
            },
            workflow: PhantomData,
        }
    }

    /// The tasks to run; given again, further ones. Without, the run goes on with those that the store has.
    pub fn tasks(mut self, tasks: Tasks) -> Self {
        self.said.tasks = Some(match self.said.tasks.take() {
            None => tasks,
            Some(earlier) => earlier.and(tasks),
        });
        self
    }

    /// At most the first `tasks` of them, each key counted once; all unless set.
    pub fn limit(mut self, tasks: u64) -> Self {
        self.said.limit = Some(tasks);
        self
    }

    /// Tasks at work at once: 100 unless set, without a ceiling. One that waits before a retry, or in
    /// [`Context::aside`](crate::Context::aside), doesn't count, nor does one that waits for a host's turn.
    pub fn max_parallelism(mut self, tasks: usize) -> Self {
        self.said.limits.max_parallelism = tasks;
        self
    }

    /// Tasks pulled from their source and unfinished, those that wait included: 16,384 unless set. At that
    /// many, pulling pauses: a source that begins with more tasks of one slow host than that holds up the
    /// hosts behind them, so mix it or raise this (a task that waits for its host takes some 300 bytes).
    pub fn lookahead(mut self, tasks: usize) -> Self {
        self.said.limits.lookahead = tasks;
        self
    }

    /// Bounds one attempt of one executor: 30 s unless set. Waiting doesn't count: for a
    /// place, a host's turn, a pause before another try, or in [`Context::aside`](crate::Context::aside). It does
    /// where the attempt has another request on its way meanwhile, or an answer that it has not read.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.said.settings = self.said.settings.timeout(timeout);
        self
    }

    /// Further attempts of an executor after a retryable failure: 0 unless set.
    pub fn retries(mut self, retries: u32) -> Self {
        self.said.settings = self.said.settings.retries(retries);
        self
    }

    /// Pauses before retries: 1 s doubling to 60 s, with jitter, unless set.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.said.settings = self.said.settings.backoff(backoff);
        self
    }

    /// Settings of one executor, over its attribute and the run's. Doesn't compile if `E` isn't a step.
    pub fn configure<E: Executor>(self, change: impl FnOnce(StepSettings) -> StepSettings) -> Self
    where
        W: HasStep<E>,
    {
        self.configure_step(StepName::of::<E>(), change)
    }

    /// [`configure`](Run::configure) for a step known by name.
    pub fn configure_step(
        mut self,
        step: StepName<W>,
        change: impl FnOnce(StepSettings) -> StepSettings,
    ) -> Self {
        let settings = self.said.configured.entry(index_of(step)).or_default();
        *settings = change(*settings);
        self
    }

    /// Runs `E` again where it has succeeded before. Doesn't compile if `E` isn't a step. Its readers run
    /// again only where its output changes. A failure takes the place of the earlier success; to keep that
    /// where a refetch fails, use `max_age` (with [`configure`](Run::configure)) instead.
    pub fn force<E: Executor>(self) -> Self
    where
        W: HasStep<E>,
    {
        self.force_step(StepName::of::<E>())
    }

    /// [`force`](Run::force) for a step known by name.
    pub fn force_step(mut self, step: StepName<W>) -> Self {
        self.said.forced.push(index_of(step));
        self
    }

    /// Runs all executors again.
    pub fn force_all(mut self) -> Self {
        self.said.force_all = true;
        self
    }

    /// Runs only `E`, and others named so: the rest stays as it is. A task that has no success of an
    /// executor before it is left alone. Doesn't compile if `E` isn't a step.
    pub fn only<E: Executor>(self) -> Self
    where
        W: HasStep<E>,
    {
        self.only_step(StepName::of::<E>())
    }

    /// [`only`](Run::only) for a step known by name.
    pub fn only_step(mut self, step: StepName<W>) -> Self {
        self.said.only.push(index_of(step));
        self
    }

    /// Which failed tasks run again: all unless set. Errors of connections and timeouts may pass, and HTTP
    /// 408, 425, 429, 500, 502, 503, 504, 522 and 524; others, as 404, are not retryable.
    pub fn retry_failed(mut self, which: RetryFailed) -> Self {
        self.said.retry_failed = which;
        self
    }

    /// Stops when more than `failed_share` (0.0 to 1.0) of the tasks that ended have failed, looked at once
    /// `after` have ended.
    pub fn stop_if(mut self, failed_share: f64, after: u64) -> Self {
        self.said.stop_if = Some((failed_share, after));
        self
    }

    /// Stops in order when `signal` resolves: no task, executor or retry starts, and what works may end
    /// within [`grace`](Run::grace). Given again, whichever comes first. With [`shutdown_signal`] a second
    /// Ctrl-C stops at once.
    ///
    /// [`shutdown_signal`]: crate::shutdown_signal
    pub fn stop_when<F>(mut self, signal: F) -> Self
    where
        F: Future<Output: StopSignal> + Send + 'static,
    {
        let when = signal.map(StopSignal::again).boxed();
        self.said.when.push(when);
        self
    }

    /// How long attempts that are under way may go on when the run stops: 10 s unless set. What is cut off
    /// then records nothing.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.said.grace = grace;
        self
    }

    /// A value that executors take as `State<T>`; one of each type.
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.said.extensions.insert(Arc::new(value));
        self
    }

    /// Params that all tasks share, an object; executors read them from `Context`.
    pub fn params(mut self, params: &impl Serialize) -> Self {
        match serde_json::to_string(params) {
            Ok(json) if json.starts_with('{') => self.said.shared = Some(json),
            Ok(_) => {
                self.wrong("the params that all tasks share have to serialize to a JSON object");
            }
            Err(error) => self.wrong(format!(
                "the params that all tasks share don't serialize: {error}"
            )),
        }
        self
    }

    /// What an error that nobody foresaw does to the run: stop it, unless set.
    pub fn on_unhandled(mut self, what: OnUnhandled) -> Self {
        self.said.on_unhandled = what;
        self
    }

    /// What a crash may take: nothing if only the process is killed, unless set.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.said.durability = durability;
        self
    }

    /// How progress is shown: a bar on a terminal, a line every 10 s elsewhere, unless set; on standard
    /// error.
    pub fn progress(mut self, progress: Progress) -> Self {
        self.said.progress = progress;
        self
    }

    /// Hears every event on the thread where it happens, so it must be quick and must not block; given
    /// again, all of them do.
    pub fn on_event(mut self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.said.listeners.push(Box::new(listener));
        self
    }

    /// The events as a stream, for another task.
    pub fn events(&mut self) -> Events {
        let (listener, events) = stream::channel();
        self.said.listeners.push(listener);
        events
    }

    /// Runs the tasks. Dropping the future stops the run at once.
    ///
    /// # Errors
    /// If it is set up wrong, a task is wrong, the store fails, a status cannot be read, an executor fails
    /// in a way that nobody foresaw, or more fail than `stop_if` allows. Other failures of tasks are in the
    /// report.
    pub async fn run(self) -> Result<Report, RunError> {
        super::run(set_up(W::NAME, W::steps(), self.said)?).await
    }

    /// Says what [`run`](Run::run) would do, and why; touches nothing. It holds all tasks in memory, and uses
    /// up the `Run`: make one for each by a function or closure, as the example `plan` does.
    ///
    /// # Errors
    /// As `run`, as far as it can tell beforehand.
    pub async fn plan(self) -> Result<Plan, RunError> {
        super::plan::plan(set_up(W::NAME, W::steps(), self.said)?).await
    }

    pub(crate) fn wrong(&mut self, what: impl Into<String>) {
        self.said.wrong.get_or_insert(what.into());
    }
}

impl<W> fmt::Debug for Run<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("workflow", &std::any::type_name::<W>())
            .field("store", &self.said.store)
            .finish_non_exhaustive()
    }
}
