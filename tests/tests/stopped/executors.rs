//! Executors that make a stop hard: that hang, block, never yield, panic, panic as they are dropped, leave somebody behind.

use std::future::pending;
use std::sync::{Arc, mpsc};

use scrapeflow::RunErrorKind;
use scrapeflow::prelude::*;
use scrapeflow_tests::Sandbox;
use serde_json::json;
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, sleep, timeout};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// One task of a workflow.
fn one<W: Workflow>(sandbox: &Sandbox, params: serde_json::Value) -> Run<W> {
    W::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("a", params)]).unwrap())
        .progress(Progress::Off)
}

#[executor(timeout = "1h")]
async fn hang() -> Result<()> {
    pending().await
}

workflow! { Hanging = hang; }

#[tokio::test(start_paused = true)]
async fn one_that_hangs_is_cut_off_after_the_grace() {
    let (sandbox, began) = (Sandbox::new(), Instant::now());
    let run = one::<Hanging>(&sandbox, json!({})).stop_when(sleep(seconds(1)));
    let report = run.grace(seconds(7)).run().await.unwrap();
    assert_eq!(began.elapsed(), seconds(8));
    assert_eq!(
        (report.count(Outcome::Interrupted), report.abandoned),
        (1, 0)
    );
    assert_eq!(sandbox.files(), [""; 0]);
}

/// Blocks its thread until told to go on: what no executor should do.
#[executor]
async fn block(began: State<Arc<Notify>>, go: State<Mutex<mpsc::Receiver<()>>>) -> Result<()> {
    let go = go.lock().await;
    began.notify_one();
    go.recv().recorded("the test is over")
}

workflow! { Blocking = block; }

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_never_yields_is_left_to_itself() {
    let sandbox = Sandbox::new();
    let (go, wait) = mpsc::channel();
    let (ended, mut told) = tokio::sync::mpsc::unbounded_channel();
    let began = Arc::new(Notify::new());
    let stop = began.clone();
    let report = one::<Blocking>(&sandbox, json!({}))
        .state(Mutex::new(wait))
        .state(began)
        .stop_when(async move { stop.notified().await })
        .grace(Duration::ZERO)
        .on_event(move |event| {
            if let Event::TaskFinished { outcome, .. } = event {
                // Nobody listens once the test is over.
                let _ = ended.send(*outcome);
            }
        })
        .run()
        .await
        .unwrap();
    assert_eq!(
        (report.abandoned, report.total(), report.interrupted),
        (1, 0, true)
    );
    let named = (report.unyielding[0].0.as_str(), report.unyielding[0].1);
    assert_eq!(named, ("a", "block"));

    // It goes on long after the run: it was cut off, so it records nothing.
    go.send(()).unwrap();
    let outcome = told.recv().await;
    assert!(
        matches!(outcome, None | Some(Outcome::Interrupted)),
        "{outcome:?}"
    );
    assert_eq!(sandbox.files(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn one_that_does_not_yield_is_named_while_it_goes_on() {
    let sandbox = Sandbox::new();
    let (go, wait) = mpsc::channel();
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = told.clone();
    let report = one::<Blocking>(&sandbox, json!({}))
        .state(Mutex::new(wait))
        .state(Arc::new(Notify::new()))
        .on_event(move |event| {
            // As everywhere else, listeners are in the runtime.
            let _runtime = tokio::runtime::Handle::current();
            if let Event::Unyielding { key, executor, .. } = event {
                heard.lock().unwrap().push((key.to_string(), *executor));
                go.send(()).unwrap();
            }
        })
        .run()
        .await
        .unwrap();
    assert_eq!(report.count(Outcome::Succeeded), 1);
    assert_eq!(*told.lock().unwrap(), [("a".to_owned(), "block")]);
}

/// Blocks its thread as it is dropped, until told to go on.
struct Blocks<'a>(&'a std::sync::Mutex<mpsc::Receiver<()>>);

impl Drop for Blocks<'_> {
    fn drop(&mut self) {
        // The test may be over.
        let _ = self.0.lock().unwrap().recv();
    }
}

#[executor]
async fn block_at_end(go: State<std::sync::Mutex<mpsc::Receiver<()>>>) -> Result<()> {
    let _blocks = Blocks(&go);
    pending().await
}

workflow! { BlockingAtEnd = block_at_end; }

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_does_not_yield_as_it_is_cut_off_is_named() {
    let (sandbox, (go, wait)) = (Sandbox::new(), mpsc::channel());
    let report = one::<BlockingAtEnd>(&sandbox, json!({}))
        .state(std::sync::Mutex::new(wait))
        .stop_when(sleep(Duration::from_millis(50)))
        .grace(Duration::ZERO)
        .run()
        .await
        .unwrap();
    go.send(()).unwrap();
    assert_eq!((report.abandoned, report.unyielding.len()), (1, 1));
    assert_eq!(report.unyielding[0].1, "block_at_end");
}

/// Blocks a thread that is there for that, as it should.
#[executor]
async fn block_aside(
    began: State<Arc<Notify>>,
    go: State<std::sync::Mutex<Option<mpsc::Receiver<()>>>>,
) -> Result<()> {
    let go = go.lock().unwrap().take().recorded("it runs once")?;
    began.notify_one();
    let blocked = tokio::task::spawn_blocking(move || go.recv());
    blocked.await?.recorded("the test is over")
}

workflow! { BlockingAside = block_aside; }

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_blocks_a_thread_aside_is_cut_off_like_others() {
    let sandbox = Sandbox::new();
    let (go, wait) = mpsc::channel();
    let began = Arc::new(Notify::new());
    let stop = began.clone();
    let report = one::<BlockingAside>(&sandbox, json!({}))
        .state(std::sync::Mutex::new(Some(wait)))
        .state(began)
        .stop_when(async move { stop.notified().await })
        .grace(Duration::ZERO)
        .run()
        .await
        .unwrap();
    assert_eq!(
        (report.count(Outcome::Interrupted), report.abandoned),
        (1, 0)
    );
    assert_eq!(sandbox.files(), [""; 0]);
    // The thread cannot be ended, and the runtime waits for it.
    go.send(()).unwrap();
}

/// Panics in the grace.
#[executor]
async fn panic_late() -> Result<()> {
    sleep(seconds(3)).await;
    panic!("of {}", 3)
}

workflow! { PanicsLate = panic_late; }

#[tokio::test(start_paused = true)]
async fn one_that_panics_in_the_grace_is_recorded_and_the_stop_stays_one() {
    let sandbox = Sandbox::new();
    let run = one::<PanicsLate>(&sandbox, json!({})).stop_when(sleep(seconds(1)));
    let report = run.run().await.unwrap();
    assert_eq!(
        (report.count(Outcome::Failed), report.exit_code()),
        (1, 130)
    );
    assert_eq!(
        sandbox.status("a")["panic_late_status"],
        "ERROR UnhandledError::panicked: of 3"
    );
}

/// Panics when it is dropped.
struct Grenade;

impl Drop for Grenade {
    fn drop(&mut self) {
        panic!("in drop");
    }
}

#[derive(Serialize, Deserialize)]
struct Lasts {
    seconds: u64,
}

/// Holds a grenade for so long.
#[executor(timeout = "1m")]
async fn juggle(params: Params<Lasts>) -> Result<()> {
    let _grenade = Grenade;
    sleep(seconds(params.seconds)).await;
    Ok(())
}

workflow! { Juggling = juggle; }

#[tokio::test(start_paused = true)]
async fn one_that_panics_as_it_is_dropped_has_panicked() {
    // At its end, and when its time is up.
    for lasts in [1, 100] {
        let sandbox = Sandbox::new();
        let run = one::<Juggling>(&sandbox, json!({"seconds": lasts}));
        let error = run.run().await.unwrap_err();
        assert_eq!(error.kind(), RunErrorKind::Unhandled);
        assert_eq!(
            error.to_string(),
            "executor `juggle` failed on task `a`: panicked: in drop"
        );
        assert_eq!(
            sandbox.status("a")["juggle_status"],
            "ERROR UnhandledError::panicked: in drop"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_panics_as_it_is_cut_off_takes_nobody_along() {
    let sandbox = Sandbox::new();
    let tasks =
        [("a", 30), ("b", 2), ("c", 30)].map(|(key, lasts)| (key, json!({"seconds": lasts})));
    let report = Juggling::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs(tasks).unwrap())
        .progress(Progress::Off)
        .stop_when(sleep(seconds(1)))
        .grace(seconds(2))
        .run()
        .await
        .unwrap();
    assert_eq!(
        (report.count(Outcome::Interrupted), report.exit_code()),
        (2, 130)
    );
    assert_eq!(sandbox.files(), ["b.status.json"]);
}

/// Leaves somebody behind who saves a file much later.
#[executor]
async fn forget(files: Files, told: State<Arc<Notify>>) -> Result<()> {
    let told = told.clone();
    tokio::spawn(async move {
        sleep(seconds(100)).await;
        // There is a place for what is being written only as long as the run has the directory.
        let _ = files.save("late", "too late").await;
        told.notify_one();
    });
    Ok(())
}

#[executor]
async fn wait(_forget: Output<forget>, params: Params<Lasts>) -> Result<()> {
    sleep(seconds(params.seconds)).await;
    Ok(())
}

workflow! { Forgetful = forget -> wait; }

#[tokio::test(start_paused = true)]
async fn what_one_left_behind_saves_after_its_end_is_discarded() {
    // While the run goes on, and after it.
    for lasts in [1000, 1] {
        let (sandbox, told) = (Sandbox::new(), Arc::new(Notify::new()));
        let run = one::<Forgetful>(&sandbox, json!({"seconds": lasts}));
        let run = run.timeout(seconds(5000)).state(told.clone());
        assert_eq!(run.run().await.unwrap().count(Outcome::Succeeded), 1);
        timeout(seconds(200), told.notified()).await.unwrap();
        assert_eq!(sandbox.files(), ["a.status.json"], "{lasts}");
        assert_eq!(sandbox.status("a")["forget_meta"].get("files"), None);
        // Nor is it in the next one's way.
        let run = one::<Forgetful>(&sandbox, json!({"seconds": lasts}));
        let report = run.state(told).run().await.unwrap();
        assert_eq!(report.count(Outcome::Skipped), 1);
        assert_eq!(sandbox.files(), ["a.status.json"]);
    }
}
