//! A long run against a site of which one page in ten is trouble: memory, files, threads and tasks of the runtime stay as many as
//! they were, and the counts are exact.
//!
//! A short one unless `SCRAPEFLOW_SOAK_TASKS` and `SCRAPEFLOW_SOAK_SECONDS` say otherwise, as `cargo xtask soak` does.

#![cfg(target_os = "linux")]

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use scrapeflow::store::{ArchiveStore, Store};
use scrapeflow_tests::{Answer, Ending, Running, Sandbox, Site};
use serde_json::Value;

/// What becomes of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Good,
    /// 500 the first time, reset, broken off, or never answered.
    SecondTime(Trouble),
    /// 404.
    Missing,
    NoWords,
    Panics,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Error,
    Reset,
    Short,
    Silent,
}

fn page(n: u64) -> Page {
    match (n % 100, n % 1000) {
        (_, 7) => Page::Panics,
        (1, _) => Page::Missing,
        (2 | 12, _) => Page::SecondTime(Trouble::Error),
        (3 | 13, _) => Page::SecondTime(Trouble::Reset),
        (4 | 14, _) => Page::SecondTime(Trouble::Short),
        (_, 205 | 705) => Page::SecondTime(Trouble::Silent),
        (6, _) => Page::NoWords,
        _ => Page::Good,
    }
}

/// Serves the pages, and counts how often they are asked for.
fn serve(site: &Site) -> Arc<AtomicU64> {
    let asks = Arc::new(AtomicU64::new(0));
    let counted = asks.clone();
    site.remember(0);
    let asked = Mutex::new(HashSet::new());
    site.route("/page", move |request| {
        counted.fetch_add(1, Ordering::Relaxed);
        let n = request.target().strip_prefix("/page?n=").unwrap();
        let n: u64 = n.parse().unwrap();
        let good = Answer::text(format!("words: of page {n}"));
        match page(n) {
            Page::SecondTime(trouble) if asked.lock().unwrap().insert(n) => match trouble {
                Trouble::Error => good.status(500),
                Trouble::Reset => Answer::raw("").ending(Ending::Reset),
                Trouble::Short => good.header("Content-Length", "1000").ending(Ending::Cut),
                Trouble::Silent => Answer::raw("").ending(Ending::Hang),
            },
            Page::Good | Page::SecondTime(_) => good,
            Page::Missing => good.status(404),
            Page::NoWords => Answer::text("nothing"),
            Page::Panics => Answer::text("words: panic"),
        }
    });
    asks
}

/// What a process holds at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    done: u64,
    /// Of its own: pages of files that it has mapped are the system's.
    kibibytes: u64,
    files: u64,
    threads: u64,
    tasks: u64,
}

impl Held {
    /// `None` once it is gone.
    fn by(process: u32, tasks: u64, done: u64) -> Option<Self> {
        let about = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let of = |name: &str| {
            let line = about.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Some(Self {
            done,
            kibibytes: of("RssAnon:")?,
            files: fs::read_dir(format!("/proc/{process}/fd")).ok()?.count() as u64,
            threads: of("Threads:")?,
            tasks,
        })
    }
}

fn told(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |said| said.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_grows_and_nothing_is_miscounted() {
    let tasks = told("SCRAPEFLOW_SOAK_TASKS", 3000);
    let seconds = told("SCRAPEFLOW_SOAK_SECONDS", 12);
    let (site, sandbox) = (Site::start(), Sandbox::new());
    let asks = serve(&site);
    let mut run = Command::new(env!("CARGO_BIN_EXE_soak"));
    run.args([&site.url("/page?n="), sandbox.dir().to_str().unwrap()])
        .args([tasks.to_string(), seconds.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut run = Running::start(&mut run);
    let (mut held, mut report) = (Vec::new(), Value::Null);
    for line in BufReader::new(run.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        match line
            .split_once(' ')
            .and_then(|(tasks, done)| Some((tasks.parse().ok()?, done.parse().ok()?)))
        {
            Some((tasks, done)) => held.extend(Held::by(run.id(), tasks, done)),
            None => report = serde_json::from_str(&line).unwrap(),
        }
    }
    assert_eq!(run.wait().unwrap().code(), Some(1), "some tasks fail");
    let count = |is: fn(Page) -> bool| (0..tasks).filter(|&n| is(page(n))).count() as u64;
    let failing = count(|page| matches!(page, Page::Missing | Page::NoWords | Page::Panics));
    let again = count(|page| matches!(page, Page::SecondTime(_)));
    let reported = |outcome: &str| report["tasks"][outcome]["count"].as_u64();
    assert_eq!(reported("failed"), Some(failing), "{report}");
    assert_eq!(reported("succeeded"), Some(tasks - failing), "{report}");
    assert_eq!(
        asks.load(Ordering::Relaxed),
        tasks + again,
        "each once, but for those that fail the first time"
    );
    let store = ArchiveStore::new(sandbox.dir());
    let outcomes = store.outcomes().expect("an archive knows").await.unwrap();
    let done = |outcome: &[(String, String)]| {
        outcome.iter().filter(|(_, said)| said == "SUCCESS").count() == 3
    };
    let all: u64 = outcomes.iter().map(|(_, count)| count).sum();
    let succeeded = outcomes.iter().filter(|(outcome, _)| done(outcome));
    let succeeded: u64 = succeeded.map(|(_, count)| count).sum();
    assert_eq!((all, succeeded), (tasks, tasks - failing), "{outcomes:?}");
    check_flat(&held, tasks);
}

/// What is looked at.
type Figure = fn(&Held) -> u64;

/// What it costs at most to know of a task that it was there already, in bytes.
const SEEN: u64 = 60;

/// Of the second half nothing is more than it was in the second quarter, but for what comes and goes, and what tells duplicates.
fn check_flat(held: &[Held], tasks: u64) {
    let quarter = held.len() / 4;
    for shown in held.iter().step_by((held.len() / 60).max(1)) {
        println!("{shown:?}");
    }
    let figures: [(&str, Figure, u64); 4] = [
        (
            "kibibytes",
            |held| held.kibibytes,
            8 * 1024 + SEEN * tasks / 1024,
        ),
        ("files", |held| held.files, 20),
        ("threads", |held| held.threads, 4),
        ("tasks of the runtime", |held| held.tasks, 60),
    ];
    for (what, figure, slack) in figures {
        let most = |held: &[Held]| held.iter().map(figure).max().unwrap_or_default();
        let (before, after) = (
            most(&held[quarter..2 * quarter]),
            most(&held[2 * quarter..]),
        );
        println!("{what}: at most {before} in the second quarter, {after} in the second half");
        assert!(
            before > 0 && after <= before + slack,
            "{what} grow from {before} to {after}"
        );
    }
}
