//! What is older than its `max_age` is made again. Where that fails in a way that may pass, what there was
//! stands, with the failure beside it; where it fails for good, that is an error like others.

use std::sync::{Arc, Mutex};

use scrapeflow::Why;
use scrapeflow::prelude::*;
use scrapeflow_tests::Sandbox;
use serde_json::{Value, json};

/// What the outside says, or how it fails.
type Outside = Arc<Mutex<Result<&'static str, fn() -> Error>>>;

#[executor(max_age = "7d")]
async fn rates(outside: State<Outside>) -> Result<String> {
    match &*outside.lock().unwrap() {
        Ok(text) => Ok((*text).to_owned()),
        Err(fail) => Err(fail()),
    }
}

#[executor]
async fn upper(rates: Output<rates>) -> Result<String> {
    Ok(rates.to_uppercase())
}

workflow! { Rates = rates -> upper; }

/// A task that was done a while ago.
struct Done {
    sandbox: Sandbox,
    outside: Outside,
}

/// Within and beyond seven days for as long as this is tested.
const NEW: &str = "2999-01-01 00:00:00.000000";
const OLD: &str = "2022-08-05 16:03:52.336815";

impl Done {
    async fn at(time: &str) -> Self {
        let outside = Outside::new(Mutex::new(Ok("first")));
        let done = Self {
            sandbox: Sandbox::new(),
            outside,
        };
        done.run().run().await.unwrap();
        done.sandbox
            .edit("a", |status| status["rates_last_run"] = json!(time));
        done
    }

    fn run(&self) -> Run<Rates> {
        Rates::in_dir(self.sandbox.dir())
            .tasks(Tasks::from_pairs([("a", json!({}))]).unwrap())
            .state(self.outside.clone())
            .progress(Progress::Off)
    }

    fn says(&self, what: Result<&'static str, fn() -> Error>) {
        *self.outside.lock().unwrap() = what;
    }

    fn status(&self) -> Value {
        self.sandbox.status("a")
    }
}

#[tokio::test]
async fn only_what_is_older_than_its_age_runs_again() {
    let whys = Arc::new(Mutex::new(Vec::new()));
    for (time, runs) in [
        (NEW, false),
        (OLD, true),
        ("2022-08-05 16:03:52", true),
        ("yesterday", true),
    ] {
        let done = Done::at(time).await;
        done.says(Ok("second"));
        let heard = whys.clone();
        let run = done.run().on_event(move |event| {
            if let Event::ExecutorStarted { executor, why, .. } = event {
                heard.lock().unwrap().push((*executor, why.clone()));
            }
        });
        run.run().await.unwrap();
        let expected = if runs {
            vec![
                ("rates", Why::Expired),
                ("upper", Why::Changed("rates".to_owned())),
            ]
        } else {
            vec![]
        };
        assert_eq!(
            std::mem::take(&mut *whys.lock().unwrap()),
            expected,
            "{time}"
        );
        assert_eq!(
            done.status()["upper"],
            if runs { "SECOND" } else { "FIRST" },
            "{time}"
        );
    }
    // What a run says of its age goes over the attribute.
    let done = Done::at(OLD).await;
    let century = Duration::from_hours(100 * 366 * 24);
    let report = done
        .run()
        .configure::<rates>(|step| step.max_age(century))
        .run()
        .await
        .unwrap();
    assert_eq!(report.count(Outcome::Skipped), 1);
}

#[tokio::test]
async fn the_same_again_is_new_and_leaves_its_readers_alone() {
    let done = Done::at(OLD).await;
    let before = done.status();
    done.run().run().await.unwrap();
    let after = done.status();
    assert_ne!(after["rates_last_run"], OLD);
    assert_eq!(
        (&after["rates_status"], &after["upper_status"]),
        (&json!("SUCCESS"), &json!("SKIPPED"))
    );
    assert_eq!(after["upper_last_run"], before["upper_last_run"]);
    assert_eq!(done.run().run().await.unwrap().count(Outcome::Skipped), 1);
}

#[tokio::test]
async fn a_failure_that_may_pass_keeps_what_there_was() {
    let done = Done::at(OLD).await;
    let before = done.status();
    done.says(Err(|| Error::retry("busy").with_http_status(503)));
    let report = done.run().run().await.unwrap();
    assert_eq!(
        (report.executors[0].kept, report.executors[0].failed),
        (1, 0)
    );
    assert_eq!(
        (
            report.classes["RuntimeError"],
            report.failed(),
            report.exit_code()
        ),
        (1, 0, 0)
    );

    let kept = done.status();
    for field in [
        "rates",
        "rates_status",
        "rates_last_run",
        "upper",
        "upper_last_run",
        "upper_meta",
    ] {
        assert_eq!(kept[field], before[field], "{field}");
    }
    assert_eq!(kept["rates_meta"]["refresh_error"], "RuntimeError::busy");
    for field in ["attempts", "elapsed_ms", "version", "inputs"] {
        assert_eq!(
            kept["rates_meta"][field], before["rates_meta"][field],
            "of the success: {field}"
        );
    }
    // It is still too old, so the next run tries again; a success takes the failure away.
    done.says(Ok("second"));
    done.run().run().await.unwrap();
    let status = done.status();
    assert_eq!(
        (&status["upper"], status["rates_meta"].get("refresh_error")),
        (&json!("SECOND"), None)
    );
}

#[tokio::test]
async fn a_failure_for_good_is_an_error() {
    type Case = (fn() -> Error, fn(Run<Rates>) -> Run<Rates>, &'static str);
    let cases: [Case; 2] = [
        (
            || Error::recorded(Class::Runtime, "HTTP response 404"),
            |run| run,
            "HTTP response 404",
        ),
        // What the caller forces is no refresh: he wants to know.
        (|| Error::retry("busy"), Run::force::<rates>, "busy"),
    ];
    for (fail, say, message) in cases {
        let done = Done::at(OLD).await;
        done.says(Err(fail));
        let report = say(done.run()).run().await.unwrap();
        assert_eq!((report.executors[0].failed, report.exit_code()), (1, 1));
        let status = done.status();
        assert_eq!(
            status["rates_status"],
            format!("ERROR RuntimeError::{message}")
        );
        assert_eq!(
            (status.get("rates"), &status["upper"]),
            (None, &json!("FIRST"))
        );
        // Mended with the same outcome, its reader has nothing new to read.
        done.says(Ok("first"));
        let report = done.run().run().await.unwrap();
        assert_eq!(
            (report.executors[0].succeeded, report.executors[1].skipped),
            (1, 1)
        );
    }
}

#[tokio::test]
async fn a_first_time_is_no_refresh() {
    let sandbox = Sandbox::new();
    let done = Done {
        sandbox,
        outside: Outside::new(Mutex::new(Err(|| Error::retry("busy")))),
    };
    let report = done.run().run().await.unwrap();
    assert_eq!(
        (report.count(Outcome::Failed), report.executors[0].kept),
        (1, 0)
    );
    assert_eq!(done.status()["rates_status"], "ERROR RuntimeError::busy");
}
