//! Waiting for a host: places and turns are given back however a wait ends, who is sent back costs nothing
//! until the turn has come, and nobody waits for himself. The web is a layer, and the time paused: what never
//! ends fails at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures::stream::{self, StreamExt};
use scrapeflow::http;
use scrapeflow::middleware::tower::Layer;
use scrapeflow::middleware::{Body as Bytes, HttpService, Transport, answering};
use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow::store::MemoryStore;
use serde_json::json;
use tokio::time::{Instant, sleep};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Answers instead of the network, after as many seconds as the path begins with.
#[derive(Clone, Default)]
struct Web(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    urls: Vec<String>,
    now: HashMap<String, usize>,
    /// At once at one host, at most.
    most: usize,
}

impl Web {
    fn layer(&self) -> impl Layer<Transport, Service: HttpService> + Send + Sync + 'static {
        let web = self.clone();
        answering(move |request| {
            let web = web.clone();
            async move { web.answer(request.uri()).await }
        })
    }

    async fn answer(&self, uri: &http::Uri) -> http::Response<Bytes> {
        let host = uri.host().unwrap().to_owned();
        let under_way = UnderWay::new(self, &host, uri.to_string());
        let words: Vec<&str> = uri.path().split('/').skip(1).collect();
        let takes = words[0].parse().unwrap_or(1);
        sleep(seconds(takes)).await;
        drop(under_way);
        let mut answer = http::Response::new(Bytes::from(match uri.path() {
            "/robots.txt" => "user-agent: *\ndisallow: /private",
            _ => "page",
        }));
        if let Some(rest) = uri.path().strip_prefix("/1/leads") {
            *answer.status_mut() = http::StatusCode::FOUND;
            let to = format!("/1/to{rest}").parse().unwrap();
            answer.headers_mut().insert("location", to);
        }
        answer
    }

    fn hits(&self, part: &str) -> usize {
        let urls = &self.0.lock().unwrap().urls;
        urls.iter().filter(|url| url.contains(part)).count()
    }

    fn most(&self) -> usize {
        self.0.lock().unwrap().most
    }
}

/// Counts a request until it is answered or given up.
struct UnderWay(Web, String);

impl UnderWay {
    fn new(web: &Web, host: &str, url: String) -> Self {
        let mut seen = web.0.lock().unwrap();
        let now = seen.now.entry(host.to_owned()).or_default();
        *now += 1;
        seen.most = seen.most.max(seen.now[host]);
        seen.urls.push(url);
        drop(seen);
        Self(web.clone(), host.to_owned())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap().now.get_mut(&self.1).unwrap() -= 1;
    }
}

/// A run over these paths of one host, `0`, `1` and so on.
fn run<W: Workflow>(web: &Web, paths: impl IntoIterator<Item = String>) -> Run<W> {
    let tasks = paths.into_iter().enumerate().map(|(n, path)| {
        (
            n.to_string(),
            json!({"url": format!("http://a.example{path}")}),
        )
    });
    over(web, Tasks::from_pairs(tasks).unwrap())
}

/// A run whose executors alone know what they ask for.
fn blind<W: Workflow>(web: &Web, tasks: usize) -> Run<W> {
    let tasks = (0..tasks).map(|n| (n.to_string(), json!({})));
    over(web, Tasks::from_pairs(tasks).unwrap())
}

fn over<W: Workflow>(web: &Web, tasks: Tasks) -> Run<W> {
    W::in_store(MemoryStore::new())
        .tasks(tasks)
        .layer(web.layer())
        .request_retries(0)
        .progress(Progress::Off)
}

fn paths(path: &str, tasks: usize) -> Vec<String> {
    (0..tasks).map(|n| format!("{path}/{n}")).collect()
}

/// So many at once.
fn at_once(requests: u32) -> Politeness {
    Politeness::default().pace(Pace::default().concurrency(requests))
}

/// A run that hangs ends here.
async fn ended<W: Workflow>(run: Run<W>) -> Report {
    tokio::time::timeout(seconds(1_000_000), run.run())
        .await
        .expect("the run hangs")
        .unwrap()
}

/// How many tasks have begun and not ended, at most.
fn counting<W: Workflow>(run: Run<W>) -> (Run<W>, Arc<AtomicUsize>) {
    let (now, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let at_most = most.clone();
    let run = run.on_event(move |event| match event {
        Event::TaskStarted { .. } => {
            let now = now.fetch_add(1, Ordering::Relaxed) + 1;
            at_most.fetch_max(now, Ordering::Relaxed);
        }
        Event::TaskFinished { .. } => drop(now.fetch_sub(1, Ordering::Relaxed)),
        _ => {}
    });
    (run, most)
}

workflow! { Pages = scrape; }

/// Knows its URL only by itself.
#[executor]
async fn page(key: Key, fetch: Fetch) -> Result<()> {
    let page = fetch.get(&format!("http://a.example/1/{key}"));
    page.send().await?.bytes().await?;
    Ok(())
}

workflow! { Inside = page; }

#[tokio::test(start_paused = true)]
async fn robots_and_few_at_once_together_come_to_an_end() {
    async fn check<W: Workflow>(tasks: impl Fn(&Web) -> Run<W>) {
        for (most, places) in [(1, 1), (1, 100), (3, 1), (3, 2), (3, 100)] {
            let web = Web::default();
            let run = tasks(&web)
                .politeness(at_once(most).robots(true))
                .max_parallelism(places);
            let case = format!("{most} at once, {places} places");
            assert_eq!(ended(run).await.done(), 50, "{case}");
            assert_eq!(web.hits("/robots.txt"), 1, "{case}");
            assert_eq!(web.most(), places.min(most as usize), "{case}");
        }
    }
    check(|web| run::<Pages>(web, paths("/1", 50))).await;
    check(|web| blind::<Inside>(web, 50)).await;
}

/// Waits in line no longer than a second, then for long; every second time.
#[executor(timeout = "1h")]
async fn impatient(key: Key, fetch: Fetch) -> Result<()> {
    let url = format!("http://a.example/2/{key}");
    let long = if key.as_str().ends_with(['1', '3', '5', '7', '9']) {
        1
    } else {
        1000
    };
    let page = tokio::time::timeout(seconds(long), fetch.get(&url).send()).await;
    if let Ok(page) = page {
        page?.bytes().await?;
    }
    Ok(())
}

workflow! { Impatient = impatient; }

#[tokio::test(start_paused = true)]
async fn the_line_goes_on_where_those_in_it_give_up() {
    for pace in [
        Pace::default().concurrency(1),
        Pace::default().concurrency(2).delay(seconds(1)),
        Pace::per_second(0.5),
    ] {
        for robots in [false, true] {
            let web = Web::default();
            let run = blind::<Impatient>(&web, 50)
                .politeness(Politeness::default().pace(pace).robots(robots));
            let report = ended(run).await;
            assert_eq!(report.done(), 50, "{pace:?}: {report}");
            let patient = (0..50).step_by(2).map(|n| format!("/2/{n}"));
            for page in patient {
                assert_eq!(web.hits(&page).min(1), 1, "{pace:?}: {page}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_ran_over_gives_its_turn_back() {
    let web = Web::default();
    // Each second one never answers in time.
    let paths = (0..20).map(|n| format!("/{}/{n}", if n % 2 == 0 { 100 } else { 0 }));
    let run = run::<Pages>(&web, paths)
        .politeness(at_once(1).robots(true))
        .timeout(seconds(10));
    let report = ended(run).await;
    assert_eq!((report.done(), report.failed()), (10, 10), "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_all_that_stand_in_line_and_records_nothing_of_them() {
    let began = Instant::now();
    for inside in [false, true] {
        let (web, politeness) = (Web::default(), Politeness::default());
        let politeness = politeness.pace(Pace::default().delay(seconds(1000)));
        let stop = sleep(seconds(1));
        let report = if inside {
            ended(
                blind::<Inside>(&web, 50)
                    .politeness(politeness)
                    .stop_when(stop),
            )
            .await
        } else {
            ended(
                run::<Pages>(&web, paths("/0", 50))
                    .politeness(politeness)
                    .stop_when(stop),
            )
            .await
        };
        assert_eq!(report.count(Outcome::Failed), 0, "{report}");
        assert!(report.interrupted && report.done() <= 1, "{report}");
    }
    // No grace is needed: one request is under way at most.
    assert!(began.elapsed() < seconds(5), "{:?}", began.elapsed());
}

/// Makes the best of what it gets.
#[executor]
async fn undaunted(key: Key, fetch: Fetch) -> Result<bool> {
    let page = fetch.get(&format!("http://a.example/0/{key}"));
    Ok(page.send().await.is_ok())
}

workflow! { Undaunted = undaunted; }

#[tokio::test(start_paused = true)]
async fn a_request_that_a_stop_ended_is_no_answer() {
    let web = Web::default();
    let run = blind::<Undaunted>(&web, 3)
        .politeness(Politeness::default().pace(Pace::default().delay(seconds(1000))))
        .stop_when(sleep(seconds(1)));
    let report = ended(run).await;
    assert_eq!(
        (
            report.count(Outcome::Succeeded),
            report.count(Outcome::Interrupted)
        ),
        (1, 2),
        "{report}"
    );
}

/// Looks at the head of one page, then asks for another.
#[executor(timeout = "10s")]
async fn twice(fetch: Fetch) -> Result<()> {
    let first = fetch.get("http://a.example/0/first").send().await?;
    let second = fetch.get("http://a.example/0/second").send().await?;
    ensure!(first.status() == second.status(), "they differ");
    Ok(())
}

workflow! { Twice = twice; }

#[tokio::test(start_paused = true)]
async fn who_holds_an_answer_does_not_wait_for_himself() {
    let web = Web::default();
    let run = blind::<Twice>(&web, 2).politeness(at_once(1));
    assert_eq!(ended(run).await.total(), 2);
}

/// Asks for several pages side by side, and for one more whenever one has ended, while the others rest.
#[executor(timeout = "1h")]
async fn details(fetch: Fetch, list: State<String>) -> Result<()> {
    let page = |n: usize| {
        let page = fetch.get(&format!("http://a.example/{}/{n}", *list));
        async move { page.send().await?.bytes().await }
    };
    let mut pages = stream::iter(0..5).map(page).buffer_unordered(3);
    while pages.next().await.is_some() {
        let detail = fetch.get("http://a.example/1/detail").send().await?;
        detail.bytes().await?;
    }
    Ok(())
}

workflow! { Details = details; }

#[tokio::test(start_paused = true)]
async fn requests_side_by_side_do_not_keep_each_other_from_the_rules() {
    let web = Web::default();
    let run = blind::<Details>(&web, 1)
        .politeness(Politeness::default().robots(true))
        .state("private".to_owned());
    assert_eq!(ended(run).await.done(), 1);
    assert_eq!(web.hits("/detail"), 5);
}

#[tokio::test(start_paused = true)]
async fn requests_side_by_side_do_not_keep_each_other_from_a_turn() {
    let web = Web::default();
    let run = blind::<Details>(&web, 1)
        .politeness(at_once(2))
        .state("1".to_owned());
    assert_eq!(ended(run).await.total(), 1);
}

#[tokio::test(start_paused = true)]
async fn tasks_of_a_slow_host_begin_when_their_turn_has_come() {
    for (name, pace) in [
        ("one at a time", Pace::default().concurrency(1)),
        ("a delay", Pace::per_second(1.0)),
    ] {
        let web = Web::default();
        let run = run::<Pages>(&web, paths("/1", 100));
        let (run, most) = counting(run.politeness(Politeness::default().pace(pace)));
        assert_eq!(ended(run).await.done(), 100, "{name}");
        let most = most.load(Ordering::Relaxed);
        assert!(most <= 3, "{name}: {most} had begun and not ended");
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirected_task_goes_on_before_others_of_its_host_begin() {
    let web = Web::default();
    let run = run::<Pages>(&web, paths("/1/leads", 100));
    let (run, most) = counting(run.politeness(at_once(1)));
    assert_eq!(ended(run).await.done(), 100);
    assert_eq!(web.hits("/1/to"), 100);
    let most = most.load(Ordering::Relaxed);
    assert!(most <= 3, "{most} had begun and not ended");
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_a_refusal_left_over_is_no_wrong_guess() {
    let web = Web::default();
    let refused = paths("/private", 20).into_iter();
    let run = run::<Pages>(&web, refused.chain(paths("/1", 100)));
    // What is pulled after so many refusals is sent back as what came before.
    let run = run.politeness(at_once(1).robots(true)).lookahead(30);
    let (run, most) = counting(run);
    let report = ended(run).await;
    assert_eq!((report.done(), report.failed()), (100, 20), "{report}");
    let most = most.load(Ordering::Relaxed);
    assert!(most <= 3, "{most} had begun and not ended");
}

#[tokio::test(start_paused = true)]
async fn rules_that_take_longer_than_an_attempt_are_asked_for_once() {
    let web = Web::default();
    let run = run::<Pages>(&web, paths("/0", 50))
        .politeness(Politeness::default().robots(true))
        .timeout(Duration::from_millis(500));
    assert_eq!(ended(run).await.total(), 50);
    assert_eq!(web.hits("/robots.txt"), 1);
}
