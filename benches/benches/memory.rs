//! What a run keeps in memory, beside what its store keeps: of each task that it has settled (no-op tasks,
//! pulled as the run goes on, through a store that forgets them), and of each host that it has asked (a task
//! each, with a pace and robots.txt, answered without a network).
//!
//!     cargo bench -p scrapeflow-benches --bench memory
//!     cargo bench -p scrapeflow-benches --bench memory -- --rounds 3
//!
//! To be had: at most 40 bytes a task, and 1 KB a host. The hash table behind it doubles now and then, so the figures are
//! steps: between two sizes "peak" counts the table that is being left, "settled" doesn't.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use scrapeflow::http;
use scrapeflow::middleware::{Body, answering};
use scrapeflow::prelude::*;
use scrapeflow_benches::forgetful::Forgetful;
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

#[executor]
async fn ask(key: Key, fetch: Fetch) -> Result<u16> {
    let page = fetch.get(&format!("http://{key}.example/")).send().await?;
    Ok(page.status())
}

workflow! {
    /// Hosts, and what they answer.
    Hosts = ask;
}

const TASKS: [u64; 3] = [100_000, 400_000, 1_600_000];
const HOSTS: [u64; 3] = [25_000, 50_000, 100_000];

fn main() {
    if let Some(words) = child::asked() {
        let size = words[1].parse().expect("a number");
        return match words[0].as_str() {
            "tasks" => travel(no_ops(size), size),
            _ => travel(hosts(size), size),
        };
    }
    let rounds = scrapeflow_benches::option("rounds", 3_usize);
    println!("memory; medians of {rounds} rounds, and bytes for each further one");
    table("tasks", TASKS, rounds);
    table("hosts", HOSTS, rounds);
}

fn table(what: &str, sizes: [u64; 3], rounds: usize) {
    let measured = sizes.map(|size| {
        let size = size.to_string();
        let figures: Vec<child::Figures> = (0..rounds)
            .map(|_| child::measure(&[what, &size]))
            .collect();
        [0, 1].map(|nth| median(figures.iter().map(|figures| figures[nth].1)))
    });
    println!(
        "{what:>10}  {:>12}  {:>6}  {:>12}  {:>6}",
        "peak MB", "", "settled MB", ""
    );
    for (nth, (size, [peak, settled])) in sizes.iter().zip(&measured).enumerate() {
        let slope = |now: f64, of: usize| {
            let before = nth.checked_sub(1)?;
            let grown = (now - measured[before][of]) * 1e6;
            Some(format!("{:.1}", grown / number(size - sizes[before])))
        };
        let (to_peak, to_settled) = (slope(*peak, 0), slope(*settled, 1));
        let [to_peak, to_settled] = [to_peak, to_settled].map(Option::unwrap_or_default);
        println!("{size:>10}  {peak:>12.1}  {to_peak:>6}  {settled:>12.1}  {to_settled:>6}");
    }
}

fn no_ops(tasks: u64) -> Run<Nothing> {
    let pages = (0..tasks).map(|nth| Task::from_url(format!("https://example.com/page/{nth}")));
    Nothing::in_store(Forgetful).tasks(Tasks::from_iterator(pages))
}

/// Each host has a robots.txt with some rules, and a page.
fn hosts(hosts: u64) -> Run<Hosts> {
    const ROBOTS: &str = "User-agent: *\nDisallow: /admin/\nDisallow: /search?\nAllow: /\n";
    let answers = answering(async |_| http::Response::new(Body::from(ROBOTS)));
    let pace = Pace::default().concurrency(1);
    let tasks = (0..hosts).map(|nth| {
        (
            format!("host-{nth}"),
            std::collections::BTreeMap::<String, u64>::new(),
        )
    });
    Hosts::in_store(Forgetful)
        .tasks(Tasks::from_iterator(tasks))
        .politeness(Politeness::default().pace(pace).robots(true))
        .layer(answers)
}

/// Runs the tasks and answers what they took; what is settled is told when the last one ends.
fn travel<W: Workflow>(run: Run<W>, tasks: u64) {
    let ended = AtomicU64::new(0);
    let settled: &'static Mutex<f64> = Box::leak(Box::new(Mutex::new(0.0)));
    let run = run.progress(Progress::Off).on_event(move |event| {
        if matches!(event, Event::TaskFinished { .. })
            && ended.fetch_add(1, Ordering::Relaxed) + 1 == tasks
            && let Ok(mut settled) = settled.lock()
        {
            *settled = resident_megabytes();
        }
    });
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let report = runtime.block_on(run.run()).expect("the run ends");
    if report.failed() > 0 {
        eprintln!("not all tasks succeeded:\n{report}");
    }
    let settled = settled.lock().map_or(0.0, |settled| *settled);
    child::answer(&[("peak MB", peak_megabytes()), ("settled MB", settled)]);
}
