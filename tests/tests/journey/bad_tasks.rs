//! A wrong task is told before it can do harm. What is in memory is checked whole before the first task, so
//! that nothing is requested and nothing stored. Tasks that are equal collapse and are counted. Only params
//! that don't fit what an executor reads are that executor's own error.

use expect_test::expect;
use scrapeflow::prelude::*;
use scrapeflow::{RunErrorKind, TaskError};
use scrapeflow_tests::{Sandbox, Site};
use serde_json::{Value, json};

#[derive(Debug, Serialize, Deserialize)]
struct Page {
    url: String,
}

#[executor]
async fn title(Params(page): Params<Page>, fetch: Fetch) -> Result<String> {
    let text = fetch.get(&page.url).send().await?.text().await?;
    let (_, rest) = text
        .split_once("<title>")
        .recorded("the page has no title")?;
    Ok(rest.split('<').next().unwrap_or_default().to_owned())
}

#[executor]
async fn length(title: Output<title>) -> Result<usize> {
    Ok(title.len())
}

workflow! { Titles = title -> length; }

fn run(sandbox: &Sandbox, tasks: Tasks) -> Run<Titles> {
    let run = Titles::in_dir(sandbox.dir()).tasks(tasks);
    run.progress(Progress::Off)
}

fn page(site: &Site, number: u8) -> Value {
    json!({"url": site.url(&format!("/page/{number}"))})
}

#[test]
fn keys_that_cannot_name_files() {
    let long = "ä".repeat(122);
    let separators = ["a/b", r"a\b", "a\nb", "a\0b", "\u{85}"];
    let keys = [
        &["", ".", "..", "a.status", ".status", &long],
        &separators[..],
    ]
    .concat();
    let told = keys.iter().map(|key| {
        let error = Tasks::from_keys(["good", key]).unwrap_err();
        assert_eq!((error.position(), error.key()), (Some(2), Some(*key)));
        format!("{error}\n")
    });
    expect![[r#"
        item 2 of the keys: key `` is empty; it names the task's files, so it needs a character
        item 2 of the keys: key `.` names a folder; choose another
        item 2 of the keys: key `..` names a folder; choose another
        item 2 of the keys: key `a.status` ends in `.status`, as only statuses do; choose another ending
        item 2 of the keys: key `.status` ends in `.status`, as only statuses do; choose another ending
        item 2 of the keys: key `ääääääääääääääääääääääääääääääääääääääääääääääääääääääääääää…` has 244 bytes, more than the 243 that fit a file name; shorten it, or take `Key::from_url`
        item 2 of the keys: key `a/b` contains `/`, which separates folders; replace it, or take `Key::from_url`
        item 2 of the keys: key `a\\b` contains `\`, which separates folders; replace it, or take `Key::from_url`
        item 2 of the keys: key `a\nb` contains the control character U+000A; remove it
        item 2 of the keys: key `a\0b` contains the control character U+0000; remove it
        item 2 of the keys: key `\u{85}` contains the control character U+0085; remove it
    "#]].assert_eq(&told.collect::<String>());
}

#[tokio::test]
async fn keys_as_odd_as_they_may_be() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    let long = format!("{}a", "ä".repeat(121));
    let odd = [
        "...",
        ".a",
        "a b",
        "a.b.status.json",
        "post é 1",
        "a:*?\"<>|",
        "~",
        "-rf",
    ];
    let keys = [&odd[..], &[&long]].concat();
    let tasks = Tasks::from_pairs(keys.iter().map(|key| (key, page(&site, 1)))).unwrap();
    let report = run(&sandbox, tasks).run().await.unwrap();
    assert_eq!(report.count(Outcome::Succeeded), keys.len() as u64);
    for key in &keys {
        assert_eq!(sandbox.status(key)["name"], *key);
    }
    let again = run(&sandbox, Tasks::stored()).run().await.unwrap();
    assert_eq!(
        again.count(Outcome::Skipped),
        keys.len() as u64,
        "all are found again"
    );
}

#[test]
fn tasks_are_checked_where_they_are_made() {
    let told = |result: Result<Tasks, TaskError>| result.unwrap_err().to_string() + "\n";
    let two_params = [("a", json!({"n": 1})), ("a", json!({"n": 2}))];
    let told = [
        told(Tasks::from_pairs(two_params)),
        told(Tasks::from_pairs([("a", json!([1]))])),
        told(Tasks::from_pairs([("a", json!(null))])),
        told(Tasks::from_pairs([("a", f64::NAN)])),
        told(Tasks::from_urls(["http://a/", ""])),
        told(Tasks::from_file("tasks.json")),
        told(Tasks::from_file("missing.jsonl")),
    ];
    expect![[r#"
        item 2 of the pairs: key `a` comes with two different params; give each its own key
        item 1 of the pairs: params of key `a` must be a JSON object, found an array; give a struct or a map
        item 1 of the pairs: params of key `a` must be a JSON object, found null; give a struct or a map
        item 1 of the pairs: params of key `a` must be a JSON object, found null; give a struct or a map
        item 2 of the URLs: the URL is empty; leave it out
        tasks.json: the file's extension tells no format: .jsonl and .ndjson hold a JSON object a line, .csv has a header row, .txt has a URL a line; rename it, or name the format by `Tasks::from_jsonl`, `from_csv` or `from_url_list`
        missing.jsonl: cannot open it: No such file or directory (os error 2)
    "#]].assert_eq(&told.concat());
}

/// How tasks are refused before the first of them, by a run as by a plan.
async fn refused(site: &Site, tasks: impl Fn() -> Tasks) -> String {
    let sandbox = Sandbox::new();
    sandbox.write("odd.status.json", "{}");
    let before = sandbox.stamps();
    let plan = run(&sandbox, tasks()).plan().await.unwrap_err();
    let error = run(&sandbox, tasks()).run().await.unwrap_err();
    assert_eq!((error.kind(), error.exit_code()), (RunErrorKind::Task, 2));
    assert_eq!(plan.to_string(), error.to_string());
    assert_eq!(site.total_hits(), 0, "nothing was requested");
    assert!(sandbox.stamps() == before, "nothing was stored");
    error
        .to_string()
        .replace(sandbox.dir().to_str().unwrap(), "DIR")
        + "\n"
}

#[tokio::test]
async fn what_is_wrong_in_memory_is_found_before_the_first_task() {
    let site = Site::start();
    let pair = |key: &str, params: Value| Tasks::from_pairs([(key, params)]).unwrap();
    let keys = |keys: [&str; 2]| Tasks::from_keys(keys).unwrap();
    let good = || pair("a", page(&site, 1)).and(pair("b", page(&site, 2)));
    let other = || pair("a", page(&site, 9));
    // A source that is pulled later, also where it comes before.
    let lazy = || Tasks::from_iterator([("c", page(&site, 3))]);
    let told = [
        refused(&site, || good().and(other())).await,
        refused(&site, || lazy().and(good()).and(other())).await,
        refused(&site, || good().and(keys(["odd", "unknown"]))).await,
        refused(&site, || keys(["odd", "odd"]).and(pair("odd", json!({})))).await,
    ];
    expect![[r#"
        key `a` comes with two different params; give each its own key
        key `a` comes with two different params; give each its own key
        key `unknown` is given alone and DIR has no status of it; give its params too
        key `odd` comes with params after it came by key alone, which takes the stored ones; give the one with params first
    "#]].assert_eq(&told.concat());
}

#[tokio::test]
async fn equal_tasks_collapse_and_are_counted() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    let url = site.url("/page/1");
    let key = Key::from_url(&url);
    let urls = Tasks::from_urls([&url, &url, &site.url("/page/2"), &url]).unwrap();
    let tasks = urls
        .and(Tasks::from_pairs([(&key, json!({"url": url}))]).unwrap())
        .and(Tasks::from_iterator([Task::from_url(&url)]))
        .and(Tasks::from_keys([&key]).unwrap());
    let report = run(&sandbox, tasks).run().await.unwrap();
    assert_eq!(
        (report.done(), report.total(), report.duplicates),
        (2, 2, 5)
    );
    assert_eq!((site.hits("/page/1"), site.hits("/page/2")), (1, 1));
}

#[tokio::test]
async fn params_that_do_not_fit_are_recorded_on_the_executor() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    sandbox.write("none.status.json", r#"{"params": NaN}"#);
    let tasks = Tasks::from_pairs([
        ("empty", json!({})),
        ("number", json!({"url": 7})),
        ("good", page(&site, 1)),
    ]);
    let tasks = tasks.unwrap().and(Tasks::from_keys(["none"]).unwrap());
    let report = run(&sandbox, tasks).run().await.unwrap();
    assert_eq!((report.done(), report.failed()), (1, 3));
    assert_eq!(report.classes["RuntimeError"], 3);
    let told = ["empty", "number", "none"].map(|key| {
        let text = sandbox.text(key).replace("NaN", "null");
        let status: Value = serde_json::from_str(&text).unwrap();
        assert!(
            status.get("length_status").is_none(),
            "an error ends its task"
        );
        format!("{key}: {}\n", status["title_status"].as_str().unwrap())
    });
    expect![[r#"
        empty: ERROR RuntimeError::the task's params don't fit `journey::bad_tasks::Page`: missing field `url` at line 1 column 2
        number: ERROR RuntimeError::the task's params don't fit `journey::bad_tasks::Page`: invalid type: integer, expected a string at line 2 column 12
        none: ERROR RuntimeError::the task has no params
    "#]].assert_eq(&told.concat());
}
