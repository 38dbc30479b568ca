//! From what the caller said to what a run needs; everything that can be wrong with it is found here,
//! before anything is touched.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use super::builder::{Before, Said};
use super::error::RunError;
use super::polls::Polls;
use super::scope::Scope;
use super::stop::Stop;
use super::stopping::{Stopping, stop_if};
use crate::digest::Batch;
use crate::executor::settings::{Settled, StepSettings, TIMEOUT};
use crate::executor::step::Step;
use crate::report::event::Publisher;
use crate::report::tally::Counter;
use crate::schedule::{Calls, Limits, Lines, Unlimited};
use crate::status::Layout;
use crate::store::Durability;
use crate::task::{Task, Tasks};

/// A run, ready to begin.
pub(crate) struct Setup {
    pub(crate) scope: Scope,
    pub(crate) tasks: AllTasks,
    pub(crate) stopping: Stopping,
    pub(crate) durability: Durability,
    pub(crate) counter: Counter,
}

/// Which tasks, and how many at once.
pub(crate) struct AllTasks {
    pub(crate) workflow: &'static str,
    pub(crate) tasks: Option<Tasks>,
    pub(crate) limit: Option<u64>,
    pub(crate) limits: Limits,
    /// Whose turn has come.
    pub(crate) calls: Calls<Task>,
    /// What has to be done before the first.
    pub(crate) before: Vec<Before>,
}

pub(crate) fn set_up(
    workflow: &'static str,
    steps: Vec<Step>,
    mut said: Said,
) -> Result<Setup, RunError> {
    if let Some(wrong) = said.wrong {
        return Err(RunError::setup(wrong));
    }
    check(&said)?;
    for step in &steps {
        for prepare in &step.needs.prepares {
            prepare(&mut said)
                .map_err(|why| RunError::setup(format!("executor `{}` {why}", step.name)))?;
        }
    }
    let settled = settle(&steps, &said)?;
    said.store.allow_links(&said.links);
    let mut before = said.before;
    if !steps
        .iter()
        .zip(&settled)
        .any(|(step, settled)| step.needs.network && settled.selected)
    {
        before.clear();
    }
    let turns = said.turns.unwrap_or_else(|| Arc::new(Unlimited));
    let counter = Counter::new(
        workflow,
        steps.iter().map(|step| step.name),
        crate::features::now(),
    );
    let stop = Arc::new(Stop::default());
    let mut listeners = said.listeners;
    listeners.insert(0, counter.listener());
    listeners.push(Box::new(crate::report::log::log));
    listeners.extend(said.progress.listener());
    if let Some((share, after)) = said.stop_if {
        listeners.push(stop_if(&stop, share, after));
    }
    let (lines, calls) = Lines::new(turns);
    let layout = Layout::new(steps.iter().map(|step| step.name));
    let scope = Scope {
        store: said.store,
        links: said.links,
        settled,
        layout: Arc::new(layout),
        steps,
        extensions: said.extensions,
        shared: said.shared,
        retry_failed: said.retry_failed,
        on_unhandled: said.on_unhandled,
        stop,
        events: Publisher::new(listeners),
        polls: Polls::new(),
        lines,
        digests: Batch::default(),
        wrong_guesses: AtomicU32::new(0),
        found_empty: false,
    };
    Ok(Setup {
        scope,
        tasks: AllTasks {
            workflow,
            tasks: said.tasks,
            limit: said.limit,
            limits: said.limits,
            calls,
            before,
        },
        stopping: Stopping {
            grace: said.grace,
            when: said.when,
        },
        durability: said.durability,
        counter,
    })
}

fn check(said: &Said) -> Result<(), RunError> {
    let Limits {
        max_parallelism,
        lookahead,
    } = said.limits;
    let wrong = if max_parallelism == 0 {
        "max_parallelism(0) would run nothing; use 1 or more"
    } else if lookahead == 0 {
        "lookahead(0) would pull nothing; use 1 or more"
    } else if said.durability == Durability::Batched(Duration::ZERO) {
        "Batched(0) would sync without end; give it a window, or take PowerCut"
    } else if said
        .stop_if
        .is_some_and(|(share, _)| !(0.0..=1.0).contains(&share))
    {
        "the share of stop_if is from 0.0 to 1.0"
    } else {
        return Ok(());
    };
    Err(RunError::setup(wrong))
}

/// `configure`, over the attribute, over the run's, over the default.
fn settle(steps: &[Step], said: &Said) -> Result<Vec<Settled>, RunError> {
    let settle_one = |(index, step): (usize, &Step)| {
        let configured = said.configured.get(&index).copied().unwrap_or_default();
        let settings = configured
            .over(StepSettings::from(step.options))
            .over(said.settings);
        let timeout = settings.timeout.unwrap_or(TIMEOUT);
        if timeout == Duration::ZERO {
            return Err(RunError::setup(format!(
                "a timeout of zero would fail every attempt of `{}`; give it more",
                step.name
            )));
        }
        Ok(Settled {
            timeout,
            retries: settings.retries.unwrap_or(0),
            backoff: settings.backoff.unwrap_or_default(),
            version: step.options.version,
            max_age: settings.max_age,
            forced: said.force_all || said.forced.contains(&index),
            selected: said.only.is_empty() || said.only.contains(&index),
        })
    };
    steps.iter().enumerate().map(settle_one).collect()
}
