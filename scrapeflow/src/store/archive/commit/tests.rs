use std::time::Duration;

use futures::future::{join, join_all};
use rusqlite::Connection;
use tokio::runtime::Builder;

use super::super::ArchiveStore;
use super::*;
use crate::store::{BodyName, Lease, Staged, Store};

/// An archive, with the folder that it is in and the run that has it.
async fn begun(durability: Durability) -> (tempfile::TempDir, Arc<ArchiveStore>, Lease) {
    let dir = tempfile::tempdir().unwrap();
    let store = ArchiveStore::new(dir.path().join("a.sfa")).plain();
    let lease = store.begin(durability).await.unwrap();
    (dir, Arc::new(store), lease)
}

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

/// A page that is named after its task.
async fn page(store: &ArchiveStore, key: &Key) -> Box<dyn Staged> {
    let name = BodyName::new(key, "page").unwrap();
    let mut page = store.stage(&name).await.unwrap();
    page.write(key.to_string().into()).await.unwrap();
    page.finish(None).await.unwrap();
    page
}

async fn save(store: &ArchiveStore, text: &str) -> Result<(), String> {
    let key = key(text);
    let pages = vec![page(store, &key).await];
    let saved = store.save(&key, "{}", pages).await;
    saved.map_err(|error| error.to_string())
}

fn rows(store: &ArchiveStore) -> u64 {
    let database = Connection::open(store.dir().join("status.db")).unwrap();
    let count = database.query_row("SELECT count(*) FROM bodies", [], |row| row.get(0));
    count.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_that_is_taken_doesnt_keep_others_from_saving() {
    let (_dir, store, _lease) = begun(Durability::Process).await;
    for _ in 0..50 {
        let (go_on, wait) = std::sync::mpsc::channel::<()>();
        let theirs = store.clone();
        let first = tokio::spawn(async move {
            let taken = tokio::spawn(async move { wait.recv() });
            let saved = save(&theirs, "theirs").await;
            (saved, taken.await)
        });
        let saved = tokio::time::timeout(Duration::from_secs(20), save(&store, "ours")).await;
        go_on.send(()).unwrap();
        saved.unwrap().unwrap();
        first.await.unwrap().0.unwrap();
    }
}

#[tokio::test]
async fn who_is_refused_keeps_no_other_from_being_saved() {
    let (_dir, store, _lease) = begun(Durability::Process).await;
    let database = Connection::open(store.dir().join("status.db")).unwrap();
    let refuses = "CREATE TRIGGER refuses BEFORE INSERT ON tasks WHEN NEW.key = 'bad'
        BEGIN SELECT RAISE (ABORT, 'not this one'); END";
    database.execute_batch(refuses).unwrap();
    let saved = join_all(["good", "bad", "better"].map(|key| save(&store, key))).await;
    let [good, bad, better] = saved.try_into().unwrap();
    assert_eq!((good, better), (Ok(()), Ok(())));
    let why = bad.unwrap_err();
    assert!(
        why.starts_with("cannot save `bad`: ") && why.ends_with("not this one"),
        "{why}"
    );
    assert_eq!(rows(&store), 2);
    // What was written of the first try was taken back.
    let pages = std::fs::read_to_string(store.dir().join("pages-00001.warc")).unwrap();
    for (key, records) in [("good", 1), ("bad", 0), ("better", 1)] {
        let of = format!("Scrapeflow-File: {key}.page\r\n");
        assert_eq!(pages.matches(&of).count(), records, "{key} in {pages}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_commit_each_others() {
    let (_dir, store, lease) = begun(Durability::Process).await;
    let tasks = (0..64).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            for nth in 0..20 {
                save(&store, &format!("{task}-{nth}")).await.unwrap();
            }
        })
    });
    for ended in join_all(tasks).await {
        ended.unwrap();
    }
    lease.close().unwrap();
    assert_eq!(rows(&store), 64 * 20);
}

#[tokio::test]
async fn what_waits_when_the_run_ends_is_committed() {
    let (_dir, store, lease) = begun(Durability::Process).await;
    let mut cut_off = Box::pin(save(&store, "a"));
    assert!(futures::poll!(&mut cut_off).is_pending());
    drop(cut_off);
    assert_eq!(rows(&store), 0);
    lease.close().unwrap();
    assert_eq!(rows(&store), 1);
    let over = save(&store, "b").await.unwrap_err();
    assert_eq!(over, "cannot save `b`: no run has the archive");
}

#[test]
fn a_runtime_that_ends_leaves_nobody_waiting() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let (_dir, store, _lease) = runtime.block_on(begun(Durability::PowerCut));
    drop(runtime);
    // There is no thread for what blocks any more.
    let both = join(save(&store, "a"), save(&store, "b"));
    let saved = futures::executor::block_on(both);
    assert_eq!(saved, (Ok(()), Ok(())));
    assert_eq!(rows(&store), 2);
}

/// Sums that overflow are found out where they are checked, which makes a panic for this.
#[cfg(debug_assertions)]
#[tokio::test]
async fn after_a_panic_all_are_told_and_nothing_is_written() {
    let (_dir, store, lease) = begun(Durability::Process).await;
    save(&store, "a").await.unwrap();
    page(&store, &key("b")).await.publish().await.unwrap();
    let mut bodies = store.published.take(&key("b"));
    bodies[0].record.whole = u64::MAX;
    let panics = Save {
        key: key("b"),
        status: "{}".to_owned(),
        bodies,
        modified: None,
    };
    let (panics, meanwhile) = join(store.commits.save(panics), save(&store, "c")).await;
    let told = |key: &str| format!("cannot save `{key}`: {PANICKED}");
    assert_eq!(panics.unwrap_err().to_string(), told("b"));
    assert_eq!(meanwhile.unwrap_err(), told("c"));
    assert_eq!(save(&store, "d").await.unwrap_err(), told("d"));
    lease.close().unwrap();
    assert_eq!(rows(&store), 1);
    // Another run may have it.
    let _lease = store.begin(Durability::Process).await.unwrap();
    save(&store, "c").await.unwrap();
}
