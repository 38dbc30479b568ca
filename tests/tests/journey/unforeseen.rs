//! An error that nobody foresaw is recorded and stops the run, which says on which task, in which executor
//! and why; unless it was told to go on. Too many failures of any kind stop it where that was asked for.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::StreamExt;
use scrapeflow::prelude::*;
use scrapeflow::{Class, RunErrorKind};
use scrapeflow_tests::Sandbox;
use serde_json::json;
use tokio::time::{Instant, sleep};

/// An error of somebody else's, with a cause.
#[derive(Debug)]
struct Broken(std::num::ParseIntError);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the database is broken")
    }
}

impl std::error::Error for Broken {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[derive(Serialize, Deserialize)]
struct Ends {
    end: String,
}

/// Ends a second later as its params say.
#[executor]
async fn work(params: Params<Ends>) -> Result<u32> {
    sleep(Duration::from_secs(1)).await;
    match params.end.as_str() {
        "unforeseen" => Err(Broken("x".parse::<u8>().unwrap_err())).context("row 7"),
        "panic" => panic!("index {} of {}", 4, 3),
        "declared" => Err(Error::recorded(Class::Unhandled, "cannot be")),
        "failure" => bail!("no price"),
        "later" => {
            sleep(Duration::from_secs(1)).await;
            Ok(2)
        }
        _ => Ok(1),
    }
}

workflow! { Work = work; }

fn run(sandbox: &Sandbox, ends: &[&str]) -> Run<Work> {
    let tasks = ends.iter().enumerate();
    let tasks = tasks.map(|(n, end)| (format!("{n}"), json!({"end": end})));
    Work::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs(tasks).unwrap())
        .progress(Progress::Off)
}

#[tokio::test(start_paused = true)]
async fn it_stops_the_run_and_is_told_with_everything_to_find_it() {
    for (end, recorded, kind) in [
        (
            "unforeseen",
            "row 7: the database is broken: invalid digit found in string",
            "unhandled",
        ),
        ("panic", "panicked: index 4 of 3", "panic"),
        ("declared", "cannot be", "unhandled"),
    ] {
        let sandbox = Sandbox::new();
        let stopping = Arc::new(AtomicU32::new(0));
        let heard = stopping.clone();
        let error = run(&sandbox, &[end, "later", "fine"])
            .max_parallelism(2)
            .on_event(move |event| {
                heard.fetch_add(
                    u32::from(matches!(event, Event::Stopping { .. })),
                    Ordering::Relaxed,
                );
            })
            .run()
            .await
            .unwrap_err();
        assert_eq!(
            stopping.load(Ordering::Relaxed),
            1,
            "the stop is told, once"
        );
        assert_eq!(
            (error.kind(), error.exit_code()),
            (RunErrorKind::Unhandled, 4)
        );
        assert_eq!(
            error.to_string(),
            format!("executor `work` failed on task `0`: {recorded}")
        );

        let status = sandbox.status("0");
        assert_eq!(
            status["work_status"],
            format!("ERROR UnhandledError::{recorded}")
        );
        let meta = &status["work_meta"];
        assert_eq!(
            (&meta["kind"], &meta["retryable"]),
            (&json!(kind), &json!(false))
        );
        // What was at work came to its end; what waited didn't begin.
        assert_eq!(sandbox.files(), ["0.status.json", "1.status.json"]);
        let report = error.report().expect("the run had begun");
        assert_eq!(
            (
                report.count(Outcome::Failed),
                report.count(Outcome::Succeeded)
            ),
            (1, 1)
        );
        assert_eq!(
            (report.classes["UnhandledError"], report.interrupted),
            (1, false)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_recorded_and_others_go_on_where_that_is_asked_for() {
    let sandbox = Sandbox::new();
    let ends = ["unforeseen", "panic", "fine", "declared", "later", "fine"];
    let report = run(&sandbox, &ends)
        .max_parallelism(1)
        .on_unhandled(OnUnhandled::Record)
        .run()
        .await
        .unwrap();
    assert_eq!(
        (
            report.count(Outcome::Failed),
            report.count(Outcome::Succeeded)
        ),
        (3, 3)
    );
    assert_eq!(
        (report.classes["UnhandledError"], report.exit_code()),
        (3, 1)
    );
    assert_eq!(
        sandbox.status("1")["work_status"],
        "ERROR UnhandledError::panicked: index 4 of 3"
    );
}

#[tokio::test(start_paused = true)]
async fn failures_that_were_foreseen_stop_nothing() {
    let sandbox = Sandbox::new();
    let report = run(&sandbox, &["failure", "failure", "fine"])
        .max_parallelism(1)
        .run()
        .await
        .unwrap();
    assert_eq!(
        (
            report.count(Outcome::Failed),
            report.count(Outcome::Succeeded)
        ),
        (2, 1)
    );
    let status = sandbox.status("0");
    assert_eq!(status["work_status"], "ERROR RuntimeError::no price");
    assert_eq!(
        (status.get("work"), &status["work_meta"]["kind"]),
        (None, &json!("recorded"))
    );
}

#[tokio::test(start_paused = true)]
async fn too_many_failures_stop_the_run() {
    const F: &str = "failure";
    const S: &str = "fine";
    for (ends, share, after, stops_at) in [
        (vec![F, F, F, F], 0.5, 3, Some(3)),
        (vec![S, S, F, F, F, F], 0.5, 3, Some(5)),
        (vec![S, F, S, F, S, F], 0.5, 2, None),
        (vec![F, S, F, S, F, S], 0.4, 2, Some(2)),
        (vec![F, F, F], 1.0, 1, None),
        (vec![F, F, F], 0.0, 10, None),
        (vec![S, S, F, S], 0.0, 0, Some(3)),
    ] {
        let (sandbox, began) = (Sandbox::new(), Instant::now());
        let ended = run(&sandbox, &ends)
            .max_parallelism(1)
            .stop_if(share, after)
            .run()
            .await;
        let message = format!("{ends:?}, {share} after {after}");
        match (ended, stops_at) {
            (Ok(report), None) => assert_eq!(report.total(), ends.len() as u64, "{message}"),
            (Err(error), Some(at)) => {
                assert_eq!(
                    (error.kind(), error.exit_code()),
                    (RunErrorKind::TooManyFailed, 5)
                );
                assert_eq!(began.elapsed().as_secs(), at, "{message}");
                assert_eq!(sandbox.files().len() as u64, at, "{message}");
                let report = error.report().unwrap();
                assert_eq!(
                    report.total() - report.count(Outcome::Interrupted),
                    at,
                    "{message}"
                );
            }
            (ended, _) => panic!("{message}: {ended:?}"),
        }
    }
    for share in [-0.1, 1.1, f64::NAN] {
        let error = run(&Sandbox::new(), &[S])
            .stop_if(share, 1)
            .run()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), RunErrorKind::Setup);
    }
}

#[tokio::test(start_paused = true)]
async fn the_stop_is_told_even_where_nothing_is_left_to_stop() {
    let sandbox = Sandbox::new();
    let mut run = run(&sandbox, &["declared"]);
    let events = run.events();
    assert!(run.run().await.is_err());
    let told: Vec<Event> = events.collect().await;
    assert!(
        matches!(
            told[told.len() - 2..],
            [Event::Stopping { .. }, Event::RunFinished]
        ),
        "{told:?}"
    );
}
