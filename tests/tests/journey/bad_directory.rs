//! A directory that cannot be used is told before the first task, by name and with what to do: one that cannot
//! be made, is no directory, may not be written, or is in use by another run, which may be another process.
//! Whatever kills that process, the directory is free again at once.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use expect_test::expect;
use futures::FutureExt;
use scrapeflow::prelude::*;
use scrapeflow::store::{DirStore, Store};
use scrapeflow::{RunError, RunErrorKind};
use scrapeflow_tests::Sandbox;
use serde_json::json;

#[executor]
async fn visit(key: Key) -> Result<String> {
    Ok(key.to_string())
}

workflow! { Visits = visit; }

/// Says on standard output that it runs, then goes on when standard input ends.
#[executor]
async fn hold(_key: Key) -> Result<()> {
    println!("holding");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

workflow! { Holding = hold; }

fn run<W: Workflow>(dir: &Path) -> Run<W> {
    let tasks = Tasks::from_pairs([("a", json!({}))]).unwrap();
    W::in_dir(dir).tasks(tasks).progress(Progress::Off)
}

async fn refused(dir: &Path) -> RunError {
    let error = run::<Visits>(dir).run().await.unwrap_err();
    assert!(matches!(
        error.kind(),
        RunErrorKind::Store | RunErrorKind::InUse
    ));
    assert_eq!(error.exit_code(), 3);
    assert!(error.report().is_none(), "it didn't begin");
    error
}

#[tokio::test]
async fn what_is_no_directory_and_cannot_be_one() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    fs::write(root.join("file"), "mine").unwrap();
    fs::create_dir(root.join("taken")).unwrap();
    fs::write(root.join("taken/.scrapeflow"), "mine").unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    fs::create_dir_all(root.join("locked/.scrapeflow/lock")).unwrap();
    let long = "long".repeat(64);
    let mut told = String::new();
    for dir in ["file", "file/below", "taken", "locked", "dangling", &long] {
        let error = refused(&root.join(dir)).await.to_string();
        told += &(error
            .replace(root.to_str().unwrap(), "ROOT")
            .replace(&long, "LONG")
            + "\n");
    }
    expect![[r#"
        cannot use ROOT/file as a directory: Not a directory (os error 20); give the run a directory of its own
        cannot make the directory ROOT/file/below: Not a directory (os error 20); give the run another
        cannot make the folder ROOT/taken/.scrapeflow: File exists (os error 17); move away what has its name
        cannot lock ROOT/locked/.scrapeflow/lock: Is a directory (os error 21); give the run a directory in which it can write and lock files
        cannot make the directory ROOT/dangling: File exists (os error 17); give the run another
        cannot make the directory ROOT/LONG: File name too long (os error 36); give the run another
    "#]].assert_eq(&told);
    assert_eq!(fs::read_to_string(root.join("file")).unwrap(), "mine");
    assert_eq!(
        fs::read_to_string(root.join("taken/.scrapeflow")).unwrap(),
        "mine"
    );
}

/// A directory that this user may not write to: where it is root, one of the kernel's.
fn read_only(root: &Path) -> PathBuf {
    let dir = root.join("read-only");
    fs::create_dir(&dir).unwrap();
    fs::set_permissions(&dir, Permissions::from_mode(0o555)).unwrap();
    if fs::create_dir(dir.join("probe")).is_ok() {
        return PathBuf::from("/sys/kernel");
    }
    dir
}

#[tokio::test]
async fn a_directory_that_may_not_be_written() {
    let root = tempfile::tempdir().unwrap();
    let dir = read_only(root.path());
    let mut told = String::new();
    for dir in [dir.clone(), dir.join("below")] {
        let error = refused(&dir).await.to_string();
        // Root is told another reason.
        let error = error.replace(
            "Operation not permitted (os error 1)",
            "Permission denied (os error 13)",
        );
        told += &(error + "\n");
    }
    let told = told.replace(dir.to_str().unwrap(), "DIR");
    expect![[r#"
        cannot write to the directory DIR: Permission denied (os error 13); make it writable or give the run another
        cannot make the directory DIR/below: Permission denied (os error 13); give the run another
    "#]].assert_eq(&told);
}

#[tokio::test]
async fn a_directory_that_a_run_of_this_process_holds() {
    let sandbox = Sandbox::new();
    let store = DirStore::new(sandbox.dir());
    let lease = store.begin(Durability::Process).await.unwrap();
    // By another name it is the same directory.
    let link = sandbox.dir().with_file_name("link");
    symlink(sandbox.dir(), &link).unwrap();
    let error = refused(sandbox.dir()).await.to_string();
    let by_link = refused(&link).await.to_string();
    assert_eq!(by_link.replace("/link", "/pages"), error);
    expect!["DIR is in use by another run; wait for it to end, or give this one another place"]
        .assert_eq(&error.replace(sandbox.dir().to_str().unwrap(), "DIR"));
    assert!(sandbox.files().is_empty());
    drop(lease);
    assert_eq!(run::<Visits>(&link).run().await.unwrap().done(), 1);
}

/// A process that is being started shares all open files of this one until it becomes another program.
#[tokio::test]
async fn a_directory_is_free_once_its_run_ended_whatever_is_being_started() {
    let (sandbox, ended) = (Sandbox::new(), AtomicBool::new(false));
    let store = DirStore::new(sandbox.dir());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                Command::new("true").status().unwrap();
            }
        });
        let leases = (0..2000).map(|_| store.begin(Durability::Process).now_or_never().unwrap());
        let refused = leases.filter(Result::is_err).count();
        ended.store(true, Ordering::Relaxed);
        assert_eq!(refused, 0);
    });
}

const HELD: &str = "SCRAPEFLOW_TEST_HELD";

/// This test again in another process, holding `dir` from when this returns.
fn held(dir: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "bad_directory::a_directory_that_another_process_holds",
            "--nocapture",
        ])
        .env(HELD, dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    assert!(
        lines
            .map(Result::unwrap)
            .any(|line| line.contains("holding")),
        "it came to hold it"
    );
    child
}

#[tokio::test]
async fn a_directory_that_another_process_holds() {
    if let Some(dir) = std::env::var_os(HELD) {
        let report = run::<Holding>(Path::new(&dir)).run().await.unwrap();
        return assert_eq!(report.done(), 1);
    }
    let sandbox = Sandbox::new();
    let mut child = held(sandbox.dir());
    let error = refused(sandbox.dir()).await.to_string();
    assert!(error.contains("is in use by another run"), "{error}");
    // A plan touches nothing, so it may look.
    let plan = run::<Visits>(sandbox.dir()).plan().await.unwrap();
    assert_eq!(plan.tasks.len(), 1);
    assert!(sandbox.files().is_empty(), "nothing was written");
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert_eq!(sandbox.status("a")["hold_status"], "SUCCESS");

    let killed = sandbox.dir().with_extension("killed");
    let mut child = held(&killed);
    refused(&killed).await;
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(run::<Visits>(&killed).run().await.unwrap().done(), 1);
}
