//! A run that was interrupted is taken up where it stood: what is done stays done and untouched, what is
//! missing is made, and each status says what happened in the fields that others rely on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::NaiveDateTime;
use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow_tests::{Answer, Sandbox, Site};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// How often `title` ran.
type Titles = Arc<AtomicU32>;

#[executor]
async fn title(page: Body<scrape>, count: State<Titles>) -> Result<String> {
    count.fetch_add(1, Ordering::Relaxed);
    let text = page.text();
    let (_, rest) = text
        .split_once("<title>")
        .recorded("the page has no title")?;
    Ok(rest.split('<').next().unwrap_or_default().to_owned())
}

#[executor(version = 3)]
async fn length(title: Output<title>) -> Result<usize> {
    Ok(title.len())
}

workflow! { Pages = scrape -> title -> length; }

fn run(sandbox: &Sandbox, paths: &[String], site: &Site, titles: &Titles) -> Run<Pages> {
    let pairs = paths.iter().enumerate();
    let pairs = pairs.map(|(n, path)| (format!("{n}"), json!({"url": site.url(path)})));
    Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs(pairs).unwrap())
        .state(titles.clone())
        .progress(Progress::Off)
}

/// Six pages; the fourth is answered once the gate is open.
fn six_paths() -> Vec<String> {
    let gate = |n| if n == 3 { "?gate=hold" } else { "" };
    (0..6).map(|n| format!("/page/{n}{}", gate(n))).collect()
}

#[tokio::test]
async fn a_rerun_does_only_what_is_missing() {
    let (site, sandbox, titles) = (Site::start(), Sandbox::new(), Titles::default());
    let paths = six_paths();

    let (stop, stopped) = oneshot::channel::<()>();
    let (heard, stopping) = oneshot::channel::<()>();
    let heard = std::sync::Mutex::new(Some(heard));
    let first = run(&sandbox, &paths, &site, &titles)
        .max_parallelism(1)
        .stop_when(async { stopped.await.unwrap() })
        .on_event(move |event| {
            if matches!(event, Event::Stopping { .. }) {
                heard.lock().unwrap().take().unwrap().send(()).unwrap();
            }
        });
    // Stops in the middle of the fourth task: its page is under way.
    let interrupt = async {
        site.until(|site| site.hits(&paths[3]) == 1).await;
        stop.send(()).unwrap();
        stopping.await.unwrap();
        site.open("hold");
    };
    let (report, ()) = tokio::join!(first.run(), interrupt);
    let report = report.unwrap();
    assert!(report.interrupted);
    assert_eq!(report.count(Outcome::Succeeded), 3);
    assert_eq!(report.count(Outcome::Interrupted), 1);
    assert_eq!((site.total_hits(), titles.load(Ordering::Relaxed)), (4, 3));
    // What was under way was let end and is kept; its next step didn't begin.
    let status = sandbox.status("3");
    assert_eq!(
        (&status["scrape_status"], &status["title_status"]),
        (&json!("SUCCESS"), &Value::Null)
    );
    assert!(!sandbox.files().contains(&"4.status.json".to_owned()));

    let report = run(&sandbox, &paths, &site, &titles).run().await.unwrap();
    assert_eq!(
        (
            report.count(Outcome::Succeeded),
            report.count(Outcome::Skipped)
        ),
        (3, 3)
    );
    let executors: Vec<_> = report
        .executors
        .iter()
        .map(|e| (e.name, e.succeeded, e.skipped))
        .collect();
    assert_eq!(
        executors,
        [("scrape", 2, 4), ("title", 3, 3), ("length", 3, 3)]
    );
    assert_eq!((site.total_hits(), titles.load(Ordering::Relaxed)), (6, 6));
    for path in &paths {
        assert_eq!(site.hits(path), 1, "{path}");
    }
    for n in 0..6 {
        assert_eq!(sandbox.status(&n.to_string())["title"], format!("Page {n}"));
    }
    // Only the task that went on says that a step was skipped on the way.
    assert_eq!(sandbox.status("3")["scrape_status"], "SKIPPED");
    assert_eq!(sandbox.status("0")["scrape_status"], "SUCCESS");
}

#[tokio::test]
async fn a_rerun_of_what_is_done_writes_nothing() {
    let (site, sandbox, titles) = (Site::start(), Sandbox::new(), Titles::default());
    site.open("hold");
    let paths = six_paths();
    run(&sandbox, &paths, &site, &titles).run().await.unwrap();
    let before = sandbox.stamps();
    assert_eq!(before.len(), 12, "a status and a body of each");

    let report = run(&sandbox, &paths, &site, &titles).run().await.unwrap();
    assert_eq!((report.count(Outcome::Skipped), report.total()), (6, 6));
    // The store's own tasks are the same ones.
    let stored = Pages::in_dir(sandbox.dir())
        .state(titles.clone())
        .progress(Progress::Off);
    assert_eq!(stored.run().await.unwrap().count(Outcome::Skipped), 6);
    assert!(sandbox.stamps() == before, "a file was written again");
    assert_eq!((site.total_hits(), titles.load(Ordering::Relaxed)), (6, 6));
}

#[tokio::test]
async fn a_status_has_the_fields_that_others_rely_on() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    site.route("/hello", |_| {
        Answer::text("hello<title>hi")
            .header("X-Twice", "1")
            .header("X-Twice", "2")
    });
    let report = run(&sandbox, &["/hello".to_owned()], &site, &Titles::default());
    report.run().await.unwrap();

    let text = sandbox.text("0");
    let names: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("  \"")?.split_once("\": "))
        .map(|(name, _)| name)
        .collect();
    let executor =
        |name: &str| ["", "_status", "_last_run", "_meta"].map(|part| format!("{name}{part}"));
    let expected = ["scrape", "title", "length"].map(executor).concat();
    assert_eq!(names[..2], ["name", "params"]);
    assert_eq!(names[2..], expected);
    assert!(
        text.starts_with("{\n  \"name\": \"0\",\n  \"params\": {\n    \"url\": "),
        "{text}"
    );

    let status = sandbox.status("0");
    // By md5sum.
    let md5 = "4f388a5d5c6da39caa855ee0f9719e6c";
    assert_eq!(sandbox.read("0.scrape"), b"hello<title>hi");
    assert_eq!(
        (&status["scrape"]["size"], &status["scrape"]["content"]),
        (&json!(14), &json!(md5))
    );
    let headers = &status["scrape"]["response_headers"];
    assert_eq!(
        (&headers["Content-Length"], &headers["X-Twice"]),
        (&json!("14"), &json!(["1", "2"]))
    );
    let kind = "text/plain; charset=utf-8";
    let files = json!([{"name": "0.scrape", "size": 14, "md5": md5, "content_type": kind}]);
    assert_eq!(status["scrape_meta"]["files"], files);

    for (name, version, inputs) in [
        ("scrape", 1, vec!["params"]),
        ("title", 1, vec!["scrape.files"]),
        ("length", 3, vec!["title"]),
    ] {
        assert_eq!(status[format!("{name}_status")], "SUCCESS");
        let time = status[format!("{name}_last_run")].as_str().unwrap();
        NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S%.6f").unwrap();
        assert_eq!(time.len(), "2022-08-05 16:03:52.336815".len(), "{time}");
        let meta = &status[format!("{name}_meta")];
        assert_eq!(
            (&meta["attempts"], &meta["version"]),
            (&json!(1), &json!(version)),
            "{name}"
        );
        assert!(meta["elapsed_ms"].is_u64(), "{name}: {meta}");
        let prints = meta["inputs"].as_object().unwrap();
        assert_eq!(prints.keys().collect::<Vec<_>>(), inputs, "{name}");
        assert!(
            prints
                .values()
                .all(|print| print.as_str().unwrap().len() == 32),
            "{name}: {prints:?}"
        );
    }
}

#[executor]
async fn nothing(_key: Key) -> Result<()> {
    Ok(())
}

#[executor]
async fn prices(_key: Key) -> Result<Vec<Option<f64>>> {
    Ok(vec![Some(1.5), Some(f64::NAN), Some(f64::INFINITY), None])
}

#[executor]
async fn dearest(prices: Output<prices>, nothing: Output<nothing>) -> Result<Option<f64>> {
    let () = *nothing;
    Ok(prices.iter().flatten().copied().reduce(f64::max))
}

workflow! { Odd = nothing -> prices -> dearest; }

#[tokio::test]
async fn nothing_is_stored_as_an_empty_object_and_what_is_no_number_as_null() {
    let sandbox = Sandbox::new();
    let run = || {
        let tasks = Tasks::from_pairs([("a", json!({}))]).unwrap();
        Odd::in_dir(sandbox.dir())
            .tasks(tasks)
            .progress(Progress::Off)
            .run()
    };
    run().await.unwrap();
    let status = sandbox.status("a");
    assert_eq!(status["nothing"], json!({}));
    assert_eq!(status["prices"], json!([1.5, null, null, null]));
    assert_eq!(status["dearest"], json!(1.5), "and both are read back");
    assert_eq!(run().await.unwrap().count(Outcome::Skipped), 1);
}
