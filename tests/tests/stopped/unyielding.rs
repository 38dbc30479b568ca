//! A program whose executor goes on for ever on a thread that nobody can end: the process ends with it, in bounded time.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use scrapeflow_tests::{Running, alone, send, until};
use serde_json::json;
use tempfile::TempDir;

use crate::command_line::end;

/// What one waits for at most: the 5 s that are promised, on a machine that does other things.
const MOST: Duration = Duration::from_secs(20);

/// A program that has begun the one task, which has such a thread.
fn begun(has: &str, threads: &str, arguments: &[&str], talk: Stdio) -> (TempDir, Running) {
    let folder = tempfile::tempdir().unwrap();
    let begun = folder.path().join("begun");
    let line = json!({"key": "a", "file": begun, "has": has});
    fs::write(folder.path().join("tasks.jsonl"), line.to_string()).unwrap();
    let mut program = alone(Command::new(env!("CARGO_BIN_EXE_stuck")), folder.path());
    program
        .args(["run", "pages", "--from", "tasks.jsonl"])
        .args(arguments)
        .env("TOKIO_WORKER_THREADS", threads)
        .stdout(Stdio::piped())
        .stderr(talk);
    let child = Running::start(&mut program);
    until("it has its thread", || begun.exists());
    (folder, child)
}

/// Sends these signals, and waits for the end; what was said.
fn stopped(folder: &Path, mut child: Running, signals: &[Signal]) -> (String, String) {
    let began = Instant::now();
    for signal in signals {
        send(*signal, &child);
    }
    while child.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < MOST, "it goes on");
        std::thread::sleep(Duration::from_millis(10));
    }
    let (code, data, talk) = end(child);
    assert_eq!(code, Some(130), "{data}{talk}");
    assert!(!folder.join("pages/a.status.json").exists());
    (data, talk)
}

#[test]
fn it_is_named_and_ends_with_the_program() {
    let (folder, child) = begun("its", "2", &["--grace", "100ms"], Stdio::piped());
    let (data, talk) = stopped(folder.path(), child, &[Signal::TERM]);
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
fn it_is_named_and_ends_also_where_it_has_all_threads() {
    for (grace, signals) in [
        ("100ms", &[Signal::INT][..]),
        ("1h", &[Signal::INT, Signal::TERM]),
    ] {
        let (folder, child) = begun("its", "1", &["--grace", grace], Stdio::piped());
        let (data, talk) = stopped(folder.path(), child, signals);
        assert_eq!(data, "");
        assert!(
            talk.contains("ended without waiting any longer; what was saved stays: run it again"),
            "{talk}"
        );
        assert!(talk.contains("`block` of a has not yielded for"), "{talk}");
    }
}

/// What an executor left on a thread is no task of the run, but the runtime would wait for it.
#[test]
fn what_was_left_on_another_thread_keeps_no_program() {
    for (has, threads) in [("blocking", "1"), ("others", "1"), ("others", "2")] {
        let (folder, child) = begun(has, threads, &["--grace", "100ms"], Stdio::piped());
        let (data, _) = stopped(folder.path(), child, &[Signal::TERM]);
        assert!(
            threads == "1" || data.contains("interrupted"),
            "{has}: {data}"
        );
    }
}

#[test]
fn a_program_that_waits_for_such_a_thread_after_its_run_can_be_ended() {
    let arguments = ["--timeout", "100ms"];
    let (folder, mut child) = begun("blocking", "1", &arguments, Stdio::piped());
    let status = folder.path().join("pages/a.status.json");
    until("the attempt ran over its time", || status.exists());
    until("its runtime is shut down and waits", || {
        threads(&child) == 1
    });
    assert!(child.try_wait().unwrap().is_none());
    fs::remove_file(status).unwrap();
    let (data, _) = stopped(folder.path(), child, &[Signal::INT]);
    assert!(data.contains("TimeoutError"), "{data}");
}

/// How many threads its runtime has: of those that work, and of those that block.
fn threads(child: &Running) -> usize {
    let threads = fs::read_dir(format!("/proc/{}/task", child.id())).unwrap();
    let names =
        threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with("tokio-")).count()
}

/// Also where it cannot have its last word.
#[test]
fn a_full_pipe_keeps_no_program() {
    let (reader, writer) = std::io::pipe().unwrap();
    fill(&writer);
    let (folder, child) = begun("its", "1", &["--grace", "100ms"], writer.into());
    stopped(folder.path(), child, &[Signal::INT]);
    drop(reader);
}

/// Writes until nothing more fits.
fn fill(pipe: &std::io::PipeWriter) {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    let flags = fcntl_getfl(pipe).unwrap();
    fcntl_setfl(pipe, flags | OFlags::NONBLOCK).unwrap();
    while rustix::io::write(pipe, &[b' '; 4096]).is_ok() {}
    fcntl_setfl(pipe, flags).unwrap();
}
