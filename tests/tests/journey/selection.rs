//! What a run is asked to do, and what to leave: force, only, limit, failed tasks, settings of one executor.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use expect_test::{Expect, expect};
use scrapeflow::prelude::*;
use scrapeflow_tests::Sandbox;
use serde_json::{Value, json};

/// Who ran, in order.
type Ran = Arc<Mutex<Vec<&'static str>>>;

#[executor]
async fn fetch(ran: State<Ran>) -> Result<u32> {
    ran.lock().unwrap().push("fetch");
    Ok(1)
}

/// How `parse` ends.
#[derive(Serialize, Deserialize)]
struct Ends {
    end: Option<String>,
}

#[executor]
async fn parse(number: Output<fetch>, params: Params<Ends>, ran: State<Ran>) -> Result<u32> {
    ran.lock().unwrap().push("parse");
    match params.end.as_deref() {
        Some("retryable") => Err(Error::retry("later")),
        Some(end) => bail!("{end}"),
        None => Ok(*number + 1),
    }
}

#[executor]
async fn rate(number: Output<parse>, ran: State<Ran>) -> Result<u32> {
    ran.lock().unwrap().push("rate");
    Ok(*number + 1)
}

workflow! { Numbers = fetch -> parse -> rate; }

/// A run of one task; who ran, and how the task ended.
async fn one(
    sandbox: &Sandbox,
    params: Value,
    say: impl FnOnce(Run<Numbers>) -> Run<Numbers>,
) -> String {
    let ran = Ran::default();
    let run = Numbers::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("a", params)]).unwrap())
        .state(ran.clone())
        .progress(Progress::Off);
    let report = say(run).run().await.unwrap();
    let ended: Vec<String> = report.tasks.keys().map(ToString::to_string).collect();
    let ran = ran.lock().unwrap().join(" ");
    format!("{ran}; {}", ended.join(", "))
}

fn ok() -> Value {
    json!({})
}

#[tokio::test]
async fn forced_executors_run_again() {
    type Say = fn(Run<Numbers>) -> Run<Numbers>;
    let cases: [(Say, Expect); 6] = [
        (|run| run, expect!["; skipped"]),
        (|run| run.force::<parse>(), expect!["parse; succeeded"]),
        (
            |run| run.force_step(Numbers::step("rate").unwrap()),
            expect!["rate; succeeded"],
        ),
        (
            |run| run.force::<rate>().force::<fetch>(),
            expect!["fetch rate; succeeded"],
        ),
        (Run::force_all, expect!["fetch parse rate; succeeded"]),
        // What `only` leaves out stays as it is, forced or not.
        (
            |run| run.only::<parse>().force_all(),
            expect!["parse; succeeded"],
        ),
    ];
    let sandbox = Sandbox::new();
    one(&sandbox, ok(), |run| run).await;
    for (say, expected) in cases {
        expected.assert_eq(&one(&sandbox, ok(), say).await);
    }
}

#[tokio::test]
async fn only_these_executors_run() {
    let sandbox = Sandbox::new();
    // Nothing to parse yet: the task is left alone, its params included.
    let left = one(&sandbox, ok(), Run::only::<parse>).await;
    expect!["; incomplete"].assert_eq(&left);
    assert_eq!(sandbox.files(), [""; 0]);

    let first = one(&sandbox, ok(), Run::only::<fetch>).await;
    expect!["fetch; succeeded"].assert_eq(&first);
    assert_eq!(sandbox.status("a")["fetch_status"], "SUCCESS");

    let gap = one(&sandbox, ok(), |run| run.only::<rate>().only::<fetch>()).await;
    expect!["; incomplete"].assert_eq(&gap);
    assert_eq!(sandbox.status("a").get("parse_status"), None);

    let rest = one(&sandbox, ok(), |run| {
        run.only::<parse>()
            .only_step(Numbers::step("rate").unwrap())
    })
    .await;
    expect!["parse rate; succeeded"].assert_eq(&rest);
}

#[tokio::test]
async fn a_task_that_is_left_alone_is_not_written() {
    let sandbox = Sandbox::new();
    one(&sandbox, ok(), Run::only::<fetch>).await;
    let before = sandbox.stamps();
    let other = json!({"end": "other params"});
    let left = one(&sandbox, other, Run::only::<rate>).await;
    expect!["; incomplete"].assert_eq(&left);
    assert!(sandbox.stamps() == before, "{}", sandbox.text("a"));
}

#[tokio::test]
async fn failed_tasks_run_again_as_the_run_says() {
    use RetryFailed::{All, None, Retryable};
    let again = "parse; failed";
    for (end, which, expected) in [
        ("retryable", All, again),
        ("retryable", Retryable, again),
        ("retryable", None, "; not retried"),
        ("out of luck", All, again),
        ("out of luck", Retryable, "; not retried"),
        ("out of luck", None, "; not retried"),
    ] {
        let sandbox = Sandbox::new();
        let params = || json!({"end": end});
        assert_eq!(
            one(&sandbox, params(), |run| run).await,
            "fetch parse; failed"
        );
        let before = sandbox.stamps();
        assert_eq!(
            one(&sandbox, params(), |run| run.retry_failed(which)).await,
            expected,
            "{end}, {which:?}"
        );
        assert_eq!(
            sandbox.stamps() == before,
            expected != again,
            "{end}, {which:?}"
        );
        // To force an executor is to ask for it.
        let forced = one(&sandbox, params(), |run| {
            run.retry_failed(None).force::<parse>()
        })
        .await;
        assert_eq!(forced, again);
    }
    // New tasks run whatever is said of failed ones.
    let new = one(&Sandbox::new(), ok(), |run| run.retry_failed(None)).await;
    assert_eq!(new, "fetch parse rate; succeeded");
}

#[tokio::test]
async fn a_limit_counts_each_key_once() {
    let sandbox = Sandbox::new();
    let run = |limit| {
        let urls = [
            "http://a/",
            "http://a/",
            "http://b/",
            "http://c/",
            "http://a/",
        ];
        Numbers::in_dir(sandbox.dir())
            .tasks(Tasks::from_urls(urls).unwrap())
            .state(Ran::default())
            .progress(Progress::Off)
            .limit(limit)
            .run()
    };
    assert_eq!(run(0).await.unwrap().total(), 0);
    assert_eq!(sandbox.files(), [""; 0]);
    assert_eq!(run(2).await.unwrap().total(), 2);
    let keys = ["http://a/", "http://b/"].map(|url| format!("{}.status.json", Key::from_url(url)));
    assert_eq!(sandbox.files().len(), 2);
    assert!(keys.iter().all(|key| sandbox.files().contains(key)));
    assert_eq!(run(100).await.unwrap().total(), 3);
}

#[executor]
async fn plain(context: Context) -> Result<u64> {
    Ok(context.timeout().as_secs())
}

#[executor(timeout = "20s")]
async fn marked(context: Context) -> Result<u64> {
    Ok(context.timeout().as_secs())
}

workflow! { Timeouts = plain -> marked; }

/// The timeouts that hold for `plain` and `marked`.
async fn timeouts(say: impl FnOnce(Run<Timeouts>) -> Run<Timeouts>) -> (u64, u64) {
    let sandbox = Sandbox::new();
    let tasks = Tasks::from_pairs([("a", BTreeMap::<&str, u8>::new())]).unwrap();
    let run = Timeouts::in_dir(sandbox.dir())
        .tasks(tasks)
        .progress(Progress::Off);
    say(run).run().await.unwrap();
    let status = sandbox.status("a");
    let of = |name: &str| status[name].as_u64().unwrap();
    (of("plain"), of("marked"))
}

#[tokio::test]
async fn configure_goes_over_the_attribute_over_the_run_over_the_default() {
    let seconds = Duration::from_secs;
    assert_eq!(timeouts(|run| run).await, (30, 20));
    assert_eq!(timeouts(|run| run.timeout(seconds(5))).await, (5, 20));
    let both = |run: Run<Timeouts>| {
        run.configure::<plain>(|step| step.timeout(seconds(7)))
            .configure_step(Timeouts::step("marked").unwrap(), |step| {
                step.timeout(seconds(8))
            })
            .timeout(seconds(5))
    };
    assert_eq!(timeouts(both).await, (7, 8));
    // One setting leaves the others as they were.
    let other = |run: Run<Timeouts>| {
        run.configure::<marked>(|step| step.timeout(seconds(9)))
            .configure::<marked>(|step| step.retries(1))
            .configure::<plain>(|step| step.retries(1))
    };
    assert_eq!(timeouts(other).await, (30, 9));
}
