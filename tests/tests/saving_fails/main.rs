//! A status or body that cannot be saved stops the run, which names the task. What was saved before stays
//! whole, nothing of that task looks like a success, and once there is room again a rerun finishes.
//!
//! Here a store fails at every single call in turn; `disk` does it with real files and real limits.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

#[cfg(unix)]
mod disk;
mod faulty;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use faulty::{Faulty, Op};
use scrapeflow::prelude::*;
use scrapeflow::store::{BodyName, DirStore, MemoryStore, Store};
use scrapeflow::{RunError, RunErrorKind};
use scrapeflow_tests::Sandbox;
use serde_json::{Value, json};

const KEYS: [&str; 3] = ["a", "b", "c"];

/// What `page` saves from now on.
#[derive(Clone)]
struct Version(&'static str);

#[executor]
async fn page(key: Key, version: State<Version>, files: Files) -> Result<Saved> {
    let mut file = files.create("page").await?;
    file.write(format!("<title>{key} ").as_bytes()).await?;
    file.write(version.0.as_bytes()).await?;
    file.finish().await
}

#[executor]
async fn title(page: Body<page>, read: State<Arc<AtomicUsize>>) -> Result<String> {
    read.fetch_add(1, Ordering::Relaxed);
    Ok(page.text().trim_start_matches("<title>").to_owned())
}

workflow! { Titles = page -> title; }

/// A run whose store fails from the `nth` such call on, from 0.
fn run(store: &Arc<dyn Store>, fault: Option<(Op, usize)>, version: &'static str) -> Run<Titles> {
    let tasks = Tasks::from_pairs(KEYS.map(|key| (key, json!({})))).unwrap();
    Titles::in_store(Faulty::new(store.clone(), fault))
        .tasks(tasks)
        .max_parallelism(1)
        .state(Version(version))
        .state(Arc::new(AtomicUsize::new(0)))
        .progress(Progress::Off)
}

/// What is stored of a task: its status, and its body if there is one.
async fn stored(store: &Arc<dyn Store>, key: &str) -> (Option<Value>, Option<Vec<u8>>) {
    let key = Key::new(key).unwrap();
    let status = store.read(&key).await.unwrap();
    let status = status.map(|status| serde_json::from_slice(&status).unwrap());
    let name = BodyName::new(&key, "page").unwrap();
    let body = store.open(&name).await.unwrap();
    (status, body.map(faulty::bytes))
}

fn is_success(status: Option<&Value>, executor: &str) -> bool {
    let verdict = status.and_then(|status| status.get(format!("{executor}_status")));
    verdict.is_some_and(|verdict| verdict == "SUCCESS" || verdict == "SKIPPED")
}

/// Every success on record has what it says: a body of its size, an output that was made of it.
async fn assert_whole(store: &Arc<dyn Store>, at: &str) {
    for key in KEYS {
        let (status, body) = stored(store, key).await;
        if is_success(status.as_ref(), "page") {
            let (status, body) = (
                status.unwrap(),
                body.unwrap_or_else(|| panic!("{at}: no {key}.page")),
            );
            assert_eq!(status["page"]["size"], body.len(), "{at}: {key}");
            if is_success(Some(&status), "title") {
                let title = String::from_utf8(body).unwrap().replace("<title>", "");
                assert_eq!(status["title"], title, "{at}: {key}");
            }
        }
    }
}

/// The task that an error of the store names.
fn named(error: &RunError, at: &str) -> &'static str {
    assert_eq!(
        (error.kind(), error.exit_code()),
        (RunErrorKind::Store, 3),
        "{at}: {error}"
    );
    let (text, report) = (error.to_string(), error.report().unwrap());
    assert!(text.contains("no room in here"), "{at}: says why: {text}");
    assert_eq!(report.count(Outcome::Interrupted), 1, "{at}: {report}");
    let named = KEYS
        .into_iter()
        .find(|key| text.contains(&format!("`{key}`")));
    named.unwrap_or_else(|| panic!("{at}: names the task: {text}"))
}

/// Fails at each call in turn: first in runs of new tasks, then where all of them are made anew.
async fn fail_everywhere(make: impl Fn() -> Arc<dyn Store>, op: Op) -> usize {
    let mut nth = 0;
    loop {
        let (store, at) = (make(), format!("{op:?} {nth}"));
        let Err(error) = run(&store, Some((op, nth)), "one").run().await else {
            return nth;
        };
        let failed = named(&error, &at);
        assert_whole(&store, &at).await;
        let (status, _) = stored(&store, failed).await;
        assert!(
            !is_success(status.as_ref(), "title"),
            "{at}: {failed} is no success"
        );
        let done = error.report().unwrap().done();
        let before = KEYS.iter().position(|key| *key == failed).unwrap();
        assert_eq!(done, before as u64, "{at}: those before it are done");
        let report = error.report().unwrap();
        assert_eq!(
            (report.executors[1].succeeded, report.stopped),
            (done, true),
            "{at}: what could not be saved doesn't count"
        );

        let report = run(&store, None, "one").run().await.unwrap();
        assert_eq!(
            (report.done(), report.count(Outcome::Skipped)),
            (3, done),
            "{at}: finished"
        );
        assert_whole(&store, &at).await;
        nth += 1;
    }
}

/// What had succeeded before the store fails stands as it was, or is replaced as a whole; what was made of
/// what is replaced is made again, although the rerun isn't told to.
async fn fail_anew(make: impl Fn() -> Arc<dyn Store>, op: Op, calls: usize) {
    for nth in 0..calls {
        let (store, at) = (make(), format!("{op:?} {nth} anew"));
        run(&store, None, "one").run().await.unwrap();
        let before = stored(&store, "b").await;
        let again = run(&store, Some((op, nth)), "two, longer").force_all();
        let failed = named(&again.run().await.unwrap_err(), &at);
        if failed == "a" {
            assert_eq!(stored(&store, "b").await, before, "{at}: b wasn't begun");
        }
        let mut anew = 0;
        for key in KEYS {
            let (status, body) = stored(&store, key).await;
            let (size, body) = (status.unwrap()["page"]["size"].clone(), body.unwrap());
            assert_eq!(size, body.len(), "{at}: {key}.page is the one on record");
            anew += usize::from(body.ends_with(b"two, longer"));
        }
        let report = run(&store, None, "three").run().await.unwrap();
        assert_eq!(
            (report.done(), report.executors[0].skipped),
            (3, 3),
            "{at}: pages stand"
        );
        let titles = report.executors[1].succeeded;
        let last = usize::from(anew > 0 && op == Op::Save && nth % 2 == 1);
        assert_eq!(titles, last as u64, "{at}: the title of the last page");
        assert_whole(&store, &at).await;
    }
}

#[tokio::test]
async fn wherever_a_store_in_memory_fails() {
    let make = || -> Arc<dyn Store> { Arc::new(MemoryStore::new()) };
    for (op, calls) in Op::ALL {
        assert_eq!(fail_everywhere(make, op).await, calls, "{op:?}");
        fail_anew(make, op, calls).await;
    }
}

#[tokio::test]
async fn wherever_a_directory_fails() {
    let sandboxes = std::cell::RefCell::new(Vec::new());
    let make = || -> Arc<dyn Store> {
        let sandbox = Sandbox::new();
        let store = Arc::new(DirStore::new(sandbox.dir()));
        sandboxes.borrow_mut().push(sandbox);
        store
    };
    for (op, calls) in Op::ALL {
        assert_eq!(fail_everywhere(make, op).await, calls, "{op:?}");
        fail_anew(make, op, calls).await;
    }
    for sandbox in sandboxes.borrow().iter() {
        assert_eq!(sandbox.files().len(), 6, "a status and a body each");
        let own = std::fs::read_dir(sandbox.dir().join(".scrapeflow")).unwrap();
        assert_eq!(own.count(), 1, "and the lock");
    }
}
