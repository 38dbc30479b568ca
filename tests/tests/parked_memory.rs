//! What a task costs in memory while it waits for its host's turn. A test of its own, since it looks at the
//! whole process.

use std::fs;
use std::sync::{Arc, Mutex};

use futures::stream::{self, StreamExt};
use scrapeflow::http;
use scrapeflow::middleware::{Body, answering};
use scrapeflow::prelude::*;
use scrapeflow::store::MemoryStore;
use tokio::time::sleep;

/// To be had: at most so many bytes for each task that waits.
const MOST: u64 = 300;

/// Measured over so many.
const TASKS: u64 = 100_000;

#[derive(Serialize, Deserialize)]
struct Page {
    url: String,
}

#[executor]
async fn fetches(page: Params<Page>, fetch: Fetch) -> Result<()> {
    fetch.get(&page.url).send().await?.bytes().await?;
    Ok(())
}

workflow! { Fetching = fetches; }

/// The memory that this process holds now, in bytes.
fn held() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kibibytes.unwrap().parse::<u64>().unwrap() * 1024
}

/// A paused time goes on to this when all that can be done is done.
async fn when_all_wait() {
    sleep(Duration::from_secs(1)).await;
}

#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_task_that_waits_for_its_host_costs_at_most_300_bytes() {
    let answering = answering(async |_| http::Response::new(Body::from("page")));
    let task = |n: u64| Task::from_url(format!("http://slow.example/{n:06}"));
    let found = Arc::new(Mutex::new(Vec::new()));
    let (before, between) = (found.clone(), found.clone());
    // The first 10,000 pay for what is there once; the others are counted.
    let first = stream::iter(0..10_000).map(task);
    let more = stream::once(async move {
        when_all_wait().await;
        before.lock().unwrap().push(held());
    });
    let more = more.flat_map(move |()| stream::iter(10_000..10_000 + TASKS).map(task));
    let run = Fetching::in_store(MemoryStore::new())
        .tasks(Tasks::from_stream(first.chain(more)))
        .lookahead(1_000_000)
        .layer(answering)
        .host("slow.example", |host| host.pace(Pace::per_second(0.001)))
        .stop_when(async move {
            for _ in 0..2 {
                when_all_wait().await;
            }
            when_all_wait().await;
            between.lock().unwrap().push(held());
            // Turns come one by one: two more tasks go, all others still wait.
            sleep(Duration::from_secs(2500)).await;
            between.lock().unwrap().push(held());
        })
        .progress(Progress::Off);
    let report = run.run().await.unwrap();
    assert_eq!(report.count(Outcome::Succeeded), 3, "{report}");
    let found = found.lock().unwrap();
    let each = |held: u64| held.saturating_sub(found[0]) / TASKS;
    assert_eq!(found.len(), 3);
    assert!(
        each(found[1]) > 50,
        "the tasks are there: {} bytes each",
        each(found[1])
    );
    assert!(each(found[1]) <= MOST, "{} bytes each", each(found[1]));
    assert!(
        each(found[2]) <= MOST,
        "{} bytes each after some turns",
        each(found[2])
    );
}
