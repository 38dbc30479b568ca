//! `plan`: what a run would do.

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;

use super::exit::Failure;
use super::out::Out;
use super::place::Unreadable;
use super::run::{Change, RunArgs, StepArgs};
use super::table::{Listing, table};
use crate::run::plan::{Plan, PlannedTask};
use crate::workflow::Workflow;

/// Says what `run` would do, and why, and touches nothing
///
/// Counts first, then a row a task: each executor runs, is skipped, or runs if one before it changes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  scrapeflow plan pages --from urls.txt
  scrapeflow plan pages --force parse --json | jq .counts")]
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
        let plan: Plan = self
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
        let mut broken = Unreadable::default();
        broken.add(plan.tasks.into_iter().filter_map(|task| {
            let why = task.broken?;
            Some((Some(task.key), why))
        }));
        broken.told(out)
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
    let executors = plan.executors.iter().map(ToString::to_string);
    let head = [KEY.to_owned()].into_iter().chain(executors).collect();
    let mut listing = Listing::new(head);
    for tasks in plan.tasks.chunks(TOGETHER) {
        let rows: Vec<Vec<String>> = tasks.iter().map(|task| row(task, plan)).collect();
        listing.rows(out, &rows)?;
    }
    Ok(())
}

const KEY: &str = "key";

/// Tasks whose cells are made at once.
const TOGETHER: usize = 256;

fn row(task: &PlannedTask, plan: &Plan) -> Vec<String> {
    let steps = plan.executors.iter().enumerate();
    let steps = steps.map(|(nth, _)| match task.steps.get(nth) {
        Some(step) => step.to_string(),
        None if task.broken.is_some() => "broken".to_owned(),
        None => String::new(),
    });
    [task.key.to_string()].into_iter().chain(steps).collect()
}
