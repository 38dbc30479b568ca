//! `plan`: what a run would do.

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;

use super::exit::{Failure, STORE, WELL};
use super::out::Out;
use super::run::{Change, RunArgs, StepArgs};
use super::table::{Listing, table};
use crate::run::plan::{Plan, PlannedTask};
use crate::workflow::Workflow;

/// Says what `run` would do, and why, and touches nothing
///
/// Counts first, then a row a task: each executor runs, is skipped, or runs if one before it changes.
#[derive(Debug, Args)]
pub(super) struct PlanCommand {
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    steps: StepArgs,
}

/// A plan for machines.
#[derive(Serialize)]
struct PlanJson<'a> {
    counts: BTreeMap<String, BTreeMap<&'a str, u64>>,
    #[serde(flatten)]
    plan: &'a Plan,
}

impl PlanCommand {
    pub(super) async fn run<W: Workflow>(
        self,
        changes: Vec<Change<W>>,
        out: &mut Out,
    ) -> Result<u8, Failure> {
        let as_json = self.run.json;
        let plan = self
            .run
            .ready(changes)?
            .with(&self.steps)?
            .run
            .plan()
            .await?;
        if as_json {
            let counts = counts(&plan);
            out.json(&PlanJson {
                counts,
                plan: &plan,
            })?;
        } else {
            print(out, &plan)?;
        }
        out.flush()?;
        let broken: Vec<&PlannedTask> = plan
            .tasks
            .iter()
            .filter(|task| task.broken.is_some())
            .collect();
        for task in &broken {
            let why = task.broken.as_deref().unwrap_or_default();
            out.warn(&super::out::shown(&format!("broken: {}: {why}", task.key)));
        }
        Ok(if broken.is_empty() { WELL } else { STORE })
    }
}

fn counts(plan: &Plan) -> BTreeMap<String, BTreeMap<&str, u64>> {
    let mut counts: BTreeMap<String, BTreeMap<&str, u64>> = BTreeMap::new();
    for task in &plan.tasks {
        for (executor, step) in plan.executors.iter().zip(&task.steps) {
            *counts
                .entry(step.to_string())
                .or_default()
                .entry(executor)
                .or_default() += 1;
        }
    }
    counts
}

fn print(out: &mut Out, plan: &Plan) -> Result<(), Failure> {
    let tasks = if plan.tasks.len() == 1 {
        "task"
    } else {
        "tasks"
    };
    let first = format!("{} {tasks}", plan.tasks.len());
    let head: Vec<String> = [first]
        .into_iter()
        .chain(plan.executors.iter().map(ToString::to_string))
        .collect();
    let rows = counts(plan).into_iter().map(|(what, counts)| {
        let counts = plan
            .executors
            .iter()
            .map(|executor| counts.get(executor).copied());
        let counts = counts.map(|count| count.unwrap_or_default().to_string());
        [what].into_iter().chain(counts).collect()
    });
    table(out, &head, rows, 1)?;
    if plan.tasks.is_empty() {
        return Ok(());
    }
    out.data("\n")?;
    let mut head = vec!["key".to_owned()];
    head.extend(plan.executors.iter().map(ToString::to_string));
    let rows: Vec<Vec<String>> = plan
        .tasks
        .iter()
        .map(|task| {
            let steps = task.steps.iter().map(ToString::to_string);
            let broken = task.broken.iter().map(|_| "broken".to_owned());
            [task.key.to_string()]
                .into_iter()
                .chain(steps)
                .chain(broken)
                .collect()
        })
        .collect();
    Listing::new(head).rows(out, &rows)
}
