//! A request that fails for now is tried again by itself, so that its executor doesn't begin again; and a host
//! that answers 429 or 503 is left alone as long as it asks for, by all tasks.
//!
//! The web is a layer that answers by itself, and the time is paused: pauses are exact and pass at once.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use scrapeflow::http;
use scrapeflow::middleware::tower::Layer;
use scrapeflow::middleware::{Body, HttpService, Transport, answering};
use scrapeflow::prelude::*;
use scrapeflow_tests::Sandbox;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

const BUSY: &str = "busy.example";

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Answers the nth request (from 0) for a URL.
type Answer = dyn Fn(&http::Uri, usize) -> http::Response<Body> + Send + Sync;

/// Every host answers, after 50 ms unless something else is said.
#[derive(Clone)]
struct Web {
    takes: Duration,
    answer: Arc<Answer>,
    /// Host, path, and the time since the web began.
    asked: Arc<Mutex<Vec<(String, String, Duration)>>>,
    began: Instant,
}

impl Web {
    fn answering<F>(answer: F) -> Self
    where
        F: Fn(&http::Uri, usize) -> http::Response<Body> + Send + Sync + 'static,
    {
        Self {
            takes: Duration::from_millis(50),
            answer: Arc::new(answer),
            asked: Arc::default(),
            began: Instant::now(),
        }
    }

    fn layer(&self) -> impl Layer<Transport, Service: HttpService> + Send + Sync + use<> {
        let web = self.clone();
        answering(move |request| {
            let (takes, answer) = (web.takes, web.ask(request.uri()));
            async move {
                sleep(takes).await;
                answer
            }
        })
    }

    fn ask(&self, url: &http::Uri) -> http::Response<Body> {
        let mut asked = self.asked.lock().unwrap();
        let (host, path) = (url.host().unwrap().to_owned(), url.path().to_owned());
        let before = asked.iter().filter(|(h, p, _)| (h, p) == (&host, &path));
        let answer = (self.answer)(url, before.count());
        asked.push((host, path, self.began.elapsed()));
        answer
    }

    /// When a host was asked, and for which path.
    fn asked(&self, of: &str) -> Vec<(String, Duration)> {
        let asked = self.asked.lock().unwrap();
        let of_host = asked.iter().filter(|(host, ..)| host == of);
        of_host.map(|(_, path, at)| (path.clone(), *at)).collect()
    }

    fn requests(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

fn page() -> http::Response<Body> {
    http::Response::new(Body::from("page"))
}

fn status(status: u16) -> http::Response<Body> {
    let response = http::Response::builder().status(status);
    response.body(Body::from("not now")).unwrap()
}

fn retry_after(code: u16, value: &str) -> http::Response<Body> {
    let mut response = status(code);
    let value = value.parse().unwrap();
    response.headers_mut().insert("retry-after", value);
    response
}

/// A body that ends before its end.
fn broken() -> http::Response<Body> {
    let begins = Ok(Bytes::from_static(b"pa"));
    let breaks = Err(io::Error::from(io::ErrorKind::ConnectionReset));
    http::Response::new(Body::wrap_stream(stream::iter([begins, breaks])))
}

#[derive(Serialize, Deserialize)]
struct Page {
    url: String,
    retries: Option<u32>,
}

#[executor]
async fn get(page: Params<Page>, fetch: Fetch) -> Result<String> {
    let request = fetch.get(&page.url);
    let request = match page.retries {
        None => request,
        Some(retries) => request.retries(retries),
    };
    request.send().await?.text().await
}

workflow! { Get = get; }

async fn ended<W: Workflow>(web: &Web, run: Run<W>) -> Report {
    let run = run.layer(web.layer()).progress(Progress::Off).run();
    tokio::time::timeout(seconds(1_000_000), run)
        .await
        .expect("the run hangs")
        .unwrap()
}

/// One task; its status afterwards.
async fn one(web: &Web, retries: Option<u32>, say: impl FnOnce(Run<Get>) -> Run<Get>) -> Value {
    let sandbox = Sandbox::new();
    let params = json!({"url": "http://busy.example/", "retries": retries});
    let run = Get::in_dir(sandbox.dir()).tasks(Tasks::from_pairs([("a", params)]).unwrap());
    assert_eq!(ended(web, say(run)).await.total(), 1);
    sandbox.status("a")
}

#[executor]
async fn pages(fetch: Fetch) -> Result<u32> {
    for n in 0..300 {
        fetch
            .get(&format!("http://busy.example/{n}"))
            .send()
            .await?
            .bytes()
            .await?;
    }
    Ok(300)
}

workflow! { Paging = pages; }

#[tokio::test(start_paused = true)]
async fn an_executor_that_pages_does_not_begin_again_for_one_page() {
    let sandbox = Sandbox::new();
    let web = Web::answering(|url, nth| {
        let n: u32 = url.path()[1..].parse().unwrap();
        if n % 10 == 9 && nth == 0 {
            status(429)
        } else {
            page()
        }
    });
    let run = Paging::in_dir(sandbox.dir()).tasks(Tasks::from_pairs([("a", json!({}))]).unwrap());
    let report = ended(&web, run).await;
    assert_eq!((web.requests(), report.requests), (330, 330));
    let status = sandbox.status("a");
    assert_eq!(
        (&status["pages"], &status["pages_meta"]["attempts"]),
        (&json!(300), &json!(1))
    );
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again_and_nothing_else() {
    let passes = [408, 425, 429, 500, 502, 503, 504, 522, 524];
    let stays = [400, 401, 403, 404, 410, 418, 501, 505, 599];
    let cases = passes
        .map(|code| (code, 3))
        .into_iter()
        .chain(stays.map(|code| (code, 1)));
    for (code, tries) in cases {
        let web = Web::answering(move |_, _| status(code));
        let found = one(&web, None, |run| run).await;
        assert_eq!(web.requests(), tries, "{code}");
        assert_eq!(
            found["get_status"],
            format!("ERROR RuntimeError::HTTP response {code}")
        );
        let meta = &found["get_meta"];
        assert_eq!(
            (&meta["http_status"], &meta["attempts"]),
            (&json!(code), &json!(1))
        );
        assert_eq!(meta["retryable"], tries == 3, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_has_its_own_retries_or_the_runs() {
    type Say = fn(Run<Get>) -> Run<Get>;
    let cases: [(Say, Option<u32>, usize); 7] = [
        (|run| run, None, 3),
        (|run| run.request_retries(0), None, 1),
        (|run| run.request_retries(5), None, 6),
        (|run| run, Some(0), 1),
        (|run| run.request_retries(5), Some(1), 2),
        // Attempts of the executor are another thing: each has all tries.
        (|run| run.retries(1), None, 6),
        (|run| run.retries(2).request_retries(0), None, 3),
    ];
    for (nth, (say, retries, requests)) in cases.into_iter().enumerate() {
        let web = Web::answering(|_, _| status(500));
        let found = one(&web, retries, say).await;
        assert_eq!(web.requests(), requests, "case {nth}");
        assert_eq!(found["get_status"], "ERROR RuntimeError::HTTP response 500");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_is_asked_for_anew() {
    for (breaks, requests, output, said) in [
        (2, 3, json!("page"), "SUCCESS"),
        (9, 3, Value::Null, "ERROR ClientPayloadError::"),
    ] {
        let web = Web::answering(move |_, nth| if nth < breaks { broken() } else { page() });
        let found = one(&web, None, |run| run).await;
        assert_eq!((web.requests(), &found["get"]), (requests, &output));
        let status = found["get_status"].as_str().unwrap();
        assert!(status.starts_with(said), "{status}");
        assert_eq!(found["get_meta"]["attempts"], 1);
    }
}

#[tokio::test(start_paused = true)]
async fn pauses_between_tries_double_up_to_a_minute_and_are_cut_by_up_to_a_half() {
    let web = Web::answering(|_, _| status(500));
    one(&web, Some(8), |run| run).await;
    let asked = web.asked(BUSY);
    let pauses = asked
        .windows(2)
        .map(|pair| pair[1].1.saturating_sub(pair[0].1));
    let wholes = [1, 2, 4, 8, 16, 32, 60, 60].map(seconds);
    assert_eq!(pauses.len(), wholes.len());
    for (pause, whole) in pauses.zip(wholes) {
        let most = whole + Duration::from_millis(60);
        assert!(
            (whole / 2..=most).contains(&pause),
            "{pause:?} of {whole:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_pause_and_what_was_to_be_asked_again_is_no_failure() {
    let web = Web::answering(|_, _| status(502));
    let pause = Backoff::new(seconds(1000), seconds(1000));
    let sandbox = Sandbox::new();
    let params = json!({"url": "http://busy.example/"});
    let run = Get::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("a", params)]).unwrap())
        .request_backoff(pause)
        .stop_when(sleep(seconds(10)));
    let report = ended(&web, run).await;
    assert_eq!((web.requests(), web.began.elapsed()), (1, seconds(10)));
    assert_eq!(report.count(Outcome::Interrupted), 1);
    assert_eq!(sandbox.files(), [""; 0]);
}

/// One task of the busy host, a second later nine more of it and ten of another.
fn one_then_more() -> Tasks {
    let task = |host: &str, n: u64| {
        let params = json!({"url": format!("http://{host}/{n}"), "retries": 1});
        Task::new(format!("{host} {n}"), &params).unwrap()
    };
    let first = stream::iter([task(BUSY, 0)]);
    let more = stream::once(sleep(seconds(1))).flat_map(move |()| {
        let both = (1..10)
            .map(move |n| task(BUSY, n))
            .chain((0..10).map(move |n| task("other.example", n)));
        stream::iter(both.collect::<Vec<_>>())
    });
    Tasks::from_stream(first.chain(more))
}

/// Runs them where the busy host answers the first request so; which of its paths were asked when.
async fn after_the_first(answer: fn() -> http::Response<Body>) -> BTreeMap<String, Vec<Duration>> {
    let web = Web::answering(move |url, nth| {
        let first = (url.host(), url.path(), nth) == (Some(BUSY), "/0", 0);
        if first { answer() } else { page() }
    });
    let sandbox = Sandbox::new();
    let run = Get::in_dir(sandbox.dir())
        .tasks(one_then_more())
        .max_parallelism(3)
        .request_backoff(Backoff::new(seconds(100), seconds(100)));
    let report = ended(&web, run).await;
    assert_eq!(
        (report.count(Outcome::Succeeded), report.requests),
        (20, 21)
    );
    let others = web.asked("other.example");
    assert!(
        others.iter().all(|(_, at)| *at < seconds(5)),
        "others go on: {others:?}"
    );
    let mut asked: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (path, at) in web.asked(BUSY) {
        asked.entry(path).or_default().push(at);
    }
    asked
}

#[tokio::test(start_paused = true)]
async fn a_host_that_asks_for_it_is_left_alone_by_all_tasks() {
    // A date is of the real clock, from which the paused one doesn't depart by much.
    let in_an_hour = || {
        let date = chrono::Utc::now() + chrono::Duration::seconds(3000);
        retry_after(429, &date.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
    };
    let cases: [(fn() -> _, u64, u64); 4] = [
        (|| retry_after(429, "500"), 500, 501),
        (|| retry_after(503, "500"), 500, 501),
        // No longer than an hour.
        (|| retry_after(429, "99999999999999999999"), 3600, 3601),
        (in_an_hour, 2500, 3001),
    ];
    for (answer, least, most) in cases {
        let mut asked = after_the_first(answer).await;
        let first = asked.get_mut("/0").unwrap().remove(0);
        assert_eq!(first, Duration::ZERO);
        let mut all: Vec<Duration> = asked.into_values().flatten().collect();
        all.sort();
        let earliest = all[0];
        assert!(
            (seconds(least)..=seconds(most)).contains(&earliest),
            "{least} s: {all:?}"
        );
        // Then as slowly as a host that was asked too much: ten a second.
        let slowly =
            |pair: &[Duration]| pair[1].saturating_sub(pair[0]) >= Duration::from_millis(100);
        assert!(all.len() == 10 && all.windows(2).all(slowly), "{all:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_asks_for_no_time_is_tried_again_after_the_backoff() {
    let cases: [fn() -> _; 3] = [
        || retry_after(429, "0"),
        || retry_after(503, "Sun, 06 Nov 1994 08:49:37 GMT"),
        || status(429),
    ];
    for answer in cases {
        let asked = after_the_first(answer).await;
        let again = asked["/0"][1];
        assert!((seconds(50)..=seconds(101)).contains(&again), "{again:?}");
        for (path, at) in asked.iter().filter(|(path, _)| *path != "/0") {
            assert!(at[0] < seconds(5), "{path} doesn't wait for that: {at:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_that_is_refused_together_halves_the_pace_once_and_good_answers_bring_it_back() {
    // Twenty are under way together: one begins every 100 ms, and takes 2 s.
    let mut web = Web::answering(|url, nth| match url.path().len() {
        2 if nth == 0 => status(429),
        _ => page(),
    });
    web.takes = seconds(2);
    let tasks = (0..400).map(|n| {
        let params = json!({"url": format!("http://busy.example/{n}")});
        Task::new(format!("{n}"), &params).unwrap()
    });
    let sandbox = Sandbox::new();
    let run = Get::in_dir(sandbox.dir())
        .tasks(Tasks::from_iterator(tasks))
        .politeness(Politeness::default().pace(Pace::per_second(10.0)));
    let report = ended(&web, run).await;
    assert_eq!(
        (report.count(Outcome::Succeeded), report.requests),
        (400, 410)
    );
    let asked = web.asked(BUSY);
    let gap = |pair: &[(String, Duration)]| pair[1].1.saturating_sub(pair[0].1).as_millis();
    let gaps: Vec<u128> = asked.windows(2).map(gap).collect();
    assert_eq!(gaps[..19], [100; 19]);
    assert_eq!(gaps[20..35], [200; 15]);
    let slowest = gaps.iter().max();
    assert_eq!((slowest, gaps.last()), (Some(&200), Some(&100)), "{gaps:?}");
}
