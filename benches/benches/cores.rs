//! Two cores against one, on work without a server: a page from memory is saved, and its links are counted.
//!
//!     cargo bench -p scrapeflow-benches --bench cores
//!     cargo bench -p scrapeflow-benches --bench cores -- --rounds 5 --tasks 20000 --dir /somewhere/else
//!
//! To be had: 1.8 times the tasks/s. What is left of twice is what the system does for one at a time, above all making files
//! in one directory, and the one who commits to an archive.

use bytes::Bytes;
use scrapeflow::prelude::*;
use scrapeflow::store::{ArchiveStore, DirStore, MemoryStore, Store};
use scrapeflow_benches::folders::Folders;
use scrapeflow_benches::rounds::{Contestant, compare_with};
use scrapeflow_benches::server::page_of;
use scrapeflow_benches::usage::{self, Meter, peak_megabytes};
use scrapeflow_benches::{child, number};

/// The page that every task has.
#[derive(Debug, Clone)]
struct InMemory(Bytes);

#[executor]
async fn page(files: Files, kept: State<InMemory>) -> Result<Saved> {
    files.save("html", kept.0.clone()).await
}

#[executor]
async fn links(page: Body<page>) -> Result<usize> {
    Ok(page.text().matches("<a href=").count())
}

workflow! {
    /// Pages that are there.
    Pages = page -> links;
}

/// In bytes.
const SIZE: usize = 21_600;
const STORES: [&str; 4] = ["memory", "directory", "archive", "archive, plain"];

fn main() {
    if let Some(words) = child::asked() {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let [store, cores, dir, tasks] = words[..] else {
            panic!("a child is told its store, its cores, its directory and how many tasks");
        };
        let cores: Vec<usize> = (0..cores.parse().expect("a number")).collect();
        usage::pin_to(&cores);
        let tasks = tasks.parse().expect("a number");
        return match store {
            "memory" => work(MemoryStore::new(), tasks),
            "directory" => work(DirStore::new(dir), tasks),
            "archive" => work(ArchiveStore::new(dir), tasks),
            _ => work(ArchiveStore::new(dir).plain(), tasks),
        };
    }
    let rounds = scrapeflow_benches::option("rounds", 5);
    let tasks = scrapeflow_benches::option("tasks", 20_000_u64);
    for store in STORES {
        let folders = Folders::given_or("/dev/shm");
        let contestant = |cores: &'static str| {
            let folders = &folders;
            Contestant::new(cores, move |round| {
                let dir = folders.fresh(cores, round);
                let (count, _) = cores.split_once(' ').expect("a number of cores");
                child::measure(&[store, count, &dir, &tasks.to_string()])
            })
        };
        let contestants = vec![contestant("1 core"), contestant("2 cores")];
        let title = format!("{tasks} pages from memory, store: {store}");
        compare_with(&title, rounds, contestants, &["1 core".to_owned()]);
    }
}

fn work(store: impl Store, tasks: u64) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let keys = (0..tasks).map(|nth| Task::from_url(format!("https://example.com/page/{nth}")));
    let run = Pages::in_store(store)
        .tasks(Tasks::from_iterator(keys))
        .state(InMemory(page_of(SIZE).into()))
        .max_parallelism(100)
        .progress(Progress::Off);
    let meter = Meter::start();
    let report = runtime.block_on(run.run()).expect("the run ends");
    assert_eq!(report.count(Outcome::Succeeded), tasks, "{report}");
    let [cpu, _] = meter.per_task(tasks);
    child::answer(&[
        ("tasks/s", number(tasks) / meter.wall_seconds()),
        cpu,
        ("peak MB", peak_megabytes()),
    ]);
}
