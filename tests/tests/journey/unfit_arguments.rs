//! Where there is nothing that an argument could give: params that don't fit are an error of the executor that
//! reads them, a state that nobody gave is one of the whole run, before it begins.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use scrapeflow::RunErrorKind;
use scrapeflow::prelude::*;
use scrapeflow_tests::Sandbox;
use serde_json::json;

#[derive(Debug, Serialize, Deserialize)]
struct Lamp {
    watts: u32,
}

#[executor]
async fn lamp(Params(lamp): Params<Lamp>) -> Result<u32> {
    Ok(lamp.watts)
}

workflow! { Lamps = lamp; }

#[tokio::test]
async fn params_that_do_not_fit_are_an_error_of_whoever_reads_them() {
    let sandbox = Sandbox::new();
    let tasks = [
        ("none", json!({})),
        ("text", json!({"watts": "40"})),
        ("fits", json!({"watts": 40})),
    ];
    let run = Lamps::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs(tasks).unwrap())
        .progress(Progress::Off);
    let report = run.run().await.unwrap();
    assert_eq!(
        (
            report.count(Outcome::Failed),
            report.count(Outcome::Succeeded)
        ),
        (2, 1)
    );
    for (key, why) in [
        ("none", "missing field `watts`"),
        ("text", "invalid type: string, expected u32"),
    ] {
        let status = sandbox.status(key);
        let error = status["lamp_status"].as_str().unwrap();
        assert!(
            error.starts_with("ERROR RuntimeError::the task's params don't fit `"),
            "{error}"
        );
        assert!(error.contains(why) && error.contains("Lamp`"), "{error}");
        assert_eq!(status["lamp_meta"]["retryable"], false);
    }
}

struct Absent;

#[executor]
async fn asks(_absent: State<Absent>) -> Result<()> {
    Ok(())
}

workflow! { Asking = lamp -> asks; }

#[tokio::test]
async fn a_state_that_is_missing_is_an_error_before_anything_is_touched() {
    let (sandbox, told) = (Sandbox::new(), Arc::new(AtomicU32::new(0)));
    let run = || {
        let heard = told.clone();
        let tasks = Tasks::from_pairs([("a", json!({"watts": 40}))]).unwrap();
        Asking::in_dir(sandbox.dir())
            .tasks(tasks)
            .progress(Progress::Off)
            .on_event(move |_| {
                heard.fetch_add(1, Ordering::Relaxed);
            })
    };
    for error in [
        run().run().await.unwrap_err(),
        run().plan().await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.exit_code()), (RunErrorKind::Setup, 2));
        let message = error.to_string();
        assert!(
            message.starts_with("executor `asks` takes State<"),
            "{message}"
        );
        assert!(
            message.contains("Absent>") && message.contains(".state("),
            "{message}"
        );
        assert!(error.report().is_none() && !sandbox.is_made());
    }
    assert_eq!(told.load(Ordering::Relaxed), 0, "nothing began");
    run().state(Absent).run().await.unwrap();
    assert!(told.load(Ordering::Relaxed) > 0 && sandbox.is_made());
}
