//! Ctrl-C and closed pipes: nothing half, no complaint, an exit code that tells.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
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
        .map(|n| {
            let gate = if n < 4 { "held" } else { "rest" };
            site.url(&format!("/page/{n}?gate={gate}"))
        })
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
    site.open("held");
    let said = crate::Said::from(child.wait_with_output().unwrap());
    assert_eq!(said.code, 130, "{}", said.err);
    assert!(
        said.out
            .contains("interrupted: run it again, with the same tasks, to go on"),
        "{}",
        said.out
    );
    site.open("rest");
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

#[test]
fn a_second_time_ends_what_hangs() {
    let site = Site::start();
    let folder = tempfile::tempdir().unwrap();
    let child = program(folder.path())
        .args(["scrape", "pages", &site.url("/page/1?gate=never")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until("it asks", || site.requests().len() == 1);
    interrupt(&child);
    interrupt(&child);
    let said = crate::Said::from(child.wait_with_output().unwrap());
    assert_eq!(said.code, 130, "{}", said.err);
    // What was cut off records nothing.
    let said = scrapeflow(folder.path(), &["ls", "pages"]);
    assert_eq!(
        (said.code, said.out.lines().count()),
        (0, 1),
        "{}",
        said.out
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
    // One status by many names, which takes seconds to read, so that it is surely under way.
    let pages = folder.path().join("pages");
    for nth in 0..30_000 {
        let name = pages.join(format!("lamp-{nth}.status.json"));
        fs::hard_link(pages.join("lamp.status.json"), name).unwrap();
    }
    for format in ["csv", "jsonl", "sqlite", "parquet"] {
        let file = format!("x.{format}");
        let mut child = program(folder.path())
            .args(["export", "pages", "-o", &file])
            .spawn()
            .unwrap();
        until("it begins", || {
            let names = names(folder.path());
            names
                .iter()
                .any(|name| name.starts_with(".scrapeflow-export-"))
        });
        interrupt(&child);
        assert_eq!(child.wait().unwrap().code(), Some(130), "{format}");
        assert_eq!(names(folder.path()), ["pages"], "{format}");
    }
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
    let folder = folder(&statuses);
    let mut export = program(folder.path());
    let mut child = export
        .args(["export", "pages", "--format", "jsonl"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = child.stdout.take().unwrap();
    until("it waits for its reader", || is_full(&out));
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// Whether a pipe takes no more.
fn is_full(pipe: &ChildStdout) -> bool {
    const SIZE: u64 = 64 * 1024;
    rustix::io::ioctl_fionread(pipe).is_ok_and(|waiting| waiting >= SIZE)
}

#[test]
fn talk_that_nobody_reads_is_no_error() {
    let folder = folder(&[("lamp", r#"{"parse": 1}"#)]);
    let program = env!("CARGO_BIN_EXE_command_line");
    let command = format!(
        "{program} export pages -o x.csv 2>&-; echo $?; {program} ls nowhere 2>&-; echo $?"
    );
    let said = Command::new("sh")
        .args(["-c", &command])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(said.stdout).unwrap(), "0\n2\n");
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
