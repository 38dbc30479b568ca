//! Scraping pages of 21.6 KB over loopback, 100 in flight: the ready-made `scrape` in a directory, against
//! the same work written by hand on reqwest.
//!
//!     cargo bench -p scrapeflow-benches --bench scrape
//!     cargo bench -p scrapeflow-benches --bench scrape -- --rounds 7 --tasks 10000 --dir /somewhere/else
//!
//! Unless told otherwise it writes to memory (tmpfs), where the system's share of a file varies least. The
//! client is pinned to one core and the server to another. Both write the same files in the same way: the
//! body in place, its MD5 on the way, then the status under another name, renamed. To be had: at most the
//! CPU time of the work by hand, and 1.1 of it with paces, robots.txt and cookies on that limit nothing; 200 proxies are to add at
//! most a tenth to what scrapeflow takes without.

mod by_hand;

use std::path::Path;

use scrapeflow::ProxyList;
use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow::store::{ArchiveStore, DirStore, Store};
use scrapeflow_benches::folders::Folders;
use scrapeflow_benches::rounds::{Contestant, compare};
use scrapeflow_benches::server::{self, Server};
use scrapeflow_benches::usage::{self, Meter, peak_megabytes};
use scrapeflow_benches::{child, number};
use tokio::runtime::Runtime;

workflow! {
    /// Pages as they are.
    Pages = scrape;
}

const SERVER_CORE: usize = 0;
const CLIENT_CORE: usize = 1;
/// The size of a page in bytes.
const SIZE: usize = 21_600;
const IN_FLIGHT: usize = 100;
const PROXIES: usize = 200;

fn main() -> std::io::Result<()> {
    server::if_asked()?;
    if let Some(words) = child::asked() {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let [who, origin, dir, tasks] = words[..] else {
            panic!(
                "a child is told who it is, where the server is, its directory and how many tasks"
            );
        };
        measure(who, origin, dir, tasks.parse().expect("a number"));
        return Ok(());
    }
    let rounds = scrapeflow_benches::option("rounds", 5);
    let tasks = scrapeflow_benches::option("tasks", 10_000_u64);
    let folders = Folders::given_or("/dev/shm");
    let server = Server::start(SERVER_CORE, SIZE);
    let contestant = |who: &'static str| {
        let (folders, origin) = (&folders, server.origin());
        Contestant::new(who, move |round| {
            let dir = folders.fresh(who, round);
            child::measure(&[who, origin, &dir, &tasks.to_string()])
        })
    };
    let contestants = vec![
        contestant("scrapeflow"),
        contestant("scrapeflow, polite"),
        contestant("scrapeflow, 200 proxies"),
        contestant("scrapeflow, archive"),
        contestant("scrapeflow, plain archive"),
        contestant("by hand"),
    ];
    compare(&format!("scrape of {tasks} pages"), rounds, contestants);
    Ok(())
}

/// Does the work as one or the other, and answers what each page took.
fn measure(who: &str, origin: &str, dir: &str, tasks: u64) {
    usage::pin(CLIENT_CORE);
    let runtime = Runtime::new().expect("a runtime");
    let meter = Meter::start();
    match who {
        "scrapeflow" => runtime.block_on(by_scrapeflow(origin, dir, tasks, |run| run)),
        "scrapeflow, polite" => runtime.block_on(by_scrapeflow(origin, dir, tasks, politely)),
        "scrapeflow, archive" => {
            let store = ArchiveStore::new(dir);
            runtime.block_on(in_store(store, origin, tasks, |run| run));
        }
        "scrapeflow, plain archive" => {
            let store = ArchiveStore::new(dir).plain();
            runtime.block_on(in_store(store, origin, tasks, |run| run));
        }
        "scrapeflow, 200 proxies" => {
            let proxies = proxies(origin);
            runtime.block_on(by_scrapeflow(origin, dir, tasks, |run| {
                run.proxies(proxies)
            }));
        }
        _ => runtime.block_on(by_hand::scrape(origin, Path::new(dir), tasks, IN_FLIGHT)),
    }
    let [cpu, wall] = meter.per_task(tasks);
    let speed = ("pages/s", number(tasks) / meter.wall_seconds());
    child::answer(&[cpu, wall, speed, ("peak MB", peak_megabytes())]);
}

/// Everything that keeps a run welcome, set so that it limits nothing.
fn politely(run: Run<Pages>) -> Run<Pages> {
    let pace = Pace::default().concurrency(10_000);
    run.politeness(Politeness::default().pace(pace).robots(true))
        .cookie_store(true)
}

/// The server answers what is asked of it as a proxy, too: 200 of them, which it tells apart by their users alone, and the
/// client altogether.
fn proxies(origin: &str) -> ProxyList {
    let address = origin.trim_start_matches("http://");
    let proxies = (0..PROXIES).map(|nth| format!("http://user-{nth}:password@{address}"));
    ProxyList::new(proxies).expect("proxies")
}

async fn by_scrapeflow(
    origin: &str,
    dir: &str,
    tasks: u64,
    settings: impl FnOnce(Run<Pages>) -> Run<Pages>,
) {
    in_store(DirStore::new(dir), origin, tasks, settings).await;
}

async fn in_store(
    store: impl Store,
    origin: &str,
    tasks: u64,
    settings: impl FnOnce(Run<Pages>) -> Run<Pages>,
) {
    let origin = origin.to_owned();
    let pages = (0..tasks).map(move |nth| Task::from_url(format!("{origin}/page/{nth}")));
    let run = Pages::in_store(store)
        .tasks(Tasks::from_iterator(pages))
        .max_parallelism(IN_FLIGHT)
        .progress(Progress::Off);
    let report = settings(run).run().await.expect("the run ends");
    if report.count(Outcome::Succeeded) != tasks {
        eprintln!("not all tasks succeeded:\n{report}");
    }
}
