//! A session is one visitor, by one proxy and with its own cookies, until it is used up.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::asking::{Asking, ask};
use scrapeflow::http;
use scrapeflow::middleware::{Body, answering};
use scrapeflow::prelude::*;
use scrapeflow::{ProxyList, Sessions};
use scrapeflow_tests::{Answer, Sandbox, Site, Tinyproxy};
use serde_json::{Value, json};

/// A site that numbers its visitors by a cookie, and tells each its number and the proxy that it came by.
fn counting() -> Site {
    let (site, visitors) = (Site::start(), AtomicUsize::new(0));
    site.route("/visit", move |request| {
        let by = request.header("x-proxy").unwrap_or("none");
        let cookie = request
            .header("cookie")
            .and_then(|cookie| cookie.strip_prefix("visitor="));
        if let Some(number) = cookie {
            return Answer::text(format!("{number} by {by}"));
        }
        let number = visitors.fetch_add(1, Ordering::Relaxed);
        let set = format!("visitor={number}");
        Answer::text(format!("{number} by {by}")).header("Set-Cookie", &set)
    });
    site
}

/// Proxies that name themselves to the site.
fn named(names: &[&str]) -> Vec<Tinyproxy> {
    let start = |name: &&str| Tinyproxy::start(&format!("AddHeader \"X-Proxy\" \"{name}\""));
    names.iter().map(start).collect()
}

fn list(proxies: &[Tinyproxy]) -> ProxyList {
    ProxyList::new(proxies.iter().map(|proxy| proxy.address().to_string())).unwrap()
}

/// Who somebody was taken for, in so many visits.
async fn visits(fetch: Fetch, url: String, times: usize) -> Result<Vec<String>> {
    let mut told = Vec::new();
    for _ in 0..times {
        told.push(fetch.get(&url).send().await?.text().await?);
    }
    Ok(told)
}

fn texts(told: &Value) -> Vec<&str> {
    told.as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn an_attempt_is_one_visitor_by_one_proxy() {
    let site = counting();
    let proxies = named(&["a", "b", "c", "d"]);
    let run = |run: Run<Asking>| run.proxies(list(&proxies)).sessions(Sessions::new());
    let asks = async |fetch, url| Ok(json!(visits(fetch, url, 8).await?));
    let told = ask(&site.url("/visit"), run, asks).await.unwrap();
    let told = texts(&told);
    assert!(told[0].starts_with("0 by "), "{told:?}");
    assert!(told.iter().all(|visit| visit == &told[0]), "{told:?}");
}

#[tokio::test]
async fn a_session_ends_after_so_many_uses() {
    let site = counting();
    for (sessions, expected) in [
        (
            Sessions::new().max_uses(3),
            ["0", "0", "0", "1", "1", "1", "2"],
        ),
        (Sessions::new(), ["3"; 7]),
    ] {
        let asks = async |fetch, url| Ok(json!(visits(fetch, url, 7).await?));
        let told = ask(&site.url("/visit"), |run| run.sessions(sessions), asks)
            .await
            .unwrap();
        let told: Vec<&str> = texts(&told).iter().map(|visit| &visit[..1]).collect();
        assert_eq!(told, expected);
    }
}

#[tokio::test]
async fn a_session_ends_after_so_many_errors() {
    let site = counting();
    let run = |run: Run<Asking>| {
        run.sessions(Sessions::new().max_errors(2))
            .request_retries(0)
    };
    let broken = site.url("/close/before");
    let asks = move |fetch: Fetch, url: String| {
        let broken = broken.clone();
        async move {
            let mut told = Vec::new();
            for _ in 0..4 {
                told.extend(visits(fetch.clone(), url.clone(), 1).await?);
                assert!(fetch.get(&broken).send().await.is_err());
            }
            Ok(json!(told))
        }
    };
    let told = ask(&site.url("/visit"), run, asks).await.unwrap();
    assert_eq!(
        texts(&told),
        ["0 by none", "0 by none", "1 by none", "1 by none"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_when_it_is_old() {
    let number = AtomicUsize::new(0);
    let number = std::sync::Arc::new(number);
    let site = answering(move |request: http::Request<Body>| {
        let number = number.clone();
        async move {
            let known = request.headers().get("cookie");
            let told = match known {
                Some(cookie) => cookie.to_str().unwrap().to_owned(),
                None => format!("visitor={}", number.fetch_add(1, Ordering::Relaxed)),
            };
            let answer = http::Response::builder().header("set-cookie", &told);
            answer.body(Body::from(told)).unwrap()
        }
    });
    let run = |run: Run<Asking>| {
        run.sessions(Sessions::new())
            .layer(site)
            .timeout(Duration::from_secs(9 * 3600))
    };
    let asks = async |fetch: Fetch, url: String| {
        let mut told = Vec::new();
        for minutes in [0, 20, 29, 2, 49, 1] {
            tokio::time::sleep(Duration::from_secs(60 * minutes)).await;
            told.extend(visits(fetch.clone(), url.clone(), 1).await?);
        }
        Ok(json!(told))
    };
    let told = ask("http://shop.example/", run, asks).await.unwrap();
    let told: Vec<&str> = texts(&told)
        .iter()
        .map(|visit| &visit["visitor=".len()..])
        .collect();
    assert_eq!(told, ["0", "0", "0", "1", "1", "2"]);
}

#[tokio::test]
async fn attempts_that_follow_one_another_share_a_session_and_those_side_by_side_do_not() {
    #[executor]
    async fn visit(fetch: Fetch, url: State<String>) -> Result<Vec<String>> {
        visits(fetch, url.to_string(), 2).await
    }
    workflow! { Visits = visit; }
    for (parallel, most) in [(1, 1), (4, 4)] {
        let (site, sandbox) = (counting(), Sandbox::new());
        let tasks = (0..12).map(|nth| (format!("task-{nth}"), json!({})));
        let report = Visits::in_dir(sandbox.dir())
            .tasks(Tasks::from_pairs(tasks).unwrap())
            .sessions(Sessions::new())
            .state(site.url("/visit"))
            .max_parallelism(parallel)
            .progress(Progress::Off)
            .run()
            .await
            .unwrap();
        assert_eq!(report.done(), 12, "{report}");
        let mut visitors = std::collections::BTreeSet::new();
        for nth in 0..12 {
            let status = sandbox.status(&format!("task-{nth}"));
            let told = texts(&status["visit"])
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>();
            assert_eq!(told[0], told[1]);
            visitors.insert(told[0].clone());
        }
        assert!((1..=most).contains(&visitors.len()), "{visitors:?}");
    }
}

#[tokio::test]
async fn sessions_that_end_before_they_begin_are_refused() {
    for sessions in [
        Sessions::new().max_uses(0),
        Sessions::new().max_errors(0),
        Sessions::new().max_age(Duration::ZERO),
    ] {
        let asks = async |fetch, url| Ok(json!(visits(fetch, url, 1).await?));
        let told = ask("http://127.0.0.1:1/", |run| run.sessions(sessions), asks)
            .await
            .unwrap_err();
        assert!(
            told.contains("sessions that end before they begin"),
            "{told}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn without_proxies_a_429_is_said_to_all_and_waited_for() {
    let asked = std::sync::Arc::new(AtomicUsize::new(0));
    let seen = asked.clone();
    let site = answering(move |_: http::Request<Body>| {
        let nth = seen.fetch_add(1, Ordering::Relaxed);
        async move {
            let answer = http::Response::builder().header("retry-after", "7");
            let status = if nth == 0 { 429 } else { 200 };
            answer.status(status).body(Body::from("page")).unwrap()
        }
    });
    let run = |run: Run<Asking>| run.sessions(Sessions::new()).layer(site);
    let asks = async |fetch: Fetch, url: String| {
        let began = tokio::time::Instant::now();
        fetch.get(&url).send().await?;
        Ok(json!(began.elapsed().as_secs()))
    };
    let waited = ask("http://shop.example/", run, asks).await.unwrap();
    assert!(waited.as_u64().unwrap() >= 7, "{waited}");
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}
