//! How many tasks are at work, how many are pulled, and when: as places come free, never the whole source.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::stream::{self, StreamExt};
use scrapeflow::RunErrorKind;
use scrapeflow::prelude::*;
use scrapeflow::store::MemoryStore;
use serde_json::json;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep};

type Count = Arc<AtomicUsize>;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn task(n: usize) -> Task {
    Task::new(format!("{n}"), &json!({})).unwrap()
}

/// Tasks without an end, and how many were pulled.
fn endless() -> (Tasks, Count) {
    let pulled = Count::default();
    let count = pulled.clone();
    let numbers = stream::iter(0..).map(move |n| {
        count.fetch_add(1, Ordering::Relaxed);
        task(n)
    });
    (Tasks::from_stream(numbers), pulled)
}

/// A run that hangs ends here: the paused time goes on to the next timer, which is this one.
async fn ended<W: Workflow>(run: Run<W>) -> Result<Report, RunError> {
    let run = run.progress(Progress::Off).run();
    tokio::time::timeout(seconds(1_000_000), run)
        .await
        .expect("the run hangs")
}

#[executor]
async fn second(_key: Key, at_work: State<Count>, most: State<Most>) -> Result<()> {
    let now = at_work.fetch_add(1, Ordering::Relaxed) + 1;
    most.0.fetch_max(now, Ordering::Relaxed);
    sleep(seconds(1)).await;
    at_work.fetch_sub(1, Ordering::Relaxed);
    Ok(())
}

/// At work at once, at most.
#[derive(Clone, Default)]
struct Most(Count);

workflow! { Seconds = second; }

#[tokio::test(start_paused = true)]
async fn all_places_are_taken_and_no_more() {
    for (places, passes) in [(1, 20), (4, 5), (20, 1), (100, 1)] {
        let (most, began) = (Most::default(), Instant::now());
        let run = Seconds::in_store(MemoryStore::new())
            .tasks(Tasks::from_iterator((0..20).map(task)))
            .max_parallelism(places)
            .state(Count::default())
            .state(most.clone());
        assert_eq!(ended(run).await.unwrap().count(Outcome::Succeeded), 20);
        assert_eq!(most.0.load(Ordering::Relaxed), places.min(20));
        assert_eq!(began.elapsed().as_secs(), passes, "{places} places");
    }
}

#[tokio::test(start_paused = true)]
async fn tasks_are_pulled_as_places_come_free() {
    let (tasks, pulled) = endless();
    let (count, seen) = (pulled.clone(), Arc::new(std::sync::Mutex::new(Vec::new())));
    let counts = seen.clone();
    let run = Seconds::in_store(MemoryStore::new())
        .tasks(tasks)
        .limit(9)
        .max_parallelism(3)
        .state(Count::default())
        .state(Most::default())
        .on_event(move |event| {
            if matches!(event, Event::TaskFinished { .. }) {
                counts.lock().unwrap().push(count.load(Ordering::Relaxed));
            }
        });
    assert_eq!(ended(run).await.unwrap().total(), 9);
    // Pulled when the nth task ended: those that ended before, those at work, and at most one that waits.
    for (nth, pulled) in seen.lock().unwrap().iter().enumerate() {
        assert!(
            *pulled <= nth + 3 + 1,
            "{pulled} were pulled when {nth} had ended"
        );
    }
    assert_eq!(pulled.load(Ordering::Relaxed), 9, "no more than asked for");
}

/// All wait aside until they are let go.
#[executor]
async fn wait(context: Context, go: State<Arc<Semaphore>>) -> Result<()> {
    context.aside(go.acquire()).await?.forget();
    Ok(())
}

workflow! { Waiting = wait; }

#[tokio::test(start_paused = true)]
async fn tasks_that_wait_are_pulled_up_to_lookahead() {
    let (tasks, pulled) = endless();
    let go = Arc::new(Semaphore::new(0));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let run = Waiting::in_store(MemoryStore::new())
        .tasks(tasks)
        .max_parallelism(2)
        .lookahead(7)
        .timeout(seconds(10))
        .state(go.clone())
        .stop_when(async { stopped.await.unwrap() })
        .grace(Duration::ZERO);
    let watch = async {
        // A timer of the paused time comes up when nothing else is left to do.
        sleep(seconds(1)).await;
        assert_eq!(pulled.load(Ordering::Relaxed), 7);
        go.add_permits(3);
        sleep(seconds(1)).await;
        assert_eq!(
            pulled.load(Ordering::Relaxed),
            10,
            "one for each that ended"
        );
        stop.send(()).unwrap();
    };
    let (report, ()) = tokio::join!(ended(run), watch);
    let report = report.unwrap();
    assert_eq!(
        (
            report.count(Outcome::Succeeded),
            report.count(Outcome::Interrupted)
        ),
        (3, 7)
    );
}

#[executor]
async fn come_back(context: Context, done: State<Arc<Notify>>) -> Result<()> {
    context.aside(sleep(seconds(5))).await;
    done.notify_one();
    Ok(())
}

workflow! { Returning = come_back; }

#[tokio::test(start_paused = true)]
async fn a_source_that_lets_wait_holds_no_place() {
    let done = Arc::new(Notify::new());
    let first_ended = done.clone();
    // The second task comes when the first has ended, as from a queue or from links that a page gave.
    let tasks = stream::once(async { task(0) }).chain(stream::once(async move {
        first_ended.notified().await;
        task(1)
    }));
    let run = Returning::in_store(MemoryStore::new())
        .tasks(Tasks::from_stream(tasks))
        .max_parallelism(1)
        .state(done);
    assert_eq!(ended(run).await.unwrap().count(Outcome::Succeeded), 2);
}

#[tokio::test(start_paused = true)]
async fn a_bad_item_stops_the_run_and_says_which() {
    let items = (0..100).map(|n| {
        if n == 4 {
            Task::new("a/b", &json!({}))
        } else {
            Ok(task(n))
        }
    });
    let run = Seconds::in_store(MemoryStore::new())
        .tasks(Tasks::from_iterator(items))
        .max_parallelism(2)
        .state(Count::default())
        .state(Most::default());
    let error = ended(run).await.unwrap_err();
    assert_eq!((error.kind(), error.exit_code()), (RunErrorKind::Task, 2));
    assert!(
        error.to_string().contains("item 5 of the iterator"),
        "{error}"
    );
    let report = error.report().unwrap();
    assert_eq!(
        report.count(Outcome::Succeeded),
        report.total(),
        "those at work came to their end"
    );
    assert!((2..=4).contains(&report.total()), "{report}");
}

#[tokio::test(start_paused = true)]
async fn no_place_and_no_lookahead_are_refused() {
    for (run, named) in [
        (
            Seconds::in_store(MemoryStore::new()).max_parallelism(0),
            "max_parallelism(0)",
        ),
        (
            Seconds::in_store(MemoryStore::new()).lookahead(0),
            "lookahead(0)",
        ),
    ] {
        let error = ended(run).await.unwrap_err();
        assert_eq!(error.kind(), RunErrorKind::Setup);
        assert!(
            error.to_string().contains(named) && error.report().is_none(),
            "{error}"
        );
    }
}
