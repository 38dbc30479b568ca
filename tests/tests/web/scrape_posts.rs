//! The ready-made `scrape` POSTs where a task's params say so, with the task's cookies in place of the run's, and
//! GETs otherwise; keys of such tasks come from all their params.

use std::collections::BTreeMap;

use scrapeflow::prelude::*;
use scrapeflow::ready::{ScrapeParams, scrape};
use scrapeflow_tests::{Request, Sandbox, Site};
use serde_json::{Value, json};

workflow! { Pages = scrape; }

/// What the site received for a task with these params, and the task's status.
async fn scraped(
    site: &Site,
    params: Value,
    set_up: impl FnOnce(Run<Pages>) -> Run<Pages>,
) -> (Request, Value) {
    let sandbox = Sandbox::new();
    let run = Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("page", params)]).unwrap())
        .progress(Progress::Off);
    let report = set_up(run).run().await.unwrap();
    let status = sandbox.status("page");
    assert_eq!(report.done(), 1, "{status:#}");
    (site.requests().pop().unwrap(), status)
}

#[tokio::test]
async fn a_payload_is_posted_as_json_that_asks_for_json() {
    let site = Site::start();
    let url = site.url("/echo");
    for (payload, sent) in [
        (
            json!({ "b": [1, null], "a": "gr\u{fc}n" }),
            "{\"a\":\"gr\u{fc}n\",\"b\":[1,null]}",
        ),
        (json!([]), "[]"),
        (json!("text"), "\"text\""),
        (json!(0), "0"),
        (json!(false), "false"),
    ] {
        let params = json!({ "url": url, "post_payload": payload, "note": "not sent" });
        let (request, status) = scraped(&site, params.clone(), |run| run).await;
        assert_eq!(request.method(), "POST");
        assert_eq!(String::from_utf8_lossy(request.body()), sent);
        for (name, value) in [
            ("content-type", "application/json"),
            ("accept", "application/json"),
            ("content-length", &sent.len().to_string()),
        ] {
            let values: Vec<&str> = request.header_values(name).collect();
            assert_eq!(values, [value], "{name}");
        }
        assert_eq!(status["params"], params, "as they were given");
    }
}

#[tokio::test]
async fn without_a_payload_it_is_a_get() {
    let site = Site::start();
    let url = site.url("/echo");
    for params in [
        json!({ "url": url }),
        json!({ "url": url, "post_payload": null, "cookies": null }),
        json!({ "url": url, "cookies": {} }),
    ] {
        let (request, _) = scraped(&site, params, |run| run).await;
        assert_eq!((request.method(), request.body()), ("GET", &b""[..]));
        assert_eq!(request.header("content-type"), None);
        assert_eq!(request.header("accept"), Some("*/*"));
        assert_eq!(request.header("cookie"), None);
    }
}

#[tokio::test]
async fn the_tasks_cookies_go_instead_of_the_runs_and_the_hosts() {
    let site = Site::start();
    let url = site.url("/echo");
    let task = json!({ "url": url, "cookies": { "b": "2", "a": "1" } });
    let post = json!({ "url": url, "cookies": { "b": "2", "a": "1" }, "post_payload": {} });
    let none = json!({ "url": url });
    for (params, cookies) in [(&task, "a=1; b=2"), (&post, "a=1; b=2"), (&none, "run=1")] {
        let set_up = |run: Run<Pages>| run.cookies([("run", "1")]);
        let (request, _) = scraped(&site, params.clone(), set_up).await;
        let sent: Vec<&str> = request.header_values("cookie").collect();
        assert_eq!(sent, [cookies], "{params}");
    }
    let no_cookies = json!({ "url": url, "cookies": {} });
    let set_up = |run: Run<Pages>| run.cookies([("run", "1")]);
    let (request, _) = scraped(&site, no_cookies, set_up).await;
    assert_eq!(request.header("cookie"), None, "none are cookies, too");
    for (params, cookies) in [(&task, "a=1; b=2"), (&none, "host=1")] {
        let set_up = |run: Run<Pages>| {
            run.cookies([("run", "1")])
                .host("127.0.0.1", |host| host.cookie("host", "1"))
        };
        let (request, _) = scraped(&site, params.clone(), set_up).await;
        let sent: Vec<&str> = request.header_values("cookie").collect();
        assert_eq!(sent, [cookies], "{params}");
    }
}

#[tokio::test]
async fn cookies_that_cannot_be_are_recorded() {
    let site = Site::start();
    let sandbox = Sandbox::new();
    let cookies = json!({ "a": "secret; b=1" });
    let params = json!({ "url": site.url("/echo"), "cookies": cookies });
    let report = Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("page", params)]).unwrap())
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!((report.failed(), site.total_hits()), (1, 0));
    assert_eq!(
        sandbox.status("page")["scrape_status"],
        "ERROR RuntimeError::cookie `a` has characters that no cookie can have"
    );
}

#[tokio::test]
async fn a_post_accepts_exactly_200_and_records_repeated_headers_in_title_case() {
    let site = Site::start();
    let sandbox = Sandbox::new();
    let task = |path: &str| ScrapeParams::new(site.url(path)).post(json!({}));
    let tasks = [
        ("repeated", task("/headers/repeated")),
        ("created", task("/status/201")),
    ];
    let report = Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs(tasks).unwrap())
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!((report.done(), report.failed()), (1, 1));
    let headers = &sandbox.status("repeated")["scrape"]["response_headers"];
    assert_eq!(headers["X-Twice"], json!(["one", "two"]));
    assert_eq!(
        headers["Set-Cookie"],
        json!(["first=1", "second=2; Path=/"])
    );
    assert_eq!(headers["Content-Type"], "text/html; charset=utf-8");
    assert_eq!(
        sandbox.status("created")["scrape_status"],
        "ERROR RuntimeError::HTTP response 201"
    );
}

#[tokio::test]
async fn posts_to_one_address_are_told_apart_by_keys_of_their_params() {
    let site = Site::start();
    let sandbox = Sandbox::new();
    let task = |page: u32| ScrapeParams::new(site.url("/echo")).post(json!({ "page": page }));
    let keyed = |page| (Key::from_params(&task(page)).unwrap(), task(page));
    let run = || {
        Pages::in_dir(sandbox.dir())
            .tasks(Tasks::from_pairs([keyed(1), keyed(2), keyed(1)]).unwrap())
            .progress(Progress::Off)
            .run()
    };
    assert_eq!(run().await.unwrap().done(), 2);
    let bodies: BTreeMap<String, Value> = [1, 2]
        .map(|page| {
            let (key, _) = keyed(page);
            let echo = sandbox.read(&format!("{key}.scrape"));
            let echo: Value = serde_json::from_slice(&echo).unwrap();
            (key.to_string(), echo["body"].clone())
        })
        .into();
    let bodies: Vec<Value> = [1, 2]
        .map(|page| bodies[keyed(page).0.as_str()].clone())
        .into();
    assert_eq!(bodies, [json!("{\"page\":1}"), json!("{\"page\":2}")]);
    // However the same params are spelled.
    let spelled = json!({ "post_payload": { "page": 1 }, "url": site.url("/echo") });
    assert_eq!(Key::from_params(&spelled).unwrap(), keyed(1).0);
    assert_eq!(run().await.unwrap().count(Outcome::Skipped), 2);
    assert_eq!(site.hits("/echo"), 2, "nothing is posted twice");
}
