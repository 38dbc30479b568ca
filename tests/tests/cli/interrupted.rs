//! Ctrl-C and closed pipes: nothing half, no complaint, an exit code that tells.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use scrapeflow_tests::Site;

use crate::{folder, program, scrapeflow};

/// Asks a process to end, as Ctrl-C does, once it hears that.
fn interrupt(child: &Child) {
    let status = format!("/proc/{}/status", child.id());
    until("it hears signals", || {
        let status = fs::read_to_string(&status).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
        caught.is_some_and(|bits| bits & SIGINT != 0)
    });
    let status = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(
        status
            .expect("kill: `cargo xtask test` installs it")
            .success()
    );
}

/// Its bit in a mask of signals.
const SIGINT: u64 = 1 << 1;

/// Waits until something is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_run_ends_in_order_and_goes_on_later() {
    let site = Site::start();
    let folder = tempfile::tempdir().unwrap();
    let urls: Vec<String> = (0..20)
        .map(|n| site.url(&format!("/page/{n}?gate=held")))
        .collect();
    fs::write(folder.path().join("urls.txt"), urls.join("\n")).unwrap();
    let run = || {
        let mut run = program(folder.path());
        run.args([
            "scrape",
            "pages",
            "--from",
            "urls.txt",
            "--parallelism",
            "4",
        ]);
        run.stdout(Stdio::piped()).stderr(Stdio::piped());
        run
    };
    let child = run().spawn().unwrap();
    until("it asks", || site.requests().len() == 4);
    interrupt(&child);
    // What is under way may end.
    std::thread::sleep(Duration::from_millis(50));
    site.open("held");
    let said = crate::Said::from(child.wait_with_output().unwrap());
    assert_eq!(said.code, 130, "{}", said.err);
    assert!(
        said.out.contains("interrupted: run it again to go on"),
        "{}",
        said.out
    );
    let said = crate::Said::from(run().output().unwrap()).well();
    assert!(said.contains("skipped"), "{said}");
    assert_eq!(
        scrapeflow(
            folder.path(),
            &["ls", "pages", "--where", "scrape_status = 'SUCCESS'"]
        )
        .well()
        .lines()
        .count(),
        21
    );
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn an_export_that_is_interrupted_leaves_nothing() {
    let folder = folder(&[("lamp", r#"{"parse": 1}"#)]);
    // It hangs at a status that is a pipe nobody writes to, so that it is surely under way.
    let pipe = folder.path().join("pages/hung.status.json");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let export = ["export", "pages", "-o", "x.csv"];
    let mut child = program(folder.path()).args(export).spawn().unwrap();
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(names(folder.path()), ["pages"]);
}

#[test]
fn one_that_writes_is_taken_away() {
    let statuses: Vec<(String, String)> = (0..20_000)
        .map(|n| (format!("task-{n}"), format!(r#"{{"parse": {n}}}"#)))
        .collect();
    let statuses: Vec<(&str, &str)> = statuses
        .iter()
        .map(|(key, status)| (key.as_str(), status.as_str()))
        .collect();
    let folder = folder(&statuses);
    let mut child = program(folder.path())
        .args(["export", "pages", "-o", "x.sqlite"])
        .spawn()
        .unwrap();
    until("it begins", || {
        names(folder.path())
            .iter()
            .any(|name| name.starts_with(".scrapeflow-export-"))
    });
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(names(folder.path()), ["pages"]);
}

#[test]
fn one_that_nobody_reads_can_be_ended() {
    let statuses: Vec<(String, String)> = (0..3_000)
        .map(|n| {
            (
                format!("task-{n}"),
                format!(r#"{{"parse": "{}"}}"#, "x".repeat(100)),
            )
        })
        .collect();
    let statuses: Vec<(&str, &str)> = statuses
        .iter()
        .map(|(key, status)| (key.as_str(), status.as_str()))
        .collect();
    let folder = folder(&statuses);
    let mut export = program(folder.path());
    let mut child = export
        .args(["export", "pages", "--format", "jsonl"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    until("it waits for its reader", || blocked(child.id()));
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// Whether the first thread of a process waits in a system call that writes.
fn blocked(process: u32) -> bool {
    const WRITE: &str = "1 ";
    fs::read_to_string(format!("/proc/{process}/syscall")).is_ok_and(|call| call.starts_with(WRITE))
}

#[test]
fn a_pipe_that_is_closed_early_is_no_error() {
    let statuses: Vec<(String, String)> = (0..20_000)
        .map(|n| {
            (
                format!("task-{n}"),
                format!(r#"{{"parse": {n}, "parse_status": "SUCCESS"}}"#),
            )
        })
        .collect();
    let statuses: Vec<(&str, &str)> = statuses
        .iter()
        .map(|(key, status)| (key.as_str(), status.as_str()))
        .collect();
    let folder = folder(&statuses);
    for command in [
        &["ls", "pages"][..],
        &["ls", "pages", "--json"],
        &["ls", "pages", "--sort", "key"],
        &["export", "pages", "--format", "jsonl"],
        &["export", "pages", "--format", "csv"],
        &["export", "pages", "--format", "sqlite"],
        &["export", "pages", "--format", "parquet"],
    ] {
        let mut child = program(folder.path())
            .args(command)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::with_capacity(16, child.stdout.take().unwrap());
        out.read_until(b'\n', &mut Vec::new()).unwrap();
        drop(out);
        let status = child.wait().unwrap();
        let mut err = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .unwrap();
        assert_eq!(
            (status.code(), err.contains("error")),
            (Some(0), false),
            "{command:?}: {err}"
        );
    }
}
