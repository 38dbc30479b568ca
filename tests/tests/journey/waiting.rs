//! Waiting aside for something that is not a task's work: its place goes to others meanwhile, its time stands
//! still, and it takes a place again before it goes on. The time is paused: what never ends fails at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use scrapeflow::prelude::*;
use scrapeflow::store::MemoryStore;
use serde_json::json;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A run that hangs ends here: the paused time goes on to the next timer, which is this one.
async fn ended<W: Workflow>(run: Run<W>) -> Report {
    let run = run.progress(Progress::Off).run();
    tokio::time::timeout(seconds(1_000_000), run)
        .await
        .expect("the run hangs")
        .unwrap()
}

fn tasks(keys: impl IntoIterator<Item = usize>) -> Tasks {
    Tasks::from_pairs(keys.into_iter().map(|n| (n.to_string(), json!({"n": n})))).unwrap()
}

#[derive(Serialize, Deserialize)]
struct Numbered {
    n: u64,
}

/// Works so long, waits aside for 100 s, and works as long again.
#[executor]
async fn rest(half: Params<Numbered>, context: Context) -> Result<()> {
    sleep(seconds(half.n)).await;
    context.aside(sleep(seconds(100))).await;
    sleep(seconds(half.n)).await;
    Ok(())
}

workflow! { Resting = rest; }

#[tokio::test(start_paused = true)]
async fn time_aside_does_not_count_and_time_at_work_does() {
    for (half, outcome) in [(4, Outcome::Succeeded), (6, Outcome::Failed)] {
        let began = Instant::now();
        let run = Resting::in_store(MemoryStore::new())
            .tasks(tasks([half]))
            .timeout(seconds(10));
        let report = ended(run).await;
        assert_eq!(report.count(outcome), 1, "{half} s twice");
        let works = if half == 4 { 8 } else { 10 };
        assert_eq!(began.elapsed().as_secs(), 100 + works, "{half} s twice");
    }
}

/// The first task waits until the second has ended.
#[executor]
async fn in_order(n: Params<Numbered>, context: Context, second: State<Notify>) -> Result<()> {
    if n.n == 0 {
        context.aside(second.notified()).await;
    } else {
        second.notify_one();
    }
    Ok(())
}

workflow! { Ordered = in_order; }

#[tokio::test(start_paused = true)]
async fn a_place_goes_to_another_task_meanwhile() {
    let run = Ordered::in_store(MemoryStore::new())
        .tasks(tasks([0, 1]))
        .max_parallelism(1)
        .state(Notify::new());
    assert_eq!(ended(run).await.count(Outcome::Succeeded), 2);
}

/// How many are at work, and were at most.
#[derive(Debug, Default)]
struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Gauge {
    fn enter(&self) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
    }

    fn leave(&self) {
        self.now.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Works and waits aside in turns, all tasks in step: they come back together.
#[executor]
async fn turns(context: Context, gauge: State<Arc<Gauge>>) -> Result<()> {
    for _ in 0..3 {
        gauge.enter();
        sleep(seconds(1)).await;
        gauge.leave();
        context.aside(sleep(seconds(50))).await;
    }
    Ok(())
}

workflow! { Turns = turns; }

#[tokio::test(start_paused = true)]
async fn never_more_than_the_places_are_at_work() {
    for places in [1, 2, 5] {
        let gauge = Arc::new(Gauge::default());
        let run = Turns::in_store(MemoryStore::new())
            .tasks(tasks(0..10))
            .max_parallelism(places)
            .state(gauge.clone());
        assert_eq!(ended(run).await.count(Outcome::Succeeded), 10);
        assert_eq!(gauge.most.load(Ordering::Relaxed), places);
    }
}

/// Waits aside for two things at once.
#[executor]
async fn both(context: Context, gauge: State<Arc<Gauge>>) -> Result<()> {
    let one = context.aside(sleep(seconds(100)));
    let other = context.aside(sleep(seconds(200)));
    tokio::join!(one, other);
    gauge.enter();
    sleep(seconds(9)).await;
    gauge.leave();
    Ok(())
}

workflow! { Both = both; }

#[tokio::test(start_paused = true)]
async fn who_waits_for_two_things_takes_one_place_again() {
    let gauge = Arc::new(Gauge::default());
    let run = Both::in_store(MemoryStore::new())
        .tasks(tasks(0..3))
        .max_parallelism(1)
        .timeout(seconds(10))
        .state(gauge.clone());
    assert_eq!(ended(run).await.count(Outcome::Succeeded), 3);
    assert_eq!(
        (
            gauge.most.load(Ordering::Relaxed),
            gauge.now.load(Ordering::Relaxed)
        ),
        (1, 0)
    );
}

/// The first task fails once; in its pause the second runs.
#[executor(retries = 1, backoff = "1s")]
async fn fails_once(n: Params<Numbered>, ran: State<Semaphore>) -> Result<()> {
    if n.n == 0 && ran.available_permits() == 0 {
        return Err(Error::retry("the other comes first"));
    }
    ran.add_permits(1);
    Ok(())
}

workflow! { Retried = fails_once; }

#[tokio::test(start_paused = true)]
async fn the_pause_before_a_retry_is_spent_aside() {
    let run = Retried::in_store(MemoryStore::new())
        .tasks(tasks([0, 1]))
        .max_parallelism(1)
        .state(Semaphore::new(0));
    let report = ended(run).await;
    assert_eq!((report.count(Outcome::Succeeded), report.retries), (2, 1));
}

/// The first attempt is cut off while it waits aside inside of work of its own; the second works on.
#[executor]
async fn gives_up(context: Context, gauge: State<Arc<Gauge>>) -> Result<()> {
    let waited = tokio::time::timeout(seconds(5), context.aside(sleep(seconds(100)))).await;
    ensure!(waited.is_err(), "it was to give up");
    gauge.enter();
    sleep(seconds(8)).await;
    gauge.leave();
    Ok(())
}

workflow! { GivesUp = gives_up; }

#[tokio::test(start_paused = true)]
async fn a_wait_that_was_given_up_stops_no_clock() {
    let gauge = Arc::new(Gauge::default());
    for (limit, outcome) in [(9, Outcome::Succeeded), (7, Outcome::Failed)] {
        let run = GivesUp::in_store(MemoryStore::new())
            .tasks(tasks([0]))
            .timeout(seconds(limit))
            .state(gauge.clone());
        assert_eq!(ended(run).await.count(outcome), 1, "{limit} s");
    }
}

/// What the first attempt left running.
type Left = tokio::sync::Mutex<Option<JoinHandle<()>>>;

/// The first attempt fails and leaves a wait behind, the second hears its end.
#[executor(retries = 1)]
async fn leaves(context: Context, left: State<Left>) -> Result<()> {
    let earlier = left.lock().await.take();
    match earlier {
        None => {
            let waits = async move { context.aside(sleep(seconds(50))).await };
            *left.lock().await = Some(tokio::spawn(waits));
            Err(Error::retry("once more"))
        }
        Some(wait) => {
            sleep(seconds(60)).await;
            Ok(wait.await?)
        }
    }
}

workflow! { Leaving = leaves; }

#[tokio::test(start_paused = true)]
async fn a_wait_that_outlives_its_attempt_does_no_harm() {
    for (limit, outcome) in [(61, Outcome::Succeeded), (59, Outcome::Failed)] {
        let run = Leaving::in_store(MemoryStore::new())
            .tasks(tasks([0]))
            .timeout(seconds(limit))
            .state(Left::default())
            .on_unhandled(OnUnhandled::Record);
        assert_eq!(ended(run).await.count(outcome), 1, "{limit} s");
    }
}
