//! A program whose executor never yields: nobody can end its thread, so the process ends with it, in bounded time.

use std::fs;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use scrapeflow_tests::{Running, alone, send, until};

use crate::command_line::end;

/// Runs one such task on so many threads, and sends it these signals once it has one.
fn stopped(threads: &str, grace: &str, signals: &[Signal]) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let begun = folder.path().join("begun");
    let line = serde_json::json!({"key": "a", "file": begun});
    fs::write(folder.path().join("tasks.jsonl"), line.to_string()).unwrap();
    let mut program = alone(Command::new(env!("CARGO_BIN_EXE_stuck")), folder.path());
    program
        .args(["run", "pages", "--from", "tasks.jsonl", "--grace", grace])
        .env("TOKIO_WORKER_THREADS", threads)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = Running::start(&mut program);
    until("it has its thread", || begun.exists());
    for signal in signals {
        send(*signal, &child);
    }
    let (code, data, talk) = end(child);
    assert_eq!(code, Some(130), "{data}{talk}");
    assert!(!folder.path().join("pages/a.status.json").exists());
    (data, talk)
}

#[test]
fn it_is_named_and_ends_with_the_program() {
    let (data, talk) = stopped("2", "100ms", &[Signal::TERM]);
    assert!(
        data.contains("interrupted: run it again") && data.contains("abandoned            1"),
        "{data}"
    );
    assert!(
        data.contains("abandoned: a: `block` doesn't yield"),
        "{data}"
    );
    assert!(
        talk.contains("stopping: what is under way has 0.1 s to end"),
        "{talk}"
    );
}

#[test]
fn it_ends_also_where_it_has_all_threads() {
    for (grace, signals) in [
        ("100ms", &[Signal::INT][..]),
        ("1h", &[Signal::INT, Signal::TERM]),
    ] {
        let (data, talk) = stopped("1", grace, signals);
        assert_eq!(data, "");
        assert!(
            talk.contains("ended without waiting any longer; what was saved stays: run it again"),
            "{talk}"
        );
    }
}
