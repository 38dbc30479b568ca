//! The first rerun of a directory, and of an archive, in which every task is finished: statuses of a scrape and a parse,
//! with the response headers that a shop's CDN sends. The page cache is warm.
//!
//!     cargo bench -p scrapeflow-benches --bench restart
//!     cargo bench -p scrapeflow-benches --bench restart -- --rounds 5 --tasks 200000 --dir /somewhere/else
//!
//! "by hand" only reads every file and checks its JSON, on one thread; "archive by hand" reads the rows of the database in their order, checks
//! the JSON and takes its MD5, of which inputs' fingerprints take most. To be had of 200,000 tasks: at most
//! 0.6 s in a directory and 0.3 s in an archive on two cores, 30 MB, and nothing written.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use md5::{Digest, Md5};
use rusqlite::{Connection, OpenFlags};
use scrapeflow::prelude::*;
use scrapeflow_benches::finished::{Pages, pages};
use scrapeflow_benches::rounds::{Contestant, compare};
use scrapeflow_benches::usage::{Meter, peak_megabytes};
use scrapeflow_benches::{child, folders::Folders, number};
use serde::de::IgnoredAny;

fn main() {
    let tasks = scrapeflow_benches::option("tasks", 200_000_u64);
    if let Some(words) = child::asked() {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            [dir, "iterator" | "archive", count] => {
                run(dir, pages(count.parse().expect("a number")));
            }
            [dir, "stored", ..] => run(dir, Tasks::stored()),
            [dir, "by hand", ..] => by_hand(dir),
            [dir, "archive by hand", ..] => archive_by_hand(dir),
            _ => panic!("a child is told its directory and what to do"),
        }
        return;
    }
    let rounds = scrapeflow_benches::option("rounds", 5);
    let folders = Folders::given_or(env!("CARGO_TARGET_TMPDIR"));
    let dir = folders.fresh("pages", 0);
    let count = tasks.to_string();
    child::measure(&[&dir, "iterator", &count]);
    let made = SystemTime::now();
    let contestant = |what: &'static str| {
        let (dir, count) = (&dir, &count);
        Contestant::new(what, move |_| child::measure(&[dir, what, count]))
    };
    let archive = folders.fresh("pages.sfa", 0);
    child::measure(&[&archive, "archive", &count]);
    let in_archive = |what: &'static str| {
        let (archive, count) = (&archive, &count);
        Contestant::new(what, move |_| child::measure(&[archive, what, count]))
    };
    let mut contestants: Vec<Contestant> = ["archive", "archive by hand"].map(in_archive).into();
    contestants.extend(["iterator", "stored", "by hand"].map(contestant));
    compare(
        &format!("restart of {tasks} finished tasks"),
        rounds,
        contestants,
    );
    let (files, bytes, changed) = inspect(Path::new(&dir), made);
    let mean = number(bytes) / number(files);
    println!("{files} files of {mean:.0} bytes on average; {changed} of them written to since");
}

/// Runs the workflow and answers what that took.
fn run(dir: &str, tasks: Tasks) {
    let meter = Meter::start();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let begun = if dir.contains(".sfa") {
        Pages::in_archive(dir)
    } else {
        Pages::in_dir(dir)
    };
    let run = begun.tasks(tasks).progress(Progress::Off).run();
    let report = runtime.block_on(run).expect("the run ends");
    answer(&meter);
    if report.done() != report.total() {
        eprintln!("not all tasks are done:\n{report}");
    }
}

/// The least that a restart can be.
fn by_hand(dir: &str) {
    let meter = Meter::start();
    for entry in fs::read_dir(dir).expect("the directory") {
        let path = entry.expect("an entry").path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let bytes = fs::read(path).expect("a status file");
            let _: IgnoredAny = serde_json::from_slice(&bytes).expect("JSON");
        }
    }
    answer(&meter);
}

/// The least that one of an archive can be.
fn archive_by_hand(dir: &str) {
    let meter = Meter::start();
    let database = Path::new(dir).join("status.db");
    let database = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("an archive");
    let mut statuses = database
        .prepare("SELECT status FROM tasks ORDER BY id")
        .expect("its tasks");
    let mut rows = statuses.query([]).expect("its tasks");
    while let Some(row) = rows.next().expect("a row") {
        let status = row.get_ref(0).and_then(|status| Ok(status.as_bytes()?));
        let status = status.expect("a status");
        let _: IgnoredAny = serde_json::from_slice(status).expect("JSON");
        std::hint::black_box(Md5::digest(status));
    }
    answer(&meter);
}

fn answer(meter: &Meter) {
    let (cpu, wall) = (meter.cpu_seconds(), meter.wall_seconds());
    child::answer(&[
        ("CPU s", cpu),
        ("wall s", wall),
        ("peak MB", peak_megabytes()),
    ]);
}

/// How many files there are, of how many bytes, and how many were written to since.
fn inspect(dir: &Path, since: SystemTime) -> (u64, u64, u64) {
    let (mut files, mut bytes, mut changed) = (0, 0, 0);
    for entry in fs::read_dir(dir).expect("the directory") {
        let metadata = entry.and_then(|entry| entry.metadata()).expect("an entry");
        if metadata.is_file() {
            files += 1;
            bytes += metadata.len();
            changed += u64::from(metadata.modified().is_ok_and(|at| at > since));
        }
    }
    (files, bytes, changed)
}
