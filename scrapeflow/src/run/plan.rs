//! What a run would do: the same decisions, without calling anything.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures::TryStreamExt;
use serde::Serialize;

use super::error::RunError;
use super::pull::pull;
use super::scope::Scope;
use super::setup::Setup;
use super::trip::Trip;
use crate::executor::decide::{Decision, Leave, Why};
use crate::executor::input::Input;
use crate::report::table::Table;
use crate::schedule::Seat;
use crate::status::Verdict;
use crate::task::Key;

/// What a run would do with each task.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The executors, in the workflow's order.
    pub executors: Vec<&'static str>,
    /// In the order of the source.
    pub tasks: Vec<PlannedTask>,
}

/// What a run would do with one task.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PlannedTask {
    /// The task.
    pub key: Key,
    /// For each executor, in order; shorter where the task would end early.
    pub steps: Vec<PlannedStep>,
    /// Why its status cannot be read, in which case it would not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

/// What a run would do with one executor of one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlannedStep {
    /// It runs.
    Run(Why),
    /// Its success stands.
    Skip,
    /// It runs if one of these, which run before it or may, gives something else than it was made of; or than was failed on,
    /// by itself or by one before it, which else stays failed and ends the task.
    IfChanged(Vec<&'static str>),
    /// The task ends before it: it failed before and `retry_failed` leaves it so.
    NotRetried,
    /// The task ends before it: `only` leaves it out, and it has no success.
    NotSelected,
}

impl Plan {
    /// How many tasks have this executor planned so.
    pub fn count(&self, executor: &str, like: impl Fn(&PlannedStep) -> bool) -> usize {
        let Some(at) = self.executors.iter().position(|name| *name == executor) else {
            return 0;
        };
        let steps = self.tasks.iter().filter_map(|task| task.steps.get(at));
        steps.filter(|step| like(step)).count()
    }
}

pub(crate) async fn plan(setup: Setup) -> Result<Plan, RunError> {
    let scope = Arc::new(setup.scope);
    let mut tasks = pull(setup.tasks.tasks, setup.tasks.limit, &scope)
        .await?
        .stream;
    let mut planned = Vec::new();
    while let Some(task) = tasks.try_next().await? {
        let key = task.key().clone();
        planned.push(
            match Trip::begin(&scope, task, Arc::new(Seat::alone())).await? {
                Err(why) => PlannedTask {
                    key,
                    steps: Vec::new(),
                    broken: Some(why),
                },
                Ok(trip) => PlannedTask {
                    key,
                    steps: steps(&trip, &scope).await?,
                    broken: None,
                },
            },
        );
    }
    drop(tasks);
    Ok(Plan {
        executors: scope.steps.iter().map(|step| step.name).collect(),
        tasks: planned,
    })
}

async fn steps(trip: &Trip<'_>, scope: &Scope) -> Result<Vec<PlannedStep>, RunError> {
    let mut planned: Vec<PlannedStep> = Vec::new();
    // What a failure before waits for, so that what comes after it does, too.
    let mut awaited: Option<Vec<&'static str>> = None;
    for (index, step) in scope.steps.iter().enumerate() {
        // What runs before it, or may run, and is read by it.
        let reads = |name: &str| {
            let mut inputs = step.needs.inputs.iter();
            inputs.any(|input| matches!(input, Input::Output(of) | Input::Files(of) if *of == name))
        };
        let changing: Vec<&'static str> = planned
            .iter()
            .zip(&scope.steps)
            .filter(|(step, _)| matches!(step, PlannedStep::Run(_) | PlannedStep::IfChanged(_)))
            .map(|(_, step)| step.name)
            .filter(|name| reads(name))
            .collect();
        let has_failed = trip.now.record(index).verdict() == Verdict::Error;
        planned.push(match trip.decide(index).await? {
            // Changed because a failure took it away: it may come back as it was.
            Decision::Run(Why::Changed(input))
                if changing.iter().any(|name| is_of(&input, name)) =>
            {
                if has_failed {
                    awaited.get_or_insert_with(|| changing.clone());
                }
                PlannedStep::IfChanged(changing)
            }
            Decision::Run(why) => match &awaited {
                None => PlannedStep::Run(why),
                Some(awaited) => PlannedStep::IfChanged(awaited.clone()),
            },
            Decision::Skip if changing.is_empty() || !scope.settled[index].selected => {
                PlannedStep::Skip
            }
            Decision::Leave(Leave::Failed) if changing.is_empty() => {
                planned.push(PlannedStep::NotRetried);
                break;
            }
            Decision::Skip => PlannedStep::IfChanged(changing),
            Decision::Leave(Leave::Failed) => {
                awaited.get_or_insert_with(|| changing.clone());
                PlannedStep::IfChanged(changing)
            }
            Decision::Leave(Leave::NotSelected) => {
                planned.push(PlannedStep::NotSelected);
                break;
            }
        });
    }
    Ok(planned)
}

/// Whether an input is the output of an executor, or the files that it saved.
fn is_of(input: &str, executor: &str) -> bool {
    input.strip_suffix(".files").unwrap_or(input) == executor
}

/// Counts first: a row for each thing that would be done, a column for each executor.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for task in &self.tasks {
            for (at, step) in task.steps.iter().enumerate() {
                let row = counts
                    .entry(step.to_string())
                    .or_insert_with(|| vec![0; self.executors.len()]);
                row[at] += 1;
            }
        }
        let mut rows = vec![
            [format!("{} tasks", self.tasks.len())]
                .into_iter()
                .chain(self.executors.iter().map(|name| (*name).to_owned()))
                .collect::<Vec<_>>(),
        ];
        for (what, row) in counts {
            let cells = row.iter().map(u64::to_string);
            rows.push([what].into_iter().chain(cells).collect());
        }
        write!(f, "{}", Table(&rows))?;
        for task in &self.tasks {
            if let Some(why) = &task.broken {
                writeln!(f, "broken: {}: {why}", task.key)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for PlannedStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(why) => write!(f, "run: {why}"),
            Self::Skip => f.write_str("skip"),
            Self::IfChanged(of) => write!(f, "if `{}` changes", of.join("` or `")),
            Self::NotRetried => f.write_str("left failed"),
            Self::NotSelected => f.write_str("left out"),
        }
    }
}
