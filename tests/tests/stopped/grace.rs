//! A run that is asked to stop starts nothing more and lets end what is under way, as long as its grace goes;
//! asked again, it stops at once. What was let end is recorded, what was cut off leaves nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::FutureExt;
use futures::future::BoxFuture;
use scrapeflow::StopSignal;
use scrapeflow::http;
use scrapeflow::middleware::{Body, answering};
use scrapeflow::prelude::*;
use scrapeflow_tests::Sandbox;
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[derive(Serialize, Deserialize)]
struct Lasts {
    seconds: u64,
}

/// Writes a file while it works.
#[executor(timeout = "1h")]
async fn work(params: Params<Lasts>, files: Files) -> Result<()> {
    let mut file = files.create("half").await?;
    file.write(b"half").await?;
    sleep(seconds(params.seconds)).await;
    file.finish().await?;
    Ok(())
}

#[executor]
async fn after(_work: Output<work>) -> Result<()> {
    Ok(())
}

workflow! { Work = work -> after; }

/// Tasks that last 5 and 20 s side by side, and one that waits for a place.
fn three(sandbox: &Sandbox) -> Run<Work> {
    let tasks = [("short", 5), ("long", 20), ("late", 1)];
    let pairs = tasks.map(|(key, seconds)| (key, json!({"seconds": seconds})));
    Work::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs(pairs).unwrap())
        .max_parallelism(2)
        .progress(Progress::Off)
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_may_end_within_the_grace() {
    let cases = [
        (10, 11, vec!["short.half", "short.status.json"]),
        (2, 3, vec![]),
        (0, 1, vec![]),
    ];
    for (grace, ends_after, files) in cases {
        let (sandbox, began) = (Sandbox::new(), Instant::now());
        let run = three(&sandbox)
            .stop_when(sleep(seconds(1)))
            .grace(seconds(grace));
        let report = run.run().await.unwrap();
        assert_eq!(began.elapsed().as_secs(), ends_after, "grace {grace} s");
        assert_eq!(sandbox.files(), files, "grace {grace} s");
        assert_eq!(
            (report.count(Outcome::Interrupted), report.total()),
            (2, 2),
            "the third never began"
        );
        assert!(report.interrupted && report.abandoned == 0 && report.exit_code() == 130);
        if !files.is_empty() {
            let status = sandbox.status("short");
            assert_eq!(status["work_status"], "SUCCESS");
            assert_eq!(
                status.get("after_status"),
                None,
                "the next executor doesn't begin"
            );
        }
        // Nothing of it is in the way of the next run.
        let report = three(&sandbox).run().await.unwrap();
        assert_eq!(
            (report.count(Outcome::Succeeded), report.interrupted),
            (3, false)
        );
    }
}

/// Comes again after a second.
struct Again;

impl StopSignal for Again {
    fn again(self) -> BoxFuture<'static, ()> {
        sleep(seconds(1)).boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_signal_stops_at_once() {
    let (sandbox, began) = (Sandbox::new(), Instant::now());
    let signal = async {
        sleep(seconds(1)).await;
        Again
    };
    let report = three(&sandbox).stop_when(signal).run().await.unwrap();
    assert_eq!(began.elapsed(), seconds(2));
    assert_eq!(sandbox.files(), [""; 0]);
    assert_eq!(report.count(Outcome::Interrupted), 2);
}

#[tokio::test(start_paused = true)]
async fn whichever_signal_comes_first_stops_the_run() {
    let (sandbox, began) = (Sandbox::new(), Instant::now());
    let run = three(&sandbox)
        .stop_when(sleep(seconds(500)))
        .stop_when(sleep(seconds(2)))
        .grace(Duration::ZERO);
    run.run().await.unwrap();
    assert_eq!(began.elapsed(), seconds(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_a_stop_that_is_there_already_nothing_begins() {
    let sandbox = Sandbox::new();
    let run = three(&sandbox).stop_when(std::future::ready(()));
    let report = run.run().await.unwrap();
    assert_eq!((report.total(), report.interrupted), (0, true));
    assert_eq!(sandbox.files(), [""; 0]);
}

#[executor]
async fn busy(calls: State<Arc<AtomicU32>>) -> Result<()> {
    calls.fetch_add(1, Ordering::Relaxed);
    Err(Error::retry("busy"))
}

workflow! { Busy = busy; }

#[tokio::test(start_paused = true)]
async fn no_retry_starts() {
    let (sandbox, began, calls) = (Sandbox::new(), Instant::now(), Arc::new(AtomicU32::new(0)));
    let report = Busy::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("a", json!({}))]).unwrap())
        .state(calls.clone())
        .retries(5)
        .backoff(Backoff::new(seconds(100), seconds(100)))
        .stop_when(sleep(seconds(10)))
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!(
        (began.elapsed(), calls.load(Ordering::Relaxed)),
        (seconds(10), 1)
    );
    // It would have been tried again: no failure is recorded.
    assert_eq!(
        (report.count(Outcome::Interrupted), report.exit_code()),
        (1, 130)
    );
    assert_eq!(sandbox.files(), [""; 0]);
}

/// Makes do without its page.
#[executor]
async fn optional(fetch: Fetch) -> Result<String> {
    match fetch.get("http://busy.example/").send().await {
        Ok(page) => page.text().await,
        Err(_) => Ok("nothing".to_owned()),
    }
}

workflow! { Optional = optional; }

#[tokio::test(start_paused = true)]
async fn a_success_that_does_without_what_a_stop_cut_off_is_not_recorded() {
    let unavailable = |_| async {
        let mut response = http::Response::new(Body::from("not now"));
        *response.status_mut() = http::StatusCode::BAD_GATEWAY;
        response
    };
    for (stops_after, files) in [
        (seconds(10), vec![]),
        (seconds(1000), vec!["a.status.json"]),
    ] {
        let sandbox = Sandbox::new();
        Optional::in_dir(sandbox.dir())
            .tasks(Tasks::from_pairs([("a", json!({}))]).unwrap())
            .layer(answering(unavailable))
            .request_backoff(Backoff::new(seconds(100), seconds(100)))
            .timeout(seconds(10_000))
            .stop_when(sleep(stops_after))
            .progress(Progress::Off)
            .run()
            .await
            .unwrap();
        assert_eq!(sandbox.files(), files, "{stops_after:?}");
    }
}

/// Ends early when asked to stop.
#[executor]
async fn polite(context: Context) -> Result<String> {
    context.cancellation().cancelled().await;
    Ok("as far as it went".to_owned())
}

workflow! { Polite = polite; }

#[tokio::test(start_paused = true)]
async fn an_executor_can_hear_of_it_and_end_in_order() {
    let (sandbox, began) = (Sandbox::new(), Instant::now());
    let run = Polite::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("a", json!({}))]).unwrap())
        .stop_when(sleep(seconds(3)))
        .progress(Progress::Off);
    assert_eq!(run.run().await.unwrap().count(Outcome::Succeeded), 1);
    assert_eq!(began.elapsed(), seconds(3));
    assert_eq!(sandbox.status("a")["polite"], "as far as it went");
}

/// Leaves somebody behind who waits for the run's end.
#[executor]
async fn leave_behind(context: Context, told: State<Arc<Notify>>) -> Result<()> {
    let told = told.clone();
    tokio::spawn(async move {
        context.cancellation().cancelled().await;
        told.notify_one();
    });
    std::future::pending().await
}

workflow! { LeavesBehind = leave_behind; }

#[tokio::test(start_paused = true)]
async fn a_dropped_run_tells_those_it_left_behind() {
    let (sandbox, told) = (Sandbox::new(), Arc::new(Notify::new()));
    let run = LeavesBehind::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("a", json!({}))]).unwrap())
        .state(told.clone())
        .progress(Progress::Off);
    let dropped = tokio::time::timeout(seconds(2), run.run()).await;
    assert!(dropped.is_err());
    told.notified().await;
}

#[tokio::test(start_paused = true)]
async fn a_dropped_run_stops_at_once_and_leaves_the_directory_to_others() {
    let sandbox = Sandbox::new();
    let dropped = tokio::time::timeout(seconds(2), three(&sandbox).run()).await;
    assert!(dropped.is_err());
    let report = three(&sandbox).run().await.unwrap();
    assert_eq!(report.count(Outcome::Succeeded), 3);
}
