//! What a task costs beside its work: three executors that do nothing, each reading what the one before
//! returned, through the store in memory and through directories.
//!
//!     cargo bench -p scrapeflow-benches --bench journey
//!     cargo bench -p scrapeflow-benches --bench journey -- --rounds 9 --tasks 100000 --dir /somewhere/else
//!
//! To be had: at most 10 µs of CPU for a task in memory.

use std::path::Path;

use scrapeflow::prelude::*;
use scrapeflow::store::MemoryStore;
use scrapeflow::{Run, Tasks};
use scrapeflow_benches::child;
use scrapeflow_benches::folders::Folders;
use scrapeflow_benches::rounds::{Contestant, compare};
use scrapeflow_benches::usage::{Meter, peak_megabytes};
use tokio::runtime::{Builder, Runtime};

#[executor]
async fn first(key: Key) -> Result<usize> {
    Ok(key.as_str().len())
}

#[executor]
async fn second(before: Output<first>) -> Result<usize> {
    Ok(*before + 1)
}

#[executor]
async fn third(before: Output<second>) -> Result<usize> {
    Ok(*before + 1)
}

workflow! {
    /// Nothing, thrice.
    Nothing = first -> second -> third;
}

#[derive(Serialize)]
struct Page {
    url: String,
}

fn main() {
    if let Some(words) = child::asked() {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let [runtime, store, tasks, ..] = words[..] else {
            panic!("a child is told its runtime, its store and how many tasks");
        };
        let run = match store {
            "memory" => Nothing::in_store(MemoryStore::new()),
            dir => Nothing::in_dir(dir),
        };
        let runtime = match runtime {
            "single" => Builder::new_current_thread().enable_all().build(),
            _ => Runtime::new(),
        };
        return travel(
            &runtime.expect("a runtime"),
            run,
            tasks.parse().expect("a number"),
        );
    }
    let rounds = scrapeflow_benches::option("rounds", 5);
    let tasks = scrapeflow_benches::option("tasks", 50_000_u64);
    let disk = Folders::given_or(env!("CARGO_TARGET_TMPDIR"));
    let tmpfs = Folders::within(Path::new("/dev/shm"));
    let count = tasks.to_string();
    let in_memory = |runtime: &'static str| {
        let count = &count;
        move |_| child::measure(&[runtime, "memory", count])
    };
    let contestants = vec![
        Contestant::new("directory on disk", |round| {
            child::measure(&["multi", &disk.fresh("disk", round), &count])
        }),
        Contestant::new("directory on tmpfs", |round| {
            child::measure(&["multi", &tmpfs.fresh("tmpfs", round), &count])
        }),
        Contestant::new("memory, one thread", in_memory("single")),
        Contestant::new("memory", in_memory("multi")),
    ];
    compare(
        &format!("journey: {tasks} tasks of three executors"),
        rounds,
        contestants,
    );
}

/// Runs the tasks and answers what each took.
fn travel(runtime: &Runtime, run: Run<Nothing>, tasks: u64) {
    let pages = (0..tasks).map(|nth| {
        let url = format!("https://example.com/page/{nth}");
        (format!("page {nth}"), Page { url })
    });
    let run = run
        .tasks(Tasks::from_iterator(pages))
        .progress(Progress::Off);
    let meter = Meter::start();
    let report = runtime.block_on(run.run()).expect("the run ends");
    let [cpu, wall] = meter.per_task(tasks);
    let succeeded = report.count(Outcome::Succeeded);
    if succeeded != tasks {
        eprintln!("only {succeeded} tasks succeeded:\n{report}");
    }
    child::answer(&[cpu, wall, ("peak MB", peak_megabytes())]);
}
