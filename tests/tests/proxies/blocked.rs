//! With proxies or sessions, a site that turns a visitor away is asked by another, at most three times.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use crate::asking::{Asking, ask};
use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow::{ProxyList, ProxyProvider, Sessions};
use scrapeflow_tests::{Answer, Sandbox, Site, Tinyproxy};
use serde_json::{Value, json};

workflow! { Pages = scrape; }

async fn text(fetch: Fetch, url: String) -> Result<Value> {
    Ok(json!(fetch.get(&url).send().await?.text().await?))
}

/// Six proxies, and a list of them.
struct Proxies(Vec<Tinyproxy>);

impl Proxies {
    fn start() -> Self {
        let named = |nth| Tinyproxy::start(&format!("AddHeader \"X-Proxy\" \"{nth}\""));
        Self((0..6).map(named).collect())
    }

    fn list(&self) -> Arc<ProxyList> {
        let addresses = self.0.iter().map(|proxy| proxy.address().to_string());
        Arc::new(ProxyList::new(addresses).unwrap())
    }
}

/// By whom a site was asked.
fn visitors(site: &Site) -> Vec<String> {
    let requests = site.requests();
    let by = requests
        .iter()
        .map(|request| request.header("x-proxy").unwrap_or("none").to_owned());
    by.collect()
}

type SetUp = fn(Run<Asking>) -> Run<Asking>;

/// A site that answers the first visitors with this status.
fn turning_away(status: u16, visitors: usize) -> Site {
    let (site, left) = (Site::start(), Mutex::new(visitors));
    site.route("/", move |_| {
        let mut left = left.lock().unwrap();
        if *left == 0 {
            return Answer::text("welcome");
        }
        *left -= 1;
        Answer::text("go away").status(status)
    });
    site
}

#[tokio::test]
async fn who_is_turned_away_goes_elsewhere_at_once_and_three_times_at_most() {
    let proxies = Proxies::start();
    for (status, times, expected) in [
        (401, 1, Ok("welcome")),
        (403, 3, Ok("welcome")),
        (429, 2, Ok("welcome")),
        (401, 9, Err("RuntimeError final: HTTP response 401")),
        (403, 9, Err("RuntimeError final: HTTP response 403")),
        (429, 9, Err("RuntimeError retryable: HTTP response 429")),
    ] {
        let (site, list) = (turning_away(status, times), proxies.list());
        let hour = Duration::from_secs(3600);
        let run = |run: Run<Asking>| {
            run.proxies(list.clone())
                .request_backoff(Backoff::new(hour, hour))
        };
        let told = ask(&site.url("/"), run, text).await;
        let told = told
            .as_ref()
            .map(|text| text.as_str().unwrap())
            .map_err(String::as_str);
        assert_eq!(told, expected, "{status}");
        let visitors = visitors(&site);
        assert_eq!(visitors.len(), times.min(3) + 1, "{status}");
        let different: BTreeSet<&String> = visitors.iter().collect();
        assert_eq!(
            different.len(),
            visitors.len(),
            "{status}: each by another proxy"
        );
        let blocked = times.min(4);
        assert_eq!(
            list.pool().live(),
            6 - blocked,
            "{status}: they are left alone"
        );
    }
}

#[tokio::test]
async fn the_report_counts_it_and_the_host_is_not_slowed_down() {
    let (site, proxies, sandbox) = (turning_away(429, 2), Proxies::start(), Sandbox::new());
    let report = Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_urls([site.url("/")]).unwrap())
        .proxies(proxies.list())
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!(
        (report.done(), report.blocked, report.request_retries),
        (1, 2, 2)
    );
    assert!(report.throttled.is_empty(), "{report}");
    assert_eq!(
        report
            .proxies
            .values()
            .map(|proxy| proxy.blocked)
            .sum::<u64>(),
        2
    );
    assert!(
        report
            .to_string()
            .contains("turned away and gone elsewhere: 2"),
        "{report}"
    );
}

#[tokio::test]
async fn which_statuses_say_so_can_be_set_and_an_accepted_one_never_does() {
    let proxies = Proxies::start();
    let cases: [(u16, SetUp, usize); 5] = [
        (403, |run| run, 4),
        (403, |run| run.blocked_status([]), 1),
        (403, |run| run.blocked_status([418]), 1),
        (418, |run| run.blocked_status([418]), 4),
        (403, |run| run.accept_status([403]), 1),
    ];
    for (status, set_up, requests) in cases {
        let site = turning_away(status, 9);
        let run = |run: Run<Asking>| set_up(run.proxies(proxies.list()).request_retries(0));
        let _ = ask(&site.url("/"), run, text).await;
        assert_eq!(site.requests().len(), requests, "{status}");
    }
    let told = ask("http://127.0.0.1:1/", |run| run.blocked_status([9]), text)
        .await
        .unwrap_err();
    assert!(
        told.contains("blocked_status: 9 is no HTTP status"),
        "{told}"
    );
}

#[tokio::test]
async fn a_page_that_is_found_to_say_so_counts_as_well() {
    let proxies = Proxies::start();
    for (captchas, requests) in [(2, 3), (9, 4)] {
        let (site, left) = (Site::start(), Mutex::new(captchas));
        site.route("/", move |_| {
            let mut left = left.lock().unwrap();
            *left -= i32::from(*left > 0);
            Answer::text(if *left > 0 || captchas == 9 {
                "captcha"
            } else {
                "welcome"
            })
        });
        let asks = async |fetch: Fetch, url: String| {
            let request = fetch.get(&url).retries(0).validate(|page| {
                if page.text().contains("captcha") {
                    return Err(Error::blocked("a captcha"));
                }
                Ok(())
            });
            Ok(json!(request.send().await?.text().await?))
        };
        let list = proxies.list();
        let told = ask(&site.url("/"), |run| run.proxies(list.clone()), asks).await;
        let requests = if captchas == 2 { 2 } else { requests };
        assert_eq!(site.requests().len(), requests, "{told:?}");
        assert_eq!(told.is_ok(), captchas == 2, "{told:?}");
        let different: BTreeSet<String> = visitors(&site).into_iter().collect();
        assert_eq!(different.len(), requests);
    }
}

#[tokio::test]
async fn an_executor_that_finds_itself_blocked_is_tried_elsewhere() {
    let proxies = Proxies::start();
    for (captchas, expected) in [
        (3, Ok(json!("welcome"))),
        (9, Err("RuntimeError retryable: a captcha".to_owned())),
    ] {
        let (site, list) = (turning_away(200, captchas), proxies.list());
        let asks = async |fetch: Fetch, url: String| {
            let text = fetch.get(&url).send().await?.text().await?;
            if text != "welcome" {
                return Err(Error::blocked("a captcha"));
            }
            Ok(json!(text))
        };
        let hour = Duration::from_secs(3600);
        let run = |run: Run<Asking>| run.proxies(list.clone()).backoff(Backoff::new(hour, hour));
        assert_eq!(ask(&site.url("/"), run, asks).await, expected);
        let different: BTreeSet<String> = visitors(&site).into_iter().collect();
        assert_eq!((site.requests().len(), different.len()), (4, 4));
        assert_eq!(list.pool().live(), 6 - captchas.min(4));
    }
}

#[tokio::test]
async fn sessions_without_proxies_go_on_as_somebody_else() {
    let site = Site::start();
    let (turned_away, numbers) = (Mutex::new(0), Mutex::new(0));
    site.route("/", move |request| {
        let mut times = turned_away.lock().unwrap();
        *times += 1;
        let number = {
            let mut numbers = numbers.lock().unwrap();
            *numbers += 1;
            *numbers
        };
        let known = request.header("cookie").is_some();
        let answer = Answer::text(if known { "known" } else { "new" });
        let answer = answer.header("Set-Cookie", &format!("number={number}"));
        if *times == 2 {
            answer.status(403)
        } else {
            answer
        }
    });
    let asks = async |fetch: Fetch, url: String| {
        let mut told = Vec::new();
        for _ in 0..3 {
            told.push(fetch.get(&url).send().await?.text().await?);
        }
        Ok(json!(told))
    };
    let told = ask(&site.url("/"), |run| run.sessions(Sessions::new()), asks)
        .await
        .unwrap();
    assert_eq!(
        told,
        json!(["new", "new", "known"]),
        "the second visit was made anew"
    );
    assert_eq!(site.requests().len(), 4);
}

#[tokio::test]
async fn the_only_proxy_is_kept_and_whoever_is_turned_away_by_it_waits_as_others_do() {
    let proxy = Tinyproxy::start("");
    let list = Arc::new(ProxyList::new([proxy.address().to_string()]).unwrap());
    let run = |run: Run<Asking>| run.proxies(list.clone()).request_retries(1);
    let refusing = turning_away(403, 9);
    let told = ask(&refusing.url("/"), run, text).await.unwrap_err();
    assert_eq!(told, "RuntimeError final: HTTP response 403");
    assert_eq!((refusing.requests().len(), list.pool().live()), (1, 1));
    let busy = turning_away(429, 1);
    assert!(ask(&busy.url("/"), run, text).await.is_ok());
    assert_eq!((busy.requests().len(), list.pool().live()), (2, 1));
    let captcha = turning_away(200, 9);
    let asks = async |fetch: Fetch, url: String| -> Result<Value> {
        fetch.get(&url).send().await?;
        Err(Error::blocked("a captcha"))
    };
    let told = ask(&captcha.url("/"), run, asks).await.unwrap_err();
    assert_eq!(told, "RuntimeError retryable: a captcha");
    assert_eq!((captcha.requests().len(), list.pool().live()), (1, 1));
}

#[tokio::test]
async fn without_proxies_and_sessions_it_is_an_answer_like_others() {
    let site = turning_away(403, 9);
    let told = ask(&site.url("/"), |run| run, text).await.unwrap_err();
    assert_eq!(told, "RuntimeError final: HTTP response 403");
    assert_eq!(site.requests().len(), 1);
}
