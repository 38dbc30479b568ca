//! Files, iterators and streams of tasks are checked as they are pulled. A bad item ends the run in an error
//! that names the source and the line or position; what came before it is done, what comes after it isn't
//! begun. With the source mended, the next run does the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use expect_test::expect;
use futures::stream;
use scrapeflow::prelude::*;
use scrapeflow::{RunErrorKind, TaskError};
use scrapeflow_tests::{Sandbox, Site};
use serde_json::{Value, json};

#[executor]
async fn page(Params(params): Params<Value>, fetch: Fetch) -> Result<String> {
    let url = params["url"].as_str().recorded("no URL")?;
    fetch.get(url).send().await?.text().await
}

#[executor]
async fn length(page: Output<page>) -> Result<usize> {
    Ok(page.len())
}

workflow! { Lengths = page -> length; }

fn params(site: &Site, number: u8) -> Value {
    json!({"url": site.url(&format!("/page/{number}"))})
}

/// How a source is refused that is wrong after two tasks, `a` and `b`: they are done, by as many steps as it
/// takes, and nothing else is begun.
async fn refused(source: impl Fn(&Site, &Sandbox) -> Tasks) -> String {
    let mut told = Vec::new();
    for parallelism in [1, 100] {
        let (site, sandbox) = (Site::start(), Sandbox::new());
        let run = Lengths::in_dir(sandbox.dir()).tasks(source(&site, &sandbox));
        let run = run.max_parallelism(parallelism).progress(Progress::Off);
        let error = run.run().await.unwrap_err();
        assert_eq!((error.kind(), error.exit_code()), (RunErrorKind::Task, 2));
        let report = error.report().unwrap();
        assert_eq!((report.done(), report.total()), (2, 2), "{error}");
        for key in ["a", "b"] {
            assert_eq!(sandbox.status(key)["length_status"], "SUCCESS", "{key}");
        }
        assert_eq!(site.total_hits(), 2, "nothing after it was begun");
        let error = error
            .to_string()
            .replace(sandbox.dir().to_str().unwrap(), "DIR");
        told.push(error + "\n");
    }
    assert_eq!(told[0], told[1]);
    told.swap_remove(0)
}

/// A file of JSON with `a`, `b`, the line `third`, and `c`.
fn jsonl(third: &str) -> impl Fn(&Site, &Sandbox) -> Tasks {
    let line = |key: &str, url: String| json!({"key": key, "url": url}).to_string();
    file("t.jsonl", "", line, third)
}

/// The same as CSV.
fn csv(third: &str) -> impl Fn(&Site, &Sandbox) -> Tasks {
    file("t.csv", "key,url", |key, url| format!("{key},{url}"), third)
}

fn file(
    name: &str,
    header: &str,
    line: fn(&str, String) -> String,
    third: &str,
) -> impl Fn(&Site, &Sandbox) -> Tasks {
    move |site, sandbox| {
        let [a, b, c] = [("a", 1), ("b", 2), ("c", 3)]
            .map(|(key, number)| line(key, site.url(&format!("/page/{number}"))));
        sandbox.write(name, [header, &a, &b, third, &c].join("\n"));
        Tasks::from_file(sandbox.dir().join(name)).unwrap()
    }
}

/// A stream of `a`, `b`, the item `third`, and `c`.
fn items(third: fn() -> Result<Task, TaskError>) -> impl Fn(&Site, &Sandbox) -> Tasks {
    move |site, _| {
        let task = |key, number| Task::new(key, &params(site, number));
        Tasks::from_stream(stream::iter([
            task("a", 1),
            task("b", 2),
            third(),
            task("c", 3),
        ]))
    }
}

#[tokio::test]
async fn files_name_the_line() {
    let told = [
        refused(jsonl(r#"{"key": "c", "url""#)).await,
        refused(jsonl(r#"{"key": "c", "url": NaN}"#)).await,
        refused(jsonl(r#"["c"]"#)).await,
        refused(jsonl(r#"{"key": "a/b", "url": "http://a/"}"#)).await,
        refused(jsonl(r#"{"key": "a", "url": "http://a/"}"#)).await,
        refused(jsonl(r#"{"key": "unknown"}"#)).await,
        refused(jsonl(r#"{"params": "c"}"#)).await,
        refused(csv("c,http://a/,more")).await,
        refused(csv("a,http://a/")).await,
        refused(csv("c,\"http://a/")).await,
        refused(csv(",")).await,
    ];
    expect![[r#"
        DIR/t.jsonl:4: the line is not one JSON object: EOF while parsing an object at column 18
        DIR/t.jsonl:4: the line is not one JSON object: expected value at column 21 (`NaN` is not JSON; write `null`)
        DIR/t.jsonl:4: the line is not one JSON object: it doesn't begin with `{`
        DIR/t.jsonl:4: key `a/b` contains `/`, which separates folders; replace it, or take `Key::from_url`
        DIR/t.jsonl:4: key `a` comes with two different params; give each its own key
        DIR/t.jsonl:4: key `unknown` is given alone and DIR has no status of it; give its params too
        DIR/t.jsonl:4: there is neither a `key` nor a `url`; a task needs one of them
        DIR/t.csv:4: the row has 3 cells, the header 2; a cell with a comma or a line break needs quotes
        DIR/t.csv:4: key `a` comes with two different params; give each its own key
        DIR/t.csv:4: a quote in this row is never closed; a quote in a cell is written as two
        DIR/t.csv:4: key `` is empty; it names the task's files, so it needs a character
    "#]].assert_eq(&told.concat());
}

#[tokio::test]
async fn streams_name_the_position() {
    let told = [
        refused(items(|| Task::new("c", &[1]))).await,
        refused(items(|| Task::new("", &json!({})))).await,
        refused(items(|| Task::new("a", &json!({"url": 1})))).await,
        refused(items(|| Ok(Task::stored(Key::new("unknown")?)))).await,
    ];
    expect![[r#"
        item 3 of the stream: params of key `c` must be a JSON object, found an array; give a struct or a map
        item 3 of the stream: key `` is empty; it names the task's files, so it needs a character
        item 3 of the stream: key `a` comes with two different params; give each its own key
        item 3 of the stream: key `unknown` is given alone and DIR has no status of it; give its params too
    "#]].assert_eq(&told.concat());
}

#[tokio::test]
async fn nothing_is_pulled_after_a_bad_item() {
    let (site, sandbox, pulled) = (Site::start(), Sandbox::new(), Arc::new(AtomicUsize::new(0)));
    let task = Task::new("a", &params(&site, 1)).unwrap();
    let count = pulled.clone();
    let tasks = Tasks::from_iterator((0..).map(move |nth| {
        count.fetch_add(1, Ordering::Relaxed);
        match nth {
            0 => Ok(task.clone()),
            _ => Err(std::io::Error::other("the queue is gone")),
        }
    }));
    let run = Lengths::in_dir(sandbox.dir())
        .tasks(tasks)
        .progress(Progress::Off);
    let error = run.run().await.unwrap_err();
    expect!["item 2 of the iterator: the queue is gone"].assert_eq(&error.to_string());
    assert_eq!(pulled.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_mended_source_is_taken_up_where_it_stood() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    let run = |third: &str| {
        let run = Lengths::in_dir(sandbox.dir()).tasks(jsonl(third)(&site, &sandbox));
        run.progress(Progress::Off)
    };
    run("{").run().await.unwrap_err();
    assert_eq!(site.total_hits(), 2);
    let report = run("").run().await.unwrap();
    assert_eq!(
        (
            report.count(Outcome::Skipped),
            report.count(Outcome::Succeeded)
        ),
        (2, 1)
    );
    assert_eq!((site.total_hits(), site.hits("/page/3")), (3, 1));
}
