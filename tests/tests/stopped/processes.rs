//! Ctrl-C stops a run in order: nothing new starts, what is under way ends and is recorded, and the report
//! says that it was interrupted. A second Ctrl-C stops it at once, whatever hangs, and what is cut off records
//! nothing. Either way the next run does what is missing and nothing else.

use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use scrapeflow_tests::{Answer, Sandbox, Site};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

const AT_ONCE: usize = 8;
/// Pages that are answered at once.
const OPEN: usize = 100;
/// Pages after them that wait at a gate, more than are fetched at once.
const HELD: usize = 30;
const ALL: usize = OPEN + HELD;

/// A site on which the last pages wait at the gate `held`.
fn site() -> Site {
    let site = Site::start();
    for page in 0..ALL {
        site.route(&path(page), move |_| {
            let answer = Answer::text(format!("page {page}"));
            if page < OPEN {
                answer
            } else {
                answer.gate("held")
            }
        });
    }
    site
}

fn path(page: usize) -> String {
    format!("/{page}")
}

/// A run over all pages in a process of its own; dropping it kills it.
struct Running {
    child: Child,
    output: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(site: &Site, sandbox: &Sandbox) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_journeys"))
            .arg(site.url("/"))
            .arg(sandbox.dir())
            .args([0, ALL, AT_ONCE].map(|number| number.to_string()))
            .arg("--report")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, output }
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.id().and_then(|id| id.try_into().ok());
        kill_process(Pid::from_raw(id.unwrap()).unwrap(), signal).unwrap();
    }

    async fn line(&mut self) -> String {
        self.output.next_line().await.unwrap().unwrap_or_default()
    }

    /// Its report, and how it ended.
    async fn end(mut self) -> (Value, ExitStatus) {
        let report = self.line().await;
        let report = serde_json::from_str(&report).expect(&report);
        (report, self.child.wait().await.unwrap())
    }
}

/// What is recorded of a page: the statuses of `scrape` and `parse`.
fn recorded(sandbox: &Sandbox, page: usize) -> [Value; 2] {
    let mut status = sandbox.status(&format!("page-{page}"));
    ["scrape_status", "parse_status"].map(|field| status[field].take())
}

/// Runs what is missing, and checks that this is all there was to do: so many pages had been recorded.
async fn finish(site: &Site, sandbox: &Sandbox, before: usize) {
    let hits = site.total_hits();
    site.open("held");
    let (report, exit) = Running::start(site, sandbox).end().await;
    assert!(exit.success(), "{report:#}");
    assert_eq!(report["interrupted"], false);
    assert_eq!(site.total_hits() - hits, ALL - before);
    for page in 0..ALL {
        assert!(site.hits(&path(page)) <= 2);
        assert_eq!(recorded(sandbox, page)[1], "SUCCESS");
    }
    assert_eq!(sandbox.files().len(), 2 * ALL);
}

async fn first_signal(signal: Signal) {
    let (site, sandbox) = (site(), Sandbox::new());
    let mut run = Running::start(&site, &sandbox);
    site.until(|site| site.total_hits() == OPEN + AT_ONCE).await;
    run.signal(signal);
    assert_eq!(run.line().await, "stopping");
    site.open("held");
    let (report, exit) = run.end().await;

    assert_eq!(report["interrupted"], true, "{report:#}");
    assert_eq!(exit.code(), Some(130));
    assert_eq!(site.total_hits(), OPEN + AT_ONCE);
    let tasks = ["succeeded", "interrupted"].map(|outcome| &report["tasks"][outcome]["count"]);
    assert_eq!(tasks, [OPEN, AT_ONCE], "no task starts");
    for page in 0..OPEN {
        assert_eq!(recorded(&sandbox, page), ["SUCCESS", "SUCCESS"]);
    }
    for page in OPEN..OPEN + AT_ONCE {
        let recorded = recorded(&sandbox, page);
        assert_eq!(
            recorded,
            ["SUCCESS".into(), Value::Null],
            "no executor starts"
        );
    }
    assert_eq!(sandbox.files().len(), 2 * (OPEN + AT_ONCE));
    finish(&site, &sandbox, OPEN + AT_ONCE).await;
}

#[tokio::test]
async fn the_first_interrupt_lets_end_what_is_under_way() {
    first_signal(Signal::INT).await;
}

#[tokio::test]
async fn so_does_a_request_to_terminate() {
    first_signal(Signal::TERM).await;
}

#[tokio::test]
async fn the_second_interrupt_cuts_off_what_hangs() {
    let (site, sandbox) = (site(), Sandbox::new());
    let mut run = Running::start(&site, &sandbox);
    site.until(|site| site.total_hits() == OPEN + AT_ONCE).await;
    run.signal(Signal::INT);
    assert_eq!(run.line().await, "stopping");
    run.signal(Signal::INT);
    let (report, exit) = run.end().await;

    assert_eq!(report["interrupted"], true, "{report:#}");
    assert_eq!(report["abandoned"], 0, "{report:#}");
    assert_eq!(exit.code(), Some(130));
    assert_eq!(site.total_hits(), OPEN + AT_ONCE);
    // Neither statuses nor bodies of those that were cut off.
    assert_eq!(sandbox.files().len(), 2 * OPEN);
    for page in 0..OPEN {
        assert_eq!(recorded(&sandbox, page), ["SUCCESS", "SUCCESS"]);
    }
    finish(&site, &sandbox, OPEN).await;
}
