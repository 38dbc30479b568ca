//! Ctrl-C and closed pipes where data is taken out: nothing half, no complaint, an exit code that tells. Runs that are stopped
//! have tests of their own, `stopped`.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};

use rustix::process::Signal;
use scrapeflow_tests::{Running, send, until};

use crate::{folder, program};

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

/// Interrupts a command as soon as what it makes is begun; `false` if it had ended before it heard that, and what it made is
/// taken away.
fn interrupt(folder: &Path, command: &[&str], begun: &str, made: &str) -> bool {
    let mut child = Running::start(program(folder).args(command).stderr(Stdio::null()));
    let is_begun = || names(folder).iter().any(|name| name.contains(begun));
    until("it begins", || is_begun() || folder.join(made).exists());
    send(Signal::INT, &child);
    match child.wait().unwrap().code() {
        Some(130) => true,
        code => {
            assert_eq!(code, Some(0));
            let made = folder.join(made);
            fs::remove_file(&made)
                .or_else(|_| fs::remove_dir_all(&made))
                .unwrap();
            false
        }
    }
}

/// Adds statuses to `pages`: one by many names.
fn add(folder: &Path, from: usize, count: usize) {
    let pages = folder.join("pages");
    for nth in from..from + count {
        let name = pages.join(format!("lamp-{nth}.status.json"));
        fs::hard_link(pages.join("lamp.status.json"), name).unwrap();
    }
}

#[test]
fn an_export_that_is_interrupted_leaves_nothing() {
    let folder = folder(&[("lamp", r#"{"parse": 1}"#)]);
    let mut statuses = 0;
    for format in ["csv", "jsonl", "sqlite", "parquet"] {
        let file = format!("x.{format}");
        let export = ["export", "pages", "-o", &file];
        // Until there are so many that it is still at work.
        while statuses == 0 || !interrupt(folder.path(), &export, ".scrapeflow-export-", &file) {
            add(folder.path(), statuses, 10_000);
            statuses += 10_000;
        }
        assert_eq!(names(folder.path()), ["pages"], "{format}");
    }
}

#[test]
fn an_archive_or_directory_that_is_interrupted_leaves_nothing() {
    let folder = folder(&[("lamp", r#"{"parse": 1}"#)]);
    let done = |command: &[&str]| {
        let ended = program(folder.path()).args(command).status().unwrap();
        assert!(ended.success(), "{command:?}");
    };
    let pack = ["pack", "pages", "pages.sfa"];
    let mut statuses = 0;
    while statuses == 0 || !interrupt(folder.path(), &pack, ".unfinished", "pages.sfa") {
        add(folder.path(), statuses, 1_000);
        statuses += 1_000;
    }
    assert_eq!(names(folder.path()), ["pages"]);

    done(&pack);
    let unpack = ["unpack", "pages.sfa", "again"];
    while !interrupt(folder.path(), &unpack, ".unfinished", "again") {
        add(folder.path(), statuses, 1_000);
        statuses += 1_000;
        fs::remove_dir_all(folder.path().join("pages.sfa")).unwrap();
        done(&pack);
    }
    let mut left = names(folder.path());
    left.sort();
    assert_eq!(left, ["pages", "pages.sfa"]);
    done(&unpack);
    // With the run's own folder.
    assert_eq!(names(&folder.path().join("again")).len(), statuses + 2);
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
    send(Signal::INT, &child);
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
