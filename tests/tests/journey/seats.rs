//! A task holds its place and its turn no longer than it works, whatever its executors keep, drop or leave
//! unfinished. The time is paused: what never ends fails at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use scrapeflow::prelude::*;
use scrapeflow::store::MemoryStore;
use scrapeflow::{Heard, Taken, Turn, Turns};
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Tasks `0`, `1` and so on, all of one host.
fn run<W: Workflow>(tasks: usize) -> Run<W> {
    let url = |n| format!("http://a.example/{n}");
    let tasks = (0..tasks).map(|n| (n.to_string(), json!({ "url": url(n) })));
    W::in_store(MemoryStore::new())
        .tasks(Tasks::from_pairs(tasks).unwrap())
        .progress(Progress::Off)
}

/// A run that hangs ends here.
async fn ended<W: Workflow>(run: Run<W>) -> Result<Report, RunError> {
    tokio::time::timeout(seconds(1_000_000), run.run())
        .await
        .expect("the run hangs")
}

/// What outlives its task.
#[derive(Default)]
struct Kept(Mutex<Vec<(Context, Fetch)>>);

#[executor]
async fn keep(context: Context, fetch: Fetch, kept: State<Kept>) -> Result<()> {
    kept.0.lock().unwrap().push((context, fetch));
    Ok(())
}

workflow! { Keeping = keep; }

#[tokio::test(start_paused = true)]
async fn an_argument_that_is_kept_keeps_no_place() {
    let run = run::<Keeping>(3).max_parallelism(1).state(Kept::default());
    assert_eq!(ended(run).await.unwrap().done(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_argument_that_is_kept_keeps_no_turn() {
    let run = run::<Keeping>(3)
        .politeness(Politeness::default().pace(Pace::default().concurrency(1)))
        .state(Kept::default());
    assert_eq!(ended(run).await.unwrap().done(), 3);
}

/// How many are at work, and were at most.
#[derive(Default)]
struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Gauge {
    async fn work(&self, time: Duration) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        sleep(time).await;
        self.now.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Gives a wait up, then works.
#[executor]
async fn give_up(context: Context, gauge: State<Arc<Gauge>>) -> Result<()> {
    let waited = tokio::time::timeout(seconds(5), context.aside(sleep(seconds(100)))).await;
    ensure!(waited.is_err(), "it was to give up");
    // Its place is another's by now, and comes back while it is not looking.
    sleep(Duration::from_millis(1)).await;
    gauge.work(seconds(8)).await;
    Ok(())
}

workflow! { GivingUp = give_up; }

#[tokio::test(start_paused = true)]
async fn who_gave_a_wait_up_works_in_a_place_again() {
    let gauge = Arc::new(Gauge::default());
    let run = run::<GivingUp>(3).max_parallelism(1).state(gauge.clone());
    assert_eq!(ended(run).await.unwrap().done(), 3);
    assert_eq!(gauge.most.load(Ordering::Relaxed), 1);
}

/// Waits aside side by side, and once more whenever a wait has ended, while the others rest.
#[executor(timeout = "1h")]
async fn by_turns(context: Context) -> Result<()> {
    let wait = |_| context.aside(sleep(seconds(1)));
    let mut waits = stream::iter(0..4).map(wait).buffer_unordered(3);
    while waits.next().await.is_some() {
        // Meanwhile another wants the place.
        sleep(seconds(1)).await;
        context.aside(sleep(seconds(1))).await;
    }
    Ok(())
}

workflow! { ByTurns = by_turns; }

#[tokio::test(start_paused = true)]
async fn waits_side_by_side_do_not_keep_each_other_from_a_place() {
    let run = run::<ByTurns>(3).max_parallelism(1);
    assert_eq!(ended(run).await.unwrap().done(), 3);
}

/// What the first attempt left running.
type Left = tokio::sync::Mutex<Option<JoinHandle<()>>>;

/// The first attempt fails and leaves a wait of 50 s behind; the second waits longer than that.
#[executor(retries = 1, backoff = "1s", timeout = "60s")]
async fn leave(context: Context, left: State<Left>) -> Result<()> {
    let earlier = left.lock().await.take();
    let Some(earlier) = earlier else {
        let waits = async move { context.aside(sleep(seconds(50))).await };
        *left.lock().await = Some(tokio::spawn(waits));
        return Err(Error::retry("once more"));
    };
    context.aside(sleep(seconds(500))).await;
    Ok(earlier.await?)
}

workflow! { Leaving = leave; }

#[tokio::test(start_paused = true)]
async fn a_wait_of_an_earlier_attempt_starts_no_clock() {
    let run = run::<Leaving>(1).state(Left::default());
    let report = ended(run).await.unwrap();
    assert_eq!(report.done(), 1, "{report}");
}

/// Begins with a turn that it doesn't use, and fails once.
#[executor(retries = 1)]
async fn fail_once(key: Key, _fetch: Fetch, began: State<AtomicUsize>) -> Result<()> {
    if key.as_str() == "0" && began.fetch_add(1, Ordering::Relaxed) == 0 {
        return Err(Error::retry("once more"));
    }
    Ok(())
}

workflow! { Failing = fail_once; }

#[tokio::test(start_paused = true)]
async fn no_turn_is_held_through_the_pause_before_another_attempt() {
    let ends = Arc::new(Mutex::new(Vec::new()));
    let (seen, began) = (ends.clone(), Instant::now());
    let run = run::<Failing>(2)
        .politeness(Politeness::default().pace(Pace::default().concurrency(1)))
        .backoff(Backoff::new(seconds(1000), seconds(1000)))
        .state(AtomicUsize::new(0))
        .on_event(move |event| {
            if let Event::TaskFinished { key, .. } = event {
                seen.lock().unwrap().push(key.to_string());
            }
        });
    assert_eq!(ended(run).await.unwrap().done(), 2);
    assert_eq!(*ends.lock().unwrap(), ["1", "0"]);
    assert!(began.elapsed() > seconds(1), "there was a pause");
}

/// Lets everybody wait, and fails.
#[derive(Debug)]
struct Broken;

impl Turns for Broken {
    fn are_limited(&self) -> bool {
        true
    }

    fn try_take(&self, _: &str) -> Taken {
        Taken::Wait
    }

    fn take<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Box<dyn Turn>> {
        Box::pin(async { panic!("whoever grants turns is away") })
    }

    fn heard(&self, _: &str, _: Instant, _: Heard) {}

    fn crawl_delay(&self, _: &str, _: Duration) {}
}

/// Asks for what is not to be guessed.
#[executor]
async fn ask(fetch: Fetch) -> Result<()> {
    fetch.get("http://b.example/").send().await?;
    Ok(())
}

workflow! { Asking = ask; }

/// Panics before there is anything to wait for.
#[derive(Debug)]
struct BrokenAtOnce;

impl Turns for BrokenAtOnce {
    fn take<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Box<dyn Turn>> {
        panic!("whoever grants turns is away")
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_before_there_is_anything_to_wait_for_ends_the_run_too() {
    let error = ended(run::<Asking>(3).turns(BrokenAtOnce))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("is away"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_who_grants_turns_ends_the_run() {
    let error = ended(run::<Asking>(3).turns(Broken)).await.unwrap_err();
    let said = error.to_string();
    assert!(said.contains("whoever grants turns is away"), "{said}");
}
