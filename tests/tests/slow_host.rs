//! A slow host holds nobody back: its tasks wait in line, without a place and without their time running,
//! while others go on; whether the host is known from the params or only inside the executor.
//!
//! The web is a layer that answers by itself, and the time is paused: every second is exact, and a run that
//! hangs fails at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures::future::{BoxFuture, FutureExt};
use scrapeflow::http;
use scrapeflow::middleware::tower::Layer;
use scrapeflow::middleware::{Body, HttpService, Transport, answering};
use scrapeflow::prelude::*;
use scrapeflow::store::MemoryStore;
use scrapeflow::{Heard, Taken, Turn, Turns};
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

const SLOW: &str = "slow.example";

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Every host answers every request, after a while.
#[derive(Clone)]
struct Web {
    takes: Duration,
    /// When the slow host was asked.
    asked: Arc<Mutex<Vec<Instant>>>,
}

impl Web {
    fn answering_after(takes: Duration) -> Self {
        let asked = Arc::default();
        Self { takes, asked }
    }

    fn layer(&self) -> impl Layer<Transport, Service: HttpService> + Send + Sync + use<> {
        let web = self.clone();
        answering(move |request| {
            if request.uri().host() == Some(SLOW) {
                web.asked.lock().unwrap().push(Instant::now());
            }
            let takes = web.takes;
            async move {
                sleep(takes).await;
                http::Response::new(Body::from("page"))
            }
        })
    }

    fn asked(&self) -> Vec<Instant> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

/// How the tasks of a workflow are made: number `n` of a host.
trait Asks: Workflow {
    fn task(host: &str, n: usize) -> Task;
}

#[derive(Serialize, Deserialize)]
struct Page {
    url: String,
}

#[executor]
async fn named(page: Params<Page>, fetch: Fetch) -> Result<()> {
    fetch.get(&page.url).send().await?.bytes().await?;
    Ok(())
}

workflow! {
    /// The URL is in the params.
    Named = named;
}

impl Asks for Named {
    fn task(host: &str, n: usize) -> Task {
        let url = format!("http://{host}/{n}");
        Task::new(format!("{host} {n}"), &json!({"url": url})).unwrap()
    }
}

#[executor]
async fn found(key: Key, fetch: Fetch) -> Result<()> {
    let (host, n) = key.as_str().split_once(' ').recorded("a host")?;
    let url = format!("http://{host}/{n}");
    fetch.get(&url).send().await?.bytes().await?;
    Ok(())
}

workflow! {
    /// The URL is made inside the executor.
    Found = found;
}

impl Asks for Found {
    fn task(host: &str, n: usize) -> Task {
        Task::new(format!("{host} {n}"), &json!({})).unwrap()
    }
}

/// Tasks of the slow host first, then those of 100 others.
fn slow_then_others<W: Asks>(slow: usize, others: usize) -> Tasks {
    let others = (0..others).map(|n| W::task(&format!("host-{}.example", n % 100), n));
    Tasks::from_iterator((0..slow).map(|n| W::task(SLOW, n)).chain(others))
}

fn run<W: Asks>(store: &MemoryStore, web: &Web, pace: Pace, tasks: Tasks) -> Run<W> {
    W::in_store(store.clone())
        .tasks(tasks)
        .layer(web.layer())
        .host(SLOW, |host| host.pace(pace))
}

/// A run that hangs ends here: the paused time goes on to the next timer, which is this one.
async fn ended<W: Workflow>(run: Run<W>) -> Report {
    let run = run.progress(Progress::Off).run();
    tokio::time::timeout(seconds(1_000_000), run)
        .await
        .expect("the run hangs")
        .unwrap()
}

/// How long 1,000 tasks of 100 hosts take behind so many of the slow one; then the run is stopped.
async fn others_take<W: Asks>(slow: usize, say: impl Fn(Run<W>) -> Run<W>) -> Duration {
    let (began, through) = (Instant::now(), Arc::new(Notify::new()));
    let (stop, finished) = (through.clone(), AtomicUsize::new(0));
    let web = Web::answering_after(millis(100));
    let tasks = slow_then_others::<W>(slow, 1000);
    let run = run::<W>(&MemoryStore::new(), &web, Pace::per_second(10.0), tasks)
        .max_parallelism(100)
        .on_event(move |event| {
            if let Event::TaskFinished { key, outcome } = event
                && !key.as_str().starts_with(SLOW)
            {
                assert_eq!(*outcome, Outcome::Succeeded, "{key}");
                if finished.fetch_add(1, Ordering::Relaxed) == 999 {
                    through.notify_one();
                }
            }
        })
        .stop_when(async move { stop.notified().await })
        .grace(Duration::ZERO);
    let report = ended(say(run)).await;
    assert!(report.count(Outcome::Succeeded) >= 1000, "{report}");
    began.elapsed()
}

async fn is_not_held_back<W: Asks>(say: impl Fn(Run<W>) -> Run<W>) {
    let alone = others_take(0, &say).await;
    let behind = others_take(9000, &say).await;
    assert!(
        behind <= alone.mul_f64(1.2),
        "{behind:?} behind the slow host, {alone:?} alone"
    );
}

#[tokio::test(start_paused = true)]
async fn others_are_not_held_back_by_9000_tasks_of_a_slow_host() {
    is_not_held_back::<Named>(|run| run).await;
}

#[tokio::test(start_paused = true)]
async fn others_are_not_held_back_where_only_the_executors_know_the_host() {
    is_not_held_back::<Found>(|run| run).await;
}

#[tokio::test(start_paused = true)]
async fn others_are_not_held_back_where_each_of_them_has_a_pace_too() {
    let all = Politeness::default().pace(Pace::per_second(10.0));
    is_not_held_back::<Named>(|run| run.politeness(all)).await;
    is_not_held_back::<Found>(|run| run.politeness(all)).await;
}

async fn gets_its_rate_to_the_end<W: Asks>() {
    let (web, began) = (Web::answering_after(millis(100)), Instant::now());
    let tasks = slow_then_others::<W>(300, 400);
    let run = run::<W>(&MemoryStore::new(), &web, Pace::per_second(10.0), tasks);
    let report = ended(run).await;
    assert_eq!(
        (report.count(Outcome::Succeeded), report.total()),
        (700, 700)
    );
    let asked: Vec<Duration> = web.asked().iter().map(|at| *at - began).collect();
    let at_its_rate: Vec<Duration> = (0..300).map(|n| millis(100) * n).collect();
    assert_eq!(asked, at_its_rate);
    assert_eq!(began.elapsed(), seconds(30), "no more than its tasks take");
}

#[tokio::test(start_paused = true)]
async fn the_slow_host_is_asked_at_its_full_rate_to_the_end() {
    gets_its_rate_to_the_end::<Named>().await;
    gets_its_rate_to_the_end::<Found>().await;
}

async fn waits_without_its_time_running<W: Asks>() {
    let one_a_second = Pace::per_second(1.0);
    let one_at_a_time = Pace::default().concurrency(1);
    for (pace, takes, places) in [
        (one_a_second, millis(100), 100),
        (one_a_second, millis(100), 1),
        (one_at_a_time, millis(1500), 100),
    ] {
        let (web, began) = (Web::answering_after(takes), Instant::now());
        let tasks = slow_then_others::<W>(100, 0);
        let run = run::<W>(&MemoryStore::new(), &web, pace, tasks)
            .max_parallelism(places)
            .timeout(seconds(2));
        let report = ended(run).await;
        assert_eq!(
            (report.count(Outcome::Succeeded), report.requests),
            (100, 100)
        );
        assert!(began.elapsed() >= seconds(99), "{:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_never_counts_toward_the_timeout() {
    waits_without_its_time_running::<Named>().await;
    waits_without_its_time_running::<Found>().await;
}

#[executor(timeout = "2s")]
async fn pages(host: Key, fetch: Fetch) -> Result<()> {
    for n in 0..100 {
        let url = format!("http://{host}/{n}");
        fetch.get(&url).send().await?.bytes().await?;
    }
    Ok(())
}

workflow! { Paging = pages; }

#[tokio::test(start_paused = true)]
async fn nor_does_it_between_the_requests_of_one_executor() {
    let (web, began) = (Web::answering_after(millis(10)), Instant::now());
    let run = Paging::in_store(MemoryStore::new())
        .tasks(Tasks::from_pairs([(SLOW, json!({}))]).unwrap())
        .politeness(Politeness::default().pace(Pace::per_second(1.0)))
        .layer(web.layer());
    assert_eq!(ended(run).await.count(Outcome::Succeeded), 1);
    assert_eq!((web.asked().len(), began.elapsed()), (100, millis(99_010)));
}

async fn pauses_pulling_at_lookahead<W: Asks>() {
    let pulled = Arc::new(AtomicUsize::new(0));
    let count = pulled.clone();
    let endless = (0..).map(move |n| {
        count.fetch_add(1, Ordering::Relaxed);
        W::task(SLOW, n)
    });
    let (web, seen, began) = (
        Web::answering_after(millis(100)),
        pulled.clone(),
        Instant::now(),
    );
    let tasks = Tasks::from_iterator(endless);
    let run = run::<W>(&MemoryStore::new(), &web, Pace::per_second(1.0), tasks)
        .max_parallelism(3)
        .lookahead(50)
        .stop_when(async move {
            for ended in 1..=10 {
                // Between two requests, when nothing is left to do but to wait.
                sleep_until(began + seconds(ended) - millis(500)).await;
                let ended = usize::try_from(ended).unwrap();
                assert_eq!(seen.load(Ordering::Relaxed), 50 + ended);
            }
        });
    let report = ended(run).await;
    assert_eq!(report.count(Outcome::Succeeded), 10);
}

#[tokio::test(start_paused = true)]
async fn at_lookahead_the_pulling_pauses_and_goes_on_one_for_one() {
    pauses_pulling_at_lookahead::<Named>().await;
    pauses_pulling_at_lookahead::<Found>().await;
}

async fn stops_at_once<W: Asks>(pace: Pace) {
    let (store, began) = (MemoryStore::new(), Instant::now());
    let (web, tasks) = (Web::answering_after(millis(100)), slow_then_others::<W>);
    let stopped = run::<W>(&store, &web, pace, tasks(50, 0))
        .max_parallelism(10)
        .stop_when(sleep(seconds(10)))
        .grace(seconds(100));
    let report = ended(stopped).await;
    assert_eq!(began.elapsed(), seconds(10), "the grace is for work");
    assert!(report.interrupted && report.abandoned == 0, "{report}");
    assert_eq!((report.count(Outcome::Succeeded), report.failed()), (1, 0));

    let again = ended(run::<W>(&store, &web, Pace::default(), tasks(50, 0))).await;
    let did = (
        again.count(Outcome::Succeeded),
        again.count(Outcome::Skipped),
    );
    assert_eq!(did, (49, 1), "nothing was recorded of those that waited");
    assert_eq!(web.asked().len(), 50);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_waiting_at_once_and_leaves_nothing_of_it() {
    let hourly = Pace::default().delay(seconds(3600));
    for pace in [hourly, hourly.concurrency(1)] {
        stops_at_once::<Named>(pace).await;
        stops_at_once::<Found>(pace).await;
    }
}

/// Grants one turn every 10 s.
#[derive(Debug, Clone, Default)]
struct Elsewhere(Arc<Mutex<Vec<String>>>);

impl Turns for Elsewhere {
    fn are_limited(&self) -> bool {
        true
    }

    fn try_take(&self, _: &str) -> Taken {
        Taken::Wait
    }

    fn take<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Box<dyn Turn>> {
        async move {
            sleep(seconds(10)).await;
            self.0.lock().unwrap().push(format!("turn at {host}"));
            Box::new(Granted) as Box<dyn Turn>
        }
        .boxed()
    }

    fn heard(&self, host: &str, _: Instant, heard: Heard) {
        let told = format!("{host} was {heard:?}");
        self.0.lock().unwrap().push(told);
    }

    fn crawl_delay(&self, host: &str, delay: Duration) {
        let told = format!("{host} asks for {delay:?}");
        self.0.lock().unwrap().push(told);
    }
}

#[derive(Debug)]
struct Granted;

impl Turn for Granted {
    fn begin(&mut self) -> bool {
        true
    }

    fn ready(&mut self) -> BoxFuture<'_, ()> {
        std::future::ready(()).boxed()
    }
}

async fn asks_whoever_grants<W: Asks>() {
    let (web, turns) = (Web::answering_after(millis(100)), Elsewhere::default());
    let (tasks, began) = (slow_then_others::<W>(4, 0), Instant::now());
    let run = run::<W>(&MemoryStore::new(), &web, Pace::default(), tasks)
        .max_parallelism(1)
        .turns(turns.clone());
    assert_eq!(ended(run).await.count(Outcome::Succeeded), 4);
    let asked: Vec<Duration> = web.asked().iter().map(|at| *at - began).collect();
    assert_eq!(asked, [10, 20, 30, 40].map(seconds));
    let told = turns.0.lock().unwrap().join(", ");
    let once = "turn at slow.example, slow.example was Fine";
    assert_eq!(told, [once; 4].join(", "));
}

#[tokio::test(start_paused = true)]
async fn whoever_grants_turns_may_be_another() {
    asks_whoever_grants::<Named>().await;
    asks_whoever_grants::<Found>().await;
}
