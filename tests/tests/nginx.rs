//! `scrape` against a real web server: nginx compresses its answers, and answers 429 to whoever asks too fast.

use std::collections::BTreeMap;

use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow_tests::nginx::Config;
use scrapeflow_tests::{Nginx, Sandbox};
use serde_json::json;

#[executor]
async fn upper(page: Body<scrape>) -> Result<String> {
    Ok(page.text().to_uppercase())
}

workflow! { Pages = scrape; }
workflow! { Texts = scrape -> upper; }

#[tokio::test]
async fn compressed_answers_are_stored_decoded() {
    let nginx = Nginx::configured(&Config {
        server: "gzip on; gzip_min_length 1000;",
        ..Config::default()
    });
    let (short, long) = ("a line of text\n", "a line of text\n".repeat(1000));
    nginx.put("/short", short);
    nginx.put("/long", &long);
    let sandbox = Sandbox::new();
    let tasks =
        ["short", "long"].map(|name| (name, json!({ "url": nginx.url(&format!("/{name}")) })));
    let report = Texts::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs(tasks).unwrap())
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!(report.done(), 2, "{report}");
    for (name, text, encoding) in [("short", short, ""), ("long", &*long, "gzip")] {
        assert_eq!(sandbox.read(&format!("{name}.scrape")), text.as_bytes());
        let status = sandbox.status(name);
        assert_eq!(status["scrape"]["size"], text.len(), "{name}");
        assert_eq!(status["upper"], text.to_uppercase(), "{name}");
        let target = format!("/{name}");
        let mut rows = nginx.log().into_iter();
        let row = rows.find(|row| row.target == target).unwrap();
        assert_eq!(row.content_encoding, encoding, "{name}");
        let is_smaller = row.sent < text.len() as u64;
        assert_eq!(is_smaller, encoding == "gzip", "{name}: {} bytes", row.sent);
    }
}

#[tokio::test]
async fn whoever_is_told_429_slows_down_and_gets_all() {
    const TASKS: u64 = 30;
    // One each 10 ms, and not one more.
    let nginx = Nginx::configured(&Config {
        http: "limit_req_zone $binary_remote_addr zone=all:64k rate=100r/s;",
        server: "limit_req zone=all; limit_req_status 429;",
        ..Config::default()
    });
    let urls: Vec<String> = (0..TASKS)
        .map(|page| {
            nginx.put(&format!("/{page}"), format!("page {page}"));
            nginx.url(&format!("/{page}"))
        })
        .collect();
    let sandbox = Sandbox::new();
    let short = Duration::from_millis(20);
    let report = Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_urls(urls).unwrap())
        .request_backoff(Backoff::new(short, short))
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!(report.done(), TASKS, "{report}");

    let mut answers: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    for row in nginx.log() {
        answers.entry(row.target).or_default().push(row.status);
    }
    assert_eq!(answers.len() as u64, TASKS);
    let mut refused = 0;
    for (target, answers) in answers {
        let (last, before) = answers.split_last().unwrap();
        assert_eq!(*last, 200, "{target}");
        assert!(
            before.iter().all(|&status| status == 429),
            "{target}: {before:?}"
        );
        refused += before.len() as u64;
    }
    // All began at once.
    assert!(refused > 0, "nginx refused nobody");
    assert_eq!(report.request_retries, refused, "a retry for each 429");
    assert_eq!(report.requests, TASKS + refused);
}
