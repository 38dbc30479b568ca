//! The command line on a directory of tasks that ended, some of them badly: looking, and taking the data out. The page cache is warm, and
//! the program has two cores.
//!
//!     cargo bench -p scrapeflow-benches --bench inspect
//!     cargo bench -p scrapeflow-benches --bench inspect -- --rounds 5 --tasks 200000 --dir /somewhere/else
//!
//! To be had of 200,000 tasks on two cores: each command in 2 s, Parquet in 5 s, in 100 MB; the first row of `ls` within
//! 100 ms; help within 10 ms.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use scrapeflow::prelude::*;
use scrapeflow_benches::child::Figures;
use scrapeflow_benches::finished::{Shop, pages};
use scrapeflow_benches::rounds::{Contestant, compare};
use scrapeflow_benches::usage::{self, Meter, peak_megabytes};
use scrapeflow_benches::{child, folders::Folders};

/// What is said, the directory after the first word.
const COMMANDS: [&[&str]; 11] = [
    &["--help"],
    &["summary"],
    &["ls"],
    &[
        "ls",
        "--where",
        "parse.0.price > 25 and parse_status = 'SUCCESS'",
    ],
    &["ls", "--sort", "parse.0.name", "--limit", "10"],
    &["errors"],
    &["export", "--format", "jsonl"],
    &["export", "--format", "csv"],
    &[
        "export",
        "--format",
        "csv",
        "--explode",
        "parse",
        "--columns",
        "key,parse.name,parse.price",
    ],
    &["export", "--format", "parquet"],
    &["export", "--format", "sqlite"],
];

/// Where a child writes what it took: its output is the command's.
const FIGURES: &str = "SCRAPEFLOW_BENCH_FIGURES";

fn main() -> ExitCode {
    if let Some(figures) = env::var_os(FIGURES) {
        return program(figures.as_ref());
    }
    let tasks = scrapeflow_benches::option("tasks", 200_000_u64);
    match child::asked() {
        Some(words) => make(&words[1], tasks),
        None => rounds(tasks),
    }
    ExitCode::SUCCESS
}

/// As `scrapeflow` itself, which reads the same words.
fn program(figures: &Path) -> ExitCode {
    usage::pin_to(&[0, 1]);
    let meter = Meter::start();
    let code = scrapeflow::cli::program();
    let taken = format!("{}\n{}\n", meter.cpu_seconds(), peak_megabytes());
    fs::write(figures, taken).expect("the figures are written");
    code
}

fn rounds(tasks: u64) {
    let folders = Folders::given_or(env!("CARGO_TARGET_TMPDIR"));
    let dir = folders.fresh("pages", 0);
    child::measure(&["make", &dir, "--tasks", &tasks.to_string()]);
    let figures = folders.fresh("figures", 0);
    let contestants = COMMANDS.map(|words| {
        let (dir, figures) = (&dir, &figures);
        let (first, rest) = words.split_first().expect("a command has a name");
        let place = if first.starts_with('-') {
            &[][..]
        } else {
            &[dir.as_str()]
        };
        let words = [&[*first], place, rest].concat();
        let name = [&[*first], rest].concat().join(" ");
        Contestant::new(&name, move |_| measure(&words, figures))
    });
    let rounds = scrapeflow_benches::option("rounds", 3);
    compare(
        &format!("{tasks} finished tasks"),
        rounds,
        contestants.into(),
    );
}

/// Starts the command line and reads what it prints, as fast as it comes.
fn measure(words: &[&str], figures: &str) -> Figures {
    let began = Instant::now();
    let mut child = Command::new(env::current_exe().expect("a running program has a binary"))
        .args(words)
        .env(FIGURES, figures)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the child starts");
    let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
    out.read_until(b'\n', &mut Vec::new()).expect("a line");
    // The head, then a row.
    out.read_until(b'\n', &mut Vec::new()).expect("a line");
    let first = began.elapsed().as_secs_f64();
    let mut piece = vec![0; 256 * 1024];
    while out.read(&mut piece).expect("more of it") > 0 {}
    let status = child.wait().expect("it ends");
    let wall = began.elapsed().as_secs_f64();
    assert!(status.success(), "{words:?} failed: {status}");
    let taken = fs::read_to_string(figures).expect("the child has measured");
    let taken: Vec<f64> = taken.lines().filter_map(|line| line.parse().ok()).collect();
    vec![
        ("wall ms".to_owned(), wall * 1e3),
        ("first row ms".to_owned(), first * 1e3),
        ("CPU ms".to_owned(), taken[0] * 1e3),
        ("peak MB".to_owned(), taken[1]),
    ]
}

fn make(dir: &str, tasks: u64) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let run = Shop::in_dir(dir)
        .tasks(pages(tasks))
        .progress(Progress::Off)
        .run();
    let report = runtime.block_on(run).expect("the run ends");
    assert_eq!(report.done() + report.failed(), tasks, "{report}");
}
