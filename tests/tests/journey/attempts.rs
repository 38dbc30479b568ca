//! An executor's attempts: which failures get another, after which pause, how long one may take, and that a
//! panic is a failure like others. Time is paused, so that hours pass at once and every pause is exact.

use std::sync::{Arc, Mutex};

use scrapeflow::prelude::*;
use scrapeflow::store::MemoryStore;
use scrapeflow::{Class, End};
use serde_json::json;
use tokio::time::{Instant, sleep};

/// What the events told of the one executor of each task, in the order of its end.
#[derive(Debug, Default)]
struct Told {
    /// The task, its attempts, and how it ended.
    ended: Vec<(String, u32, String)>,
    /// The last attempts' times.
    elapsed: Vec<Duration>,
    pauses: Vec<Duration>,
}

/// Runs workflow `W` over tasks of which each has its key as a param.
async fn told<W: Workflow>(tasks: &[&str], say: impl FnOnce(Run<W>) -> Run<W>) -> Told {
    let told = Arc::new(Mutex::new(Told::default()));
    let heard = told.clone();
    let pairs = tasks.iter().map(|task| (task, json!({"kind": task})));
    let run = W::in_store(MemoryStore::new())
        .tasks(Tasks::from_pairs(pairs).unwrap())
        .progress(Progress::Off)
        .on_event(move |event| {
            let mut told = heard.lock().unwrap();
            match event {
                Event::Retry { pause, .. } => told.pauses.push(*pause),
                Event::ExecutorFinished {
                    key,
                    end,
                    attempts,
                    elapsed,
                    ..
                } => {
                    let end = match end {
                        End::Success => "success".to_owned(),
                        End::Failed(failure) => format!("{}::{}", failure.class, failure.message),
                        other => format!("{other:?}"),
                    };
                    told.ended.push((key.to_string(), *attempts, end));
                    told.elapsed.push(*elapsed);
                }
                _ => {}
            }
        });
    say(run).run().await.unwrap();
    std::mem::take(&mut *told.lock().unwrap())
}

#[derive(Serialize, Deserialize)]
struct Kind {
    kind: String,
}

/// Fails in the way that its params say.
#[executor]
async fn fail(params: Params<Kind>) -> Result<()> {
    match params.kind.as_str() {
        "asks for another" => Err(Error::retry("busy")),
        "is blocked" => Err(Error::blocked("captcha")),
        "connection" => Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into()),
        "timeout" => Err(Error::recorded(Class::Timeout, "slow")),
        "body" => Err(Error::recorded(Class::ClientPayload, "cut")),
        "body over the limit" => {
            Err(Error::recorded(Class::ClientPayload, "too large").with_retryable(false))
        }
        "validation" => bail!("no price"),
        "no url" => Err(Error::recorded(Class::InvalidUrl, "no URL")),
        "unforeseen" => Err(std::io::Error::from(std::io::ErrorKind::NotFound).into()),
        other => panic!("out of {other}"),
    }
}

workflow! { Failing = fail; }

#[tokio::test(start_paused = true)]
async fn retryable_failures_and_no_others_get_another_attempt() {
    let cases = [
        ("asks for another", 3, "RuntimeError::busy"),
        ("is blocked", 3, "RuntimeError::captcha"),
        ("connection", 3, "ClientConnectorError::connection refused"),
        ("timeout", 3, "TimeoutError::slow"),
        ("body", 3, "ClientPayloadError::cut"),
        ("body over the limit", 1, "ClientPayloadError::too large"),
        ("validation", 1, "RuntimeError::no price"),
        ("no url", 1, "InvalidUrlClientError::no URL"),
        ("unforeseen", 1, "UnhandledError::entity not found"),
        ("luck", 1, "UnhandledError::panicked: out of luck"),
    ];
    let kinds = cases.map(|(kind, ..)| kind);
    let retried = told::<Failing>(&kinds, |run| {
        run.retries(2).on_unhandled(OnUnhandled::Record)
    });
    let mut ended = retried.await.ended;
    let once = told::<Failing>(&["timeout"], |run| run).await;
    assert_eq!(
        once.ended,
        [("timeout".to_owned(), 1, "TimeoutError::slow".to_owned())]
    );
    ended.sort();
    let mut expected =
        cases.map(|(kind, attempts, end)| (kind.to_owned(), attempts, end.to_owned()));
    expected.sort();
    assert_eq!(ended, expected);
}

#[tokio::test(start_paused = true)]
async fn pauses_double_up_to_a_minute_and_are_cut_by_up_to_a_half() {
    let began = Instant::now();
    let told = told::<Failing>(&["timeout"], |run| run.retries(8)).await;
    let wholes = [1, 2, 4, 8, 16, 32, 60, 60].map(Duration::from_secs);
    assert_eq!(told.pauses.len(), wholes.len());
    for (pause, whole) in told.pauses.iter().zip(wholes) {
        assert!(
            (whole / 2..=whole).contains(pause),
            "{pause:?} of {whole:?}"
        );
    }
    // And they are kept: the timer counts in milliseconds.
    let waited = began.elapsed();
    let said: Duration = told.pauses.iter().sum();
    assert!(
        (said..said + Duration::from_millis(20)).contains(&waited),
        "{waited:?} for {said:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn pauses_are_as_set_and_differ_between_tasks() {
    let seconds = Duration::from_secs;
    let backoff = Backoff::new(seconds(100), seconds(300));
    let names: Vec<String> = (0..20).map(|n| format!("{n}: timeout")).collect();
    let tasks: Vec<&str> = names.iter().map(String::as_str).collect();
    let told = told::<Slow>(&tasks, |run| {
        run.timeout(seconds(1)).retries(1).backoff(backoff)
    })
    .await;
    let distinct: std::collections::BTreeSet<_> = told.pauses.iter().collect();
    assert!(
        told.pauses
            .iter()
            .all(|pause| (seconds(50)..=seconds(100)).contains(pause))
    );
    assert!(
        distinct.len() > 10,
        "tasks that failed together come back together: {distinct:?}"
    );
}

#[executor]
async fn slow(_key: Key) -> Result<()> {
    sleep(Duration::from_hours(1)).await;
    Ok(())
}

workflow! { Slow = slow; }

/// What is said of a run of it.
type Say = fn(Run<Slow>) -> Run<Slow>;

#[tokio::test(start_paused = true)]
async fn an_attempt_that_runs_over_its_time_is_cut_off_and_the_next_has_all_of_its_own() {
    let cases: [(Say, u32, u64); 3] = [
        (|run| run, 1, 30),
        (|run| run.timeout(Duration::from_secs(7)).retries(2), 3, 7),
        (
            |run| run.configure::<slow>(|step| step.timeout(Duration::from_secs(90))),
            1,
            90,
        ),
    ];
    for (say, attempts, limit) in cases {
        let began = Instant::now();
        let told = told::<Slow>(&["a"], say).await;
        let message = format!("TimeoutError::ran over its {limit} s");
        assert_eq!(told.ended, [("a".to_owned(), attempts, message)]);
        assert_eq!(told.elapsed, [Duration::from_secs(limit)]);
        let pauses: Duration = told.pauses.iter().sum();
        let worked = began.elapsed().saturating_sub(pauses);
        assert_eq!(worked.as_secs(), u64::from(attempts) * limit);
    }
}

#[executor]
async fn long_enough(_key: Key) -> Result<()> {
    sleep(Duration::from_secs(3599)).await;
    Ok(())
}

workflow! { Patient = long_enough; }

#[tokio::test(start_paused = true)]
async fn an_attempt_within_its_time_is_left_alone() {
    let told = told::<Patient>(&["a"], |run| run.timeout(Duration::from_hours(1))).await;
    assert_eq!(told.ended[0].2, "success");
    assert_eq!(told.elapsed, [Duration::from_secs(3599)]);
}

/// Fails as often as its params say, leaving a file each time.
#[executor(retries = 5, backoff = "1ms")]
async fn flaky(key: Key, files: Files, tries: State<Mutex<u32>>) -> Result<Saved> {
    let nth = {
        let mut tries = tries.lock().unwrap();
        *tries += 1;
        *tries
    };
    let saved = files.save("text", format!("{key} {nth}")).await?;
    files.save(&format!("try-{nth}"), "").await?;
    if nth < 3 {
        return Err(Error::retry("once more"));
    }
    Ok(saved)
}

workflow! { Flaky = flaky; }

#[tokio::test(start_paused = true)]
async fn only_the_attempt_that_succeeds_leaves_something() {
    let sandbox = scrapeflow_tests::Sandbox::new();
    let report = Flaky::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("a", json!({}))]).unwrap())
        .state(Mutex::new(0_u32))
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!((report.retries, report.count(Outcome::Succeeded)), (2, 1));
    assert_eq!(sandbox.files(), ["a.status.json", "a.text", "a.try-3"]);
    assert_eq!(sandbox.read("a.text"), b"a 3");
    assert_eq!(sandbox.status("a")["flaky_meta"]["attempts"], 3);
}
