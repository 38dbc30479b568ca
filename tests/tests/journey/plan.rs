//! A plan says what a run would do with each executor of each task, and why, by the same decisions; and it
//! touches nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use expect_test::{Expect, expect};
use scrapeflow::prelude::*;
use scrapeflow::{Plan, PlannedStep, Why};
use scrapeflow_tests::Sandbox;
use serde_json::{Value, json};

/// Whether `scrape` fails.
type Down = Arc<AtomicBool>;

#[executor(max_age = "7d")]
async fn scrape(key: Key, files: Files, down: State<Down>) -> Result<Saved> {
    ensure!(!down.load(Ordering::Relaxed), "the site is down");
    files.save("scrape", key.as_str()).await
}

#[executor]
async fn parse(page: Body<scrape>) -> Result<usize> {
    Ok(page.bytes().len())
}

#[derive(Serialize, Deserialize)]
struct Labelled {
    label: Option<String>,
}

#[executor]
async fn label(length: Output<parse>, params: Params<Labelled>) -> Result<String> {
    match &params.label {
        Some(label) => Ok(format!("{label} {}", *length)),
        None => bail!("no label"),
    }
}

#[executor]
async fn alone(_key: Key) -> Result<()> {
    Ok(())
}

workflow! { Pages = scrape -> parse -> label -> alone; }

fn run(sandbox: &Sandbox, params: &Value, down: bool) -> Run<Pages> {
    Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("a", params)]).unwrap())
        .state(Arc::new(AtomicBool::new(down)))
        .progress(Progress::Off)
}

fn labelled() -> Value {
    json!({"label": "x"})
}

fn steps(plan: &Plan) -> String {
    let steps = plan.executors.iter().zip(&plan.tasks[0].steps);
    let lines: Vec<String> = steps
        .map(|(name, step)| format!("{name}: {step}\n"))
        .collect();
    lines.concat()
}

#[tokio::test]
async fn a_plan_touches_nothing() {
    let sandbox = Sandbox::new();
    let plan = run(&sandbox, &labelled(), false).plan().await.unwrap();
    assert!(!sandbox.is_made());
    expect![[r"
        scrape: run: never ran
        parse: run: never ran
        label: run: never ran
        alone: run: never ran
    "]]
    .assert_eq(&steps(&plan));
    let stored = Pages::in_dir(sandbox.dir())
        .state(Down::default())
        .progress(Progress::Off);
    assert!(stored.plan().await.unwrap().tasks.is_empty() && !sandbox.is_made());

    run(&sandbox, &labelled(), false).run().await.unwrap();
    let before = sandbox.stamps();
    run(&sandbox, &json!({"label": "y"}), false)
        .force_all()
        .plan()
        .await
        .unwrap();
    assert!(sandbox.stamps() == before);
}

/// A task that is done, then a plan; and the run that follows does what was planned.
async fn check(
    params: Value,
    change: impl FnOnce(&Sandbox),
    say: impl Fn(Run<Pages>) -> Run<Pages>,
    expected: Expect,
) {
    let sandbox = Sandbox::new();
    run(&sandbox, &labelled(), false).run().await.unwrap();
    change(&sandbox);
    let plan = say(run(&sandbox, &params, false)).plan().await.unwrap();
    expected.assert_eq(&steps(&plan));

    let report = say(run(&sandbox, &params, false)).run().await.unwrap();
    for (step, did) in plan.tasks[0].steps.iter().zip(&report.executors) {
        let ran = did.succeeded + did.failed == 1;
        match step {
            PlannedStep::Run(_) => assert!(ran, "{} was to run", did.name),
            // What is run again here always gives the same.
            _ => assert!(!ran, "{} was not to run", did.name),
        }
    }
}

fn same(_: &Sandbox) {}

#[tokio::test]
async fn each_reason_is_told() {
    let skip = expect![[r"
        scrape: skip
        parse: skip
        label: skip
        alone: skip
    "]];
    check(labelled(), same, |run| run, skip).await;
    let forced = expect![[r"
        scrape: run: forced
        parse: if `scrape` changes
        label: if `parse` changes
        alone: skip
    "]];
    check(labelled(), same, Run::force::<scrape>, forced).await;
    let params = expect![[r"
        scrape: skip
        parse: skip
        label: run: `params` changed
        alone: skip
    "]];
    check(json!({"label": "y"}), same, |run| run, params).await;
    let expired = expect![[r"
        scrape: run: older than its max_age
        parse: if `scrape` changes
        label: if `parse` changes
        alone: skip
    "]];
    let age = |sandbox: &Sandbox| {
        sandbox.edit("a", |status| {
            status["scrape_last_run"] = json!("2022-08-05 16:03:52.336815");
        });
    };
    check(labelled(), age, |run| run, expired).await;
    let version = expect![[r"
        scrape: skip
        parse: run: version 9 became 1
        label: if `parse` changes
        alone: skip
    "]];
    let older =
        |sandbox: &Sandbox| sandbox.edit("a", |status| status["parse_meta"]["version"] = json!(9));
    check(labelled(), older, |run| run, version).await;
}

#[tokio::test]
async fn what_only_leaves_out_is_planned_so() {
    let only = expect![[r"
        scrape: run: forced
        parse: skip
        label: skip
        alone: skip
    "]];
    check(
        labelled(),
        same,
        |run| run.force::<scrape>().only::<scrape>(),
        only,
    )
    .await;
    let missing = expect![[r"
        scrape: skip
        parse: left out
    "]];
    let unparsed = |sandbox: &Sandbox| {
        sandbox.edit("a", |status| {
            status.retain(|name, _| !name.starts_with("parse"));
        });
    };
    check(labelled(), unparsed, Run::only::<label>, missing).await;
}

#[tokio::test]
async fn what_failed_runs_again_or_is_left() {
    // Without a label the task fails at its third step.
    let unlabelled = json!({"label": null});
    let sandbox = Sandbox::new();
    run(&sandbox, &unlabelled, false).run().await.unwrap();
    let plan = run(&sandbox, &unlabelled, false).plan().await.unwrap();
    expect![[r"
        scrape: skip
        parse: skip
        label: run: failed before
        alone: run: never ran
    "]]
    .assert_eq(&steps(&plan));
    let plan = run(&sandbox, &unlabelled, false)
        .retry_failed(RetryFailed::None)
        .plan()
        .await
        .unwrap();
    expect![[r"
        scrape: skip
        parse: skip
        label: left failed
    "]]
    .assert_eq(&steps(&plan));
}

#[tokio::test]
async fn what_comes_after_a_failure_that_may_stay_is_not_certain_to_run() {
    let unlabelled = json!({"label": null});
    let sandbox = Sandbox::new();
    run(&sandbox, &unlabelled, false).run().await.unwrap();
    let again = || {
        run(&sandbox, &unlabelled, false)
            .retry_failed(RetryFailed::None)
            .force::<parse>()
    };
    expect![[r"
        scrape: skip
        parse: run: forced
        label: if `parse` changes
        alone: if `parse` changes
    "]]
    .assert_eq(&steps(&again().plan().await.unwrap()));
    let report = again().run().await.unwrap();
    let ran = report.executors.iter().map(|of| of.succeeded + of.failed);
    assert_eq!(
        ran.collect::<Vec<_>>(),
        [0, 1, 0, 0],
        "it came back the same"
    );
}

#[tokio::test]
async fn nor_after_one_whose_input_was_taken_away() {
    let sandbox = Sandbox::new();
    run(&sandbox, &labelled(), false).run().await.unwrap();
    sandbox.edit("a", |status| {
        status.retain(|name, _| {
            name != "parse" && !name.starts_with("label") && !name.starts_with("alone")
        });
        status["parse_status"] = json!("ERROR RuntimeError::no words");
    });
    let again = |down| {
        run(&sandbox, &labelled(), down)
            .retry_failed(RetryFailed::None)
            .force::<scrape>()
    };
    again(true).run().await.unwrap();
    expect![[r"
        scrape: run: forced
        parse: if `scrape` changes
        label: if `scrape` changes
        alone: if `scrape` changes
    "]]
    .assert_eq(&steps(&again(false).plan().await.unwrap()));
    let report = again(false).run().await.unwrap();
    assert_eq!(
        report.count(Outcome::NotRetried),
        1,
        "it came back the same"
    );
}

#[tokio::test]
async fn readers_of_what_failed_run_if_it_comes_back_changed() {
    let sandbox = Sandbox::new();
    run(&sandbox, &labelled(), false).run().await.unwrap();
    run(&sandbox, &labelled(), true)
        .force::<scrape>()
        .run()
        .await
        .unwrap();
    let plan = run(&sandbox, &labelled(), false).plan().await.unwrap();
    expect![[r"
        scrape: run: failed before
        parse: if `scrape` changes
        label: if `parse` changes
        alone: skip
    "]]
    .assert_eq(&steps(&plan));
    let report = run(&sandbox, &labelled(), false).run().await.unwrap();
    let ran: Vec<u64> = report
        .executors
        .iter()
        .map(|executor| executor.succeeded)
        .collect();
    assert_eq!(ran, [1, 0, 0, 0], "it came back the same");
}

#[tokio::test]
async fn a_plan_counts_prints_and_serializes() {
    let sandbox = Sandbox::new();
    run(&sandbox, &labelled(), false).run().await.unwrap();
    let tasks = Tasks::from_pairs([("b", labelled()), ("c", labelled())]).unwrap();
    let plan = run(&sandbox, &labelled(), false)
        .tasks(tasks)
        .force::<alone>()
        .plan()
        .await
        .unwrap();
    assert_eq!(plan.count("parse", |step| *step == PlannedStep::Skip), 1);
    assert_eq!(
        plan.count("parse", |step| matches!(step, PlannedStep::Run(Why::New))),
        2
    );
    assert_eq!(plan.count("prase", |_| true), 0);
    expect![[r"
        3 tasks         scrape  parse  label  alone
        run: forced          0      0      0      3
        run: never ran       2      2      2      0
        skip                 1      1      1      0
    "]]
    .assert_eq(&plan.to_string());
    let json = serde_json::to_value(&plan.tasks[0]).unwrap();
    assert_eq!(
        json,
        json!({"key": "a", "steps": ["skip", "skip", "skip", {"run": {"reason": "forced"}}]})
    );
}
