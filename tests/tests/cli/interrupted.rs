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

/// Interrupts an export as soon as its file is begun; `false` if it had ended before it heard that.
fn interrupt_export(folder: &Path, file: &str) -> bool {
    let mut export = program(folder);
    let mut child = Running::start(export.args(["export", "pages", "-o", file]));
    let began = || {
        names(folder)
            .iter()
            .any(|name| name.starts_with(".scrapeflow-export-"))
    };
    until("it begins", || began() || folder.join(file).exists());
    send(Signal::INT, &child);
    match child.wait().unwrap().code() {
        Some(130) => true,
        code => {
            assert_eq!(code, Some(0));
            fs::remove_file(folder.join(file)).unwrap();
            false
        }
    }
}

#[test]
fn an_export_that_is_interrupted_leaves_nothing() {
    let folder = folder(&[("lamp", r#"{"parse": 1}"#)]);
    // One status by many names.
    let pages = folder.path().join("pages");
    let mut statuses = 0;
    for format in ["csv", "jsonl", "sqlite", "parquet"] {
        let file = format!("x.{format}");
        // Until there are so many that it is still at work.
        while statuses == 0 || !interrupt_export(folder.path(), &file) {
            for nth in statuses..statuses + 10_000 {
                let name = pages.join(format!("lamp-{nth}.status.json"));
                fs::hard_link(pages.join("lamp.status.json"), name).unwrap();
            }
            statuses += 10_000;
        }
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
