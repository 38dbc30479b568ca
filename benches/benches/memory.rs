//! What a run keeps in memory of each task that it has settled, beside what its store keeps: no-op tasks,
//! pulled as the run goes on, through a store that forgets them.
//!
//!     cargo bench --bench memory
//!     cargo bench --bench memory -- --rounds 3
//!
//! To be had: at most 40 bytes a task. The hash table behind it doubles now and then, so the figures are
//! steps: between two sizes "peak" counts the table that is being left, "settled" doesn't.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures::future::{self, BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, StreamExt};
use scrapeflow::Tasks;
use scrapeflow::prelude::*;
use scrapeflow::store::{BodyName, BodyStat, Lease, Staged, Store, StoreError};
use scrapeflow_benches::rounds::median;
use scrapeflow_benches::usage::{peak_megabytes, resident_megabytes};
use scrapeflow_benches::{child, number};

#[executor]
async fn nothing() -> Result<()> {
    Ok(())
}

workflow! {
    /// Nothing, once.
    Nothing = nothing;
}

/// Has never heard of any task.
#[derive(Debug)]
struct Forgetful;

type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

fn ready<'a, T: Send + 'a>(value: T) -> Answer<'a, T> {
    future::ready(Ok(value)).boxed()
}

impl Store for Forgetful {
    fn begin(&self, _: Durability) -> Answer<'_, Lease> {
        ready(Lease::new(()))
    }

    fn read<'a>(&'a self, _: &'a Key) -> Answer<'a, Option<Bytes>> {
        ready(None)
    }

    fn save<'a>(&'a self, _: &'a Key, _: &'a str, _: Vec<Box<dyn Staged>>) -> Answer<'a, ()> {
        ready(())
    }

    fn stage<'a>(&'a self, name: &'a BodyName) -> Answer<'a, Box<dyn Staged>> {
        let refused = StoreError::invalid(format!("`{name}` would be forgotten"));
        future::ready(Err(refused)).boxed()
    }

    fn open<'a>(
        &'a self,
        _: &'a BodyName,
    ) -> Answer<'a, Option<BoxStream<'a, Result<Bytes, StoreError>>>> {
        ready(None)
    }

    fn stat<'a>(&'a self, _: &'a BodyName) -> Answer<'a, Option<BodyStat>> {
        ready(None)
    }

    fn keys(&self) -> BoxStream<'_, Result<Key, StoreError>> {
        stream::empty().boxed()
    }

    fn statuses(&self) -> BoxStream<'_, Result<(Key, Bytes), StoreError>> {
        stream::empty().boxed()
    }

    fn location(&self) -> String {
        "nowhere".to_owned()
    }
}

const SIZES: [u64; 3] = [100_000, 400_000, 1_600_000];

fn main() {
    if let Some(words) = child::asked() {
        return travel(words[0].parse().expect("a number of tasks"));
    }
    let rounds = scrapeflow_benches::option("rounds", 3_usize);
    let measured: Vec<_> = SIZES
        .map(|tasks| tasks.to_string())
        .map(|tasks| (0..rounds).map(|_| child::measure(&[&tasks])).collect())
        .into_iter()
        .map(|figures: Vec<child::Figures>| {
            [0, 1].map(|nth| median(figures.iter().map(|figures| figures[nth].1)))
        })
        .collect();
    println!("memory; medians of {rounds} rounds, and bytes for each further task");
    println!(
        "{:>10}  {:>12}  {:>5}  {:>12}  {:>5}",
        "tasks", "peak MB", "", "settled MB", ""
    );
    for (nth, (tasks, [peak, settled])) in SIZES.iter().zip(&measured).enumerate() {
        let slope = |now: f64, of: usize| {
            let before = nth.checked_sub(1)?;
            let grown = (now - measured[before][of]) * 1e6;
            Some(format!("{:.1}", grown / number(tasks - SIZES[before])))
        };
        let (to_peak, to_settled) = (slope(*peak, 0), slope(*settled, 1));
        let [to_peak, to_settled] = [to_peak, to_settled].map(Option::unwrap_or_default);
        println!("{tasks:>10}  {peak:>12.1}  {to_peak:>5}  {settled:>12.1}  {to_settled:>5}");
    }
}

/// Runs the tasks and answers what they took; what is settled is told when the last one ends.
fn travel(tasks: u64) {
    let pages = (0..tasks).map(|nth| Task::from_url(format!("https://example.com/page/{nth}")));
    let ended = AtomicU64::new(0);
    let settled: &'static Mutex<f64> = Box::leak(Box::new(Mutex::new(0.0)));
    let run = Nothing::in_store(Forgetful)
        .tasks(Tasks::from_iterator(pages))
        .progress(Progress::Off)
        .on_event(move |event| {
            if matches!(event, Event::TaskFinished { .. })
                && ended.fetch_add(1, Ordering::Relaxed) + 1 == tasks
                && let Ok(mut settled) = settled.lock()
            {
                *settled = resident_megabytes();
            }
        });
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(run.run()).expect("the run ends");
    let settled = settled.lock().map_or(0.0, |settled| *settled);
    child::answer(&[("peak MB", peak_megabytes()), ("settled MB", settled)]);
}
