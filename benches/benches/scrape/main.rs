//! Scraping pages over loopback, 100 in flight: the ready-made `scrape` into each store, against the same work written by
//! hand on reqwest, against fetching alone, and, once `cargo xtask bench` has installed them, against other frameworks.
//!
//!     cargo bench -p scrapeflow-benches --bench scrape
//!     cargo bench -p scrapeflow-benches --bench scrape -- --rounds 7 --tasks 10000 --size 1024 --dir /somewhere/else
//!     cargo bench -p scrapeflow-benches --bench scrape -- --only "archive;by hand"
//!
//! nginx has one core and the client another. Each client is a process of its own, and its figures are all that the
//! process took from its start to its end, less what it takes for a tenth of the pages: starting an interpreter is no page's. What it left is read before the figure counts: every page with its size, MD5 and
//! headers (see `check`). Unless told otherwise they write to memory (tmpfs), where the system's share of a file varies least.
//!
//! To be had, in CPU time of a page: a directory at most 1.0 of "by hand", which writes the body in place and renames the
//! status as it does, and 1.1 with paces, robots.txt and cookies on that limit nothing, or with 200 proxies; a plain
//! archive at most 0.75 of "by hand, two plain files"; and a directory 2.5 times less than spider, 7.5 times less than Scrapy and Crawlee
//! for Python, 13 times less than Crawlee for JavaScript; an archive, if it can be, 7, 20, 20 and 35 times less.

mod by_hand;
mod check;
mod fetch_only;
mod ours;
mod peers;

use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use scrapeflow_benches::child;
use scrapeflow_benches::folders::Folders;
use scrapeflow_benches::rounds::{Contestant, compare_with};
use scrapeflow_benches::server::Server;
use scrapeflow_benches::{number, usage};
use wait4::Wait4;

use check::Kept;
use fetch_only::By;

const SERVER_CORE: usize = 0;
const CLIENT_CORE: usize = 1;
/// The sizes of a page in bytes.
const SIZES: [usize; 2] = [21_600, 1_024];
const IN_FLIGHT: usize = 100;

/// Those that ratios are told to.
const BASES: [&str; 3] = ["directory", "by hand", "by hand, two plain files"];

/// A client: its name, what it leaves, and the program to which prefix, directory and number of pages are told.
struct Client {
    name: String,
    kept: Kept,
    program: Box<dyn Fn() -> Command>,
}

impl Client {
    /// One that is this program.
    fn own(name: &'static str, kept: Kept) -> Self {
        let program = move || {
            let mut command = usage::on_core(CLIENT_CORE, std::env::current_exe().expect("a path"));
            command.args(child::arguments(&[name]));
            command
        };
        Self {
            name: name.to_owned(),
            kept,
            program: Box::new(program),
        }
    }
}

fn main() {
    if let Some(words) = child::asked() {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let [who, prefix, dir, tasks] = words[..] else {
            panic!(
                "a child is told who it is, its URLs' beginning, its directory and how many tasks"
            );
        };
        return scrape(who, prefix, dir, tasks.parse().expect("a number"));
    }
    let size = scrapeflow_benches::option("size", 0_usize);
    let sizes = if size > 0 { &[size][..] } else { &SIZES };
    for size in sizes {
        rounds(*size);
    }
}

/// Does the work as one of those that are this program.
fn scrape(who: &str, prefix: &str, dir: &str, tasks: u64) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        match who {
            "fetch only, hyper by hand" => {
                fetch_only::fetch(By::Connections, prefix, tasks, IN_FLIGHT).await;
            }
            "fetch only, hyper's pool" => {
                fetch_only::fetch(By::pool(), prefix, tasks, IN_FLIGHT).await;
            }
            "fetch only, reqwest" => {
                fetch_only::fetch(By::reqwest(), prefix, tasks, IN_FLIGHT).await;
            }
            "by hand" => by_hand::scrape(prefix, dir.as_ref(), tasks, IN_FLIGHT, true).await,
            "by hand, two plain files" => {
                by_hand::scrape(prefix, dir.as_ref(), tasks, IN_FLIGHT, false).await;
            }
            ours => ours::run(ours, prefix, dir, tasks, IN_FLIGHT).await,
        }
    });
}

fn clients() -> Vec<Client> {
    let mut clients = vec![
        Client::own("directory", Kept::Files),
        Client::own("directory, polite", Kept::Files),
        Client::own("directory, 200 proxies", Kept::Files),
        Client::own("archive", Kept::Archive),
        Client::own("archive, plain", Kept::Archive),
        Client::own("by hand", Kept::Files),
        Client::own("by hand, two plain files", Kept::Files),
        Client::own("fetch only, hyper by hand", Kept::Nothing),
        Client::own("fetch only, hyper's pool", Kept::Nothing),
        Client::own("fetch only, reqwest", Kept::Nothing),
    ];
    clients.extend(peers::installed());
    let only = scrapeflow_benches::option("only", String::new());
    if !only.is_empty() {
        clients.retain(|client| only.split(';').any(|name| name == client.name));
        assert!(!clients.is_empty(), "nobody is called `{only}`");
    }
    clients
}

fn rounds(size: usize) {
    let rounds = scrapeflow_benches::option("rounds", 5);
    let tasks = scrapeflow_benches::option("tasks", 5_000_u64);
    let folders = Folders::given_or("/dev/shm");
    let server = Server::start(SERVER_CORE, size);
    let prefix = format!("{}/page/", server.origin());
    let mut bases = Vec::new();
    let mut contestants = Vec::new();
    for client in clients() {
        let (folders, prefix, page) = (&folders, &prefix, server.page());
        if BASES.contains(&client.name.as_str()) {
            bases.push(client.name.clone());
        }
        contestants.push(Contestant::new(client.name.clone(), move |round| {
            let dir = folders.fresh(&client.name.replace([' ', ','], "-"), round);
            let [some, all] = [tasks / 10, tasks].map(|tasks| {
                let spent = measure(&client, prefix, &dir, tasks);
                check::check(&client, prefix, &dir, tasks, page);
                // The next needs the memory; on tmpfs nobody has to wait for it.
                let _ = fs::remove_dir_all(&dir);
                spent
            });
            let pages = number(tasks - tasks / 10);
            vec![
                ("CPU µs/page".to_owned(), (all.cpu - some.cpu) * 1e6 / pages),
                ("pages/s".to_owned(), pages / (all.wall - some.wall)),
                ("peak MB".to_owned(), all.peak),
            ]
        }));
    }
    let title = format!("{tasks} pages of {size} bytes");
    compare_with(&title, rounds, contestants, &bases);
}

/// Seconds, and megabytes.
struct Spent {
    cpu: f64,
    wall: f64,
    peak: f64,
}

/// What a client takes from its start to its end.
fn measure(client: &Client, prefix: &str, dir: &str, tasks: u64) -> Spent {
    let mut command = (client.program)();
    command.args([prefix, dir, &tasks.to_string()]);
    let began = Instant::now();
    let child = command.stdin(Stdio::null()).spawn();
    let child = child.unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    let ended = child.wait4().expect("it is a child");
    let wall = began.elapsed().as_secs_f64();
    assert!(
        ended.status.success(),
        "`{}` failed: {}",
        client.name,
        ended.status
    );
    let spent = ended.rusage.utime + ended.rusage.stime;
    Spent {
        cpu: spent.as_secs_f64(),
        wall,
        peak: number(ended.rusage.maxrss) / 1e6,
    }
}
