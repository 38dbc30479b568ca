//! A model of a run against the real one.
//!
//! Over random statuses that were there before, and several runs one after another with random failures, panics,
//! versions, forces, selections, ages, params, lost and damaged files, broken statuses and kills: the same executors
//! are called in the same order, the same is stored of each task and of each file, and a plan had said so. How
//! executors behave is in the `scenario`, what follows from it in the `model`, which knows no runtime, no store and no
//! JSON.

mod model;
mod real;
mod scenario;
mod shelf;
mod task;
mod workflow;

use std::sync::Arc;

use proptest::prelude::*;
use scrapeflow::{Outcome, Plan, PlannedStep, Report};

use model::{Act, Came};
use real::Real;
use scenario::{KEYS, Manner, RunOf, Scenario, scenario};
use shelf::{FOREIGN, GARBLED, Shelf};
use task::{Task, is_changed};
use workflow::{STEPS, World, body};

proptest! {
    // As many cases as PROPTEST_CASES says, else 256.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_run_does_what_the_model_does_and_the_plan_said(scenario in scenario()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(check(&scenario));
    }
}

async fn check(scenario: &Scenario) {
    let shelf = Arc::new(Shelf::default());
    let mut tasks = scenario
        .found
        .each_ref()
        .map(|found| Task::found(found.as_ref()));
    for (task, found) in scenario.found.iter().enumerate() {
        if let Some(found) = found {
            shelf.put(task, found);
        }
    }
    for run in &scenario.runs {
        for harm in &run.harms {
            harm.of_model(&mut tasks);
            shelf.harm(*harm);
        }
        let world = Arc::new(World::new(run));
        let before = tasks.clone();
        let real = Real {
            run,
            tasks: &before,
            world: &world,
            shelf: &shelf,
        };
        shelf.arm(None);
        let plan = real.plan().await;
        assert_eq!(
            (shelf.saves(), world.calls().len()),
            (0, 0),
            "a plan touches nothing"
        );

        let came = model::run(run, &mut tasks);
        check_plan(&plan, &before, run, &came);
        shelf.arm(run.kill());
        let report = real.run().await;
        check_calls(run, world.calls(), came.calls.clone());
        assert_eq!(shelf.saves(), came.saves);
        if let Some(report) = report {
            check_report(&report, &came);
        }
        check_stored(scenario, &shelf, &tasks);
    }
}

/// Whatever was decided of an executor, the plan had said it, as far as it could know.
fn check_plan(plan: &Plan, before: &[Task], run: &RunOf, came: &Came) {
    let runs = |task: usize, name: &str| {
        let mut decided = came.decided.iter();
        decided.any(|(of, step, act)| {
            *of == task && STEPS[*step] == name && matches!(act, Act::Run { .. })
        })
    };
    for (task, step, act) in &came.decided {
        let mut planned = plan.tasks.iter();
        let planned = planned.find(|planned| planned.key.as_str() == KEYS[*task]);
        let said = planned.and_then(|planned| planned.steps.get(*step));
        let is_right = match (act, said) {
            (Act::Run { .. }, Some(PlannedStep::Run(_)))
            | (Act::Skip, Some(PlannedStep::Skip | PlannedStep::IfChanged(_)))
            | (
                Act::Leave(Outcome::NotRetried),
                Some(PlannedStep::NotRetried | PlannedStep::IfChanged(_)),
            )
            | (Act::Leave(Outcome::Incomplete) | Act::End, Some(PlannedStep::NotSelected)) => true,
            (Act::Run { .. }, Some(PlannedStep::IfChanged(of))) => {
                of.iter().any(|name| runs(*task, name))
                    || is_changed(&before[*task], *step, run.shared)
            }
            _ => false,
        };
        let (step, key) = (STEPS[*step], KEYS[*task]);
        assert!(
            is_right,
            "{step} of {key} is {act:?}, and was planned as {said:?}"
        );
    }
}

fn check_calls(run: &RunOf, mut real: Vec<(usize, usize)>, mut modelled: Vec<(usize, usize)>) {
    if matches!(run.manner, Manner::Together) {
        // Of each task in its order, of all in any.
        real.sort_by_key(|(task, _)| *task);
        modelled.sort_by_key(|(task, _)| *task);
    }
    assert_eq!(real, modelled, "who was called");
}

fn check_report(report: &Report, came: &Came) {
    for outcome in [
        Outcome::Succeeded,
        Outcome::Skipped,
        Outcome::Failed,
        Outcome::NotRetried,
        Outcome::Incomplete,
        Outcome::Interrupted,
        Outcome::Broken,
    ] {
        let modelled = came.outcomes.iter().filter(|of| **of == outcome).count();
        assert_eq!(report.count(outcome), modelled as u64, "{outcome}");
    }
}

fn check_stored(scenario: &Scenario, shelf: &Shelf, tasks: &[Task]) {
    for (nth, task) in tasks.iter().enumerate() {
        match shelf.status(nth) {
            None => assert_eq!(task.params, None, "something of {} is stored", KEYS[nth]),
            Some(text) if task.is_garbled => assert_eq!(text, GARBLED, "it is left alone"),
            Some(text) => {
                real::compare(&text, task);
                assert_eq!(
                    text.contains(FOREIGN),
                    scenario.found[nth].is_some(),
                    "{text}"
                );
            }
        }
        for (step, file) in task.files.iter().enumerate() {
            if let Some(file) = file {
                let stored = shelf.body(nth, step).expect("a file");
                assert_eq!(stored, body(*file), "{} of {}", STEPS[step], KEYS[nth]);
            }
        }
    }
}
