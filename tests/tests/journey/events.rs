//! A run tells its whole story while it goes: to listeners on the spot and as a stream. The report is the
//! same story in numbers, for people, for machines, and as an exit code.

use std::sync::{Arc, Mutex};

use expect_test::expect;
use futures::StreamExt;
use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow::store::MemoryStore;
use scrapeflow::{EXAMPLES, End};
use scrapeflow_tests::{Sandbox, Site};
use serde_json::{Value, json};

#[executor]
async fn title(page: Body<scrape>) -> Result<String> {
    let text = page.text();
    let (_, rest) = text
        .split_once("<title>")
        .recorded("the page has no title")?;
    Ok(rest.split('<').next().unwrap_or_default().to_owned())
}

/// Refuses the second page.
#[executor]
async fn check(title: Output<title>) -> Result<()> {
    ensure!(*title != "Page 2", "page 2 is refused");
    Ok(())
}

workflow! { Pages = scrape -> title -> check; }

/// An event in a line, without what differs from run to run.
fn line(event: &Event) -> String {
    match event {
        Event::RunStarted { workflow, tasks } => format!("run of {workflow}, {tasks:?} tasks"),
        Event::Duplicate { key } => format!("{key} again"),
        Event::TaskStarted { key } => format!("{key} {{"),
        Event::Skipped { key, executor } => format!("{key}   {executor} skipped"),
        Event::ExecutorStarted { key, executor, why } => format!("{key}   {executor}, {why}"),
        Event::Retry {
            key,
            executor,
            attempt,
            error,
            ..
        } => {
            format!("{key}   {executor} again after {attempt}: {error}")
        }
        Event::Fetched { key, status, .. } => format!("{key}     HTTP {status}"),
        Event::Received { key, bytes } => format!("{key}     {bytes} bytes"),
        Event::ExecutorFinished {
            key,
            executor,
            end,
            attempts,
            ..
        } => match end {
            End::Failed(failure) => {
                format!("{key}   {executor} {}::{}", failure.class, failure.message)
            }
            end => format!("{key}   {executor} {end:?} after {attempts}"),
        },
        Event::TaskFinished { key, outcome } => format!("{key} }} {outcome}"),
        Event::Broken { key, .. } => format!("{key}   broken"),
        Event::Throttled { status, .. } => format!("  throttled by {status}"),
        Event::RunFinished => "the end".to_owned(),
        other => format!("{other:?}"),
    }
}

fn run(site: &Site, sandbox: &Sandbox, tasks: &[(&str, &str)]) -> Run<Pages> {
    let pairs = tasks
        .iter()
        .map(|(key, path)| (key, json!({"url": site.url(path)})));
    Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs(pairs).unwrap())
        .max_parallelism(1)
        .backoff(Backoff::new(
            Duration::from_millis(1),
            Duration::from_millis(1),
        ))
        .configure::<scrape>(|step| step.retries(1))
        .request_retries(0)
        .progress(Progress::Off)
}

/// Runs, and gives the story as it was heard on the spot, which is the one that was streamed.
async fn story(mut run: Run<Pages>) -> (String, Report) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let lines = heard.clone();
    let events = run.events();
    let run = run.on_event(move |event| lines.lock().unwrap().push(line(event)));
    let (report, streamed) = tokio::join!(run.run(), events.collect::<Vec<Event>>());
    let heard = heard.lock().unwrap().clone();
    assert_eq!(streamed.iter().map(line).collect::<Vec<_>>(), heard);
    (heard.join("\n") + "\n", report.unwrap())
}

#[tokio::test]
async fn the_story_of_a_run_is_told_in_order() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    let tasks = [
        ("good", "/page/1?size=1000"),
        ("good", "/page/1?size=1000"),
        ("bad", "/page/2?size=2000"),
        ("gone", "/status/404"),
    ];
    let (first, report) = story(run(&site, &sandbox, &tasks)).await;
    expect![[r"
        good again
        run of Pages, Some(3) tasks
        good {
        good   scrape, never ran
        good     HTTP 200
        good     1000 bytes
        good   scrape Success after 1
        good   title, never ran
        good   title Success after 1
        good   check, never ran
        good   check Success after 1
        good } succeeded
        bad {
        bad   scrape, never ran
        bad     HTTP 200
        bad     2000 bytes
        bad   scrape Success after 1
        bad   title, never ran
        bad   title Success after 1
        bad   check, never ran
        bad   check RuntimeError::page 2 is refused
        bad } failed
        gone {
        gone   scrape, never ran
        gone     HTTP 404
        gone   scrape RuntimeError::HTTP response 404
        gone } failed
        the end
    "]]
    .assert_eq(&first);
    assert_eq!(report.exit_code(), 1);

    sandbox.write("broken.status.json", "{");
    let all = run(&site, &sandbox, &tasks[..3]).retry_failed(RetryFailed::None);
    let again = all
        .tasks(Tasks::from_pairs([("broken", json!({}))]).unwrap())
        .force::<title>();
    let heard = Arc::new(Mutex::new(String::new()));
    let lines = heard.clone();
    let again = again.on_event(move |event| *lines.lock().unwrap() += &(line(event) + "\n"));
    let error = again.run().await.unwrap_err();
    expect![[r#"
        good again
        run of Pages, Some(3) tasks
        good {
        good   scrape skipped
        good   title, forced
        good   check skipped
        good   title Success after 1
        good } succeeded
        bad {
        bad   scrape skipped
        bad   title, forced
        bad   title Success after 1
        bad } not retried
        broken {
        broken   broken
        broken } broken
        the end
    "#]]
    .assert_eq(&heard.lock().unwrap());
    assert_eq!(error.report().unwrap().broken.len(), 1);
}

#[tokio::test]
async fn retries_are_told_each() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    let tasks = [("flaky", "/status/503?times=1"), ("full", "/status/503")];
    let (first, report) = story(run(&site, &sandbox, &tasks[..1]).only::<scrape>()).await;
    expect![[r#"
        run of Pages, Some(1) tasks
        flaky {
        flaky   scrape, never ran
        flaky     HTTP 503
          throttled by 503
        flaky   scrape again after 1: HTTP response 503
        flaky     HTTP 200
        flaky     300 bytes
        flaky   scrape Success after 2
        flaky } succeeded
        the end
    "#]]
    .assert_eq(&first);
    assert_eq!(
        (
            report.retries,
            report.executors[0].retries,
            report.exit_code()
        ),
        (1, 1, 0)
    );
    let (second, report) = story(run(&site, &sandbox, &tasks[1..])).await;
    expect![[r#"
        run of Pages, Some(1) tasks
        full {
        full   scrape, never ran
        full     HTTP 503
          throttled by 503
        full   scrape again after 1: HTTP response 503
        full     HTTP 503
          throttled by 503
        full   scrape RuntimeError::HTTP response 503
        full } failed
        the end
    "#]]
    .assert_eq(&second);
    assert_eq!(report.http_statuses[&503], 2);
}

#[tokio::test]
async fn the_report_is_the_story_in_numbers() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    let tasks = [
        ("good", "/page/1?size=1000"),
        ("good", "/page/1?size=1000"),
        ("bad", "/page/2?size=2000000"),
        ("gone", "/status/404?delay=1"),
    ];
    let report = run(&site, &sandbox, &tasks).run().await.unwrap();
    let mut json = serde_json::to_value(&report).unwrap();
    let started = json["started"].take();
    chrono::DateTime::parse_from_rfc3339(started.as_str().unwrap()).unwrap();
    assert!(json["elapsed_s"].take().is_f64());
    let executor = |name, succeeded, errors: &[Value]| json!({"name": name, "succeeded": succeeded, "failed": errors.len(), "kept": 0, "skipped": 0, "retries": 0, "errors": errors});
    let [gone_url, bad_url] =
        ["/status/404?delay=1", "/page/2?size=2000000"].map(|path| site.url(path));
    let gone = json!({"message": "RuntimeError::HTTP response 404", "count": 1, "example": "gone", "example_url": gone_url});
    let bad = json!({"message": "RuntimeError::page 2 is refused", "count": 1, "example": "bad", "example_url": bad_url});
    let expected = json!({
        "workflow": "Pages",
        "started": null,
        "elapsed_s": null,
        "interrupted": false,
        "stopped": false,
        "abandoned": 0,
        "unyielding": [],
        "tasks": {
            "succeeded": {"count": 1, "examples": ["good"]},
            "failed": {"count": 2, "examples": ["bad", "gone"]},
        },
        "duplicates": 1,
        "executors": [executor("scrape", 2, &[gone]), executor("title", 2, &[]), executor("check", 1, &[bad])],
        "classes": {"RuntimeError": 2},
        "http_statuses": {"200": 2, "404": 1},
        "blocked": 0,
        "proxies": {},
        "requests": 3,
        "retries": 0,
        "request_retries": 0,
        "throttled": {},
        "bytes": 2_001_000,
        "broken": [],
    });
    assert_eq!(json, expected);
    let printed = report.to_string();
    let (first, rest) = printed.split_once('\n').unwrap();
    assert!(first.starts_with("Pages: 3 tasks in "), "{first}");
    expect![[r#"
          succeeded            1
          failed               2
          duplicates           1

        executor  succeeded  failed  kept  skipped  retries
        scrape            2       1     0        0        0
        title             2       0     0        0        0
        check             1       1     0        0        0

        errors of scrape
               1 × RuntimeError::HTTP response 404, as gone (URL of gone)

        errors of check
               1 × RuntimeError::page 2 is refused, as bad (URL of bad)

        3 answers, 2001 kB, HTTP 200: 2, HTTP 404: 1
    "#]]
    .assert_eq(
        &rest
            .replace(&gone_url, "URL of gone")
            .replace(&bad_url, "URL of bad"),
    );
}

#[executor]
async fn nothing(_key: Key) -> Result<()> {
    Ok(())
}

workflow! { Nothing = nothing; }

#[tokio::test]
async fn a_report_is_bounded_and_a_slow_reader_hears_what_it_missed() {
    let tasks = (0..2000).map(|n| Task::new(format!("{n}"), &json!({})).unwrap());
    let mut run = Nothing::in_store(MemoryStore::new())
        .tasks(Tasks::from_iterator(tasks))
        .progress(Progress::Off);
    let events = run.events();
    let report = run.run().await.unwrap();
    let tally = &report.tasks[&Outcome::Succeeded];
    assert_eq!(
        (tally.count, tally.examples.len(), report.exit_code()),
        (2000, EXAMPLES, 0)
    );

    // Nobody read while it went: 4 events a task and two for the run, of which 4,096 waited.
    let events: Vec<Event> = events.collect().await;
    let missed = events.iter().map(|event| match event {
        Event::Missed(missed) => *missed,
        _ => 0,
    });
    let missed: u64 = missed.sum();
    assert_eq!((events.len(), missed), (4097, 8002 - 4096));
}
