use std::collections::BTreeMap;
use std::time::Duration;

use futures::TryStreamExt;
use futures::future::{join, join_all};
use rusqlite::Connection;
use tokio::runtime::Builder;

use super::super::ArchiveStore;
use super::*;
use crate::store::{BodyName, Lease, Store};

/// An archive, with the folder that it is in and the run that has it.
async fn begun(durability: Durability) -> (tempfile::TempDir, Arc<ArchiveStore>, Lease) {
    let dir = tempfile::tempdir().unwrap();
    let store = ArchiveStore::new(dir.path().join("a.sfa")).plain();
    let lease = store.begin(durability).await.unwrap();
    (dir, Arc::new(store), lease)
}

/// Saves a status and a page that say their key.
async fn save(store: &ArchiveStore, text: &str) -> Result<(), String> {
    let key = Key::new(text).unwrap();
    let name = BodyName::new(&key, "page").unwrap();
    let mut page = store.stage(&name).await.unwrap();
    page.write(text.to_owned().into()).await.unwrap();
    page.finish(None).await.unwrap();
    let status = format!(r#"{{"is": "{text}"}}"#);
    let saved = store.save(&key, &status, vec![page]).await;
    saved.map_err(|error| error.to_string())
}

/// The keys of what was saved, which is all there.
async fn saved(store: &ArchiveStore) -> Vec<String> {
    let statuses: BTreeMap<Key, bytes::Bytes> = store.statuses().try_collect().await.unwrap();
    for (key, status) in &statuses {
        assert_eq!(*status, format!(r#"{{"is": "{key}"}}"#));
        let name = BodyName::new(key, "page").unwrap();
        let page: Vec<bytes::Bytes> = store
            .open(&name)
            .await
            .unwrap()
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        assert_eq!(page.concat(), key.as_str().as_bytes());
    }
    statuses.keys().map(ToString::to_string).collect()
}

/// How many pages are in the file, whether or not anything names them.
fn records(store: &ArchiveStore) -> usize {
    let pages = std::fs::read_to_string(store.dir().join("pages-00001.warc")).unwrap();
    pages.matches("\r\nScrapeflow-File: ").count()
}

fn told(key: &str, why: &str) -> Result<(), String> {
    Err(format!("cannot save `{key}`: {why}"))
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_the_thread_once_it_has_saved_doesnt_either() {
    let (_dir, store, _lease) = begun(Durability::Process).await;
    for _ in 0..50 {
        // Whoever is first to be through keeps its thread until the other is.
        let both = Arc::new((Mutex::new(0), Condvar::new()));
        let tasks = ["a", "b"].map(|key| {
            let (store, both) = (store.clone(), both.clone());
            tokio::spawn(async move {
                save(&store, key).await.unwrap();
                let (through, is_through) = &*both;
                let mut through = through.lock().unwrap();
                *through += 1;
                is_through.notify_all();
                let within = Duration::from_secs(20);
                let waited = is_through.wait_timeout_while(through, within, |through| *through < 2);
                waited.unwrap().1.timed_out()
            })
        });
        for timed_out in join_all(tasks).await {
            assert!(!timed_out.unwrap());
        }
    }
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_in_the_pages() {
    let (_dir, store, _lease) = begun(Durability::Process).await;
    let database = Connection::open(store.dir().join("status.db")).unwrap();
    let refuses = "CREATE TRIGGER refuses BEFORE INSERT ON tasks WHEN NEW.key = 'bad'
        BEGIN SELECT RAISE (ABORT, 'not this one'); END";
    database.execute_batch(refuses).unwrap();
    save(&store, "good").await.unwrap();
    // They go into one commit.
    for saved in join_all(["fine", "bad"].map(|key| save(&store, key))).await {
        let why = saved.unwrap_err();
        assert!(why.ends_with("not this one"), "{why}");
    }
    assert_eq!(records(&store), 1);
    save(&store, "fine").await.unwrap();
    assert_eq!(saved(&store).await, ["fine", "good"]);
    assert_eq!(records(&store), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_commit_each_others() {
    for durability in [
        Durability::Process,
        Durability::PowerCut,
        Durability::Batched(Duration::from_millis(1)),
    ] {
        let (_dir, store, lease) = begun(durability).await;
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
        assert_eq!(saved(&store).await.len(), 64 * 20, "{durability:?}");
        assert_eq!(records(&store), 64 * 20);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_saves_while_the_run_ends_is_told_or_saved() {
    for durability in [Durability::Process, Durability::PowerCut] {
        let (_dir, store, lease) = begun(durability).await;
        let tasks = (0..16).map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for nth in 0.. {
                    let key = format!("{task}-{nth}");
                    let saved = save(&store, &key).await;
                    if saved.is_err() {
                        assert_eq!(saved, told(&key, "no run has the archive"));
                        return nth;
                    }
                }
                unreachable!("the run ends")
            })
        });
        let tasks: Vec<_> = tasks.collect();
        tokio::time::sleep(Duration::from_millis(20)).await;
        lease.close().unwrap();
        let mut acknowledged = 0;
        for ended in join_all(tasks).await {
            acknowledged += ended.unwrap();
        }
        assert_eq!(saved(&store).await.len(), acknowledged);
        assert!(acknowledged > 0 && store.commits.state().waiting.is_empty());
    }
}

#[tokio::test]
async fn what_waits_when_the_run_ends_is_committed() {
    let (_dir, store, lease) = begun(Durability::Process).await;
    let mut cut_off = Box::pin(save(&store, "a"));
    assert!(futures::poll!(&mut cut_off).is_pending());
    drop(cut_off);
    assert!(saved(&store).await.is_empty());
    lease.close().unwrap();
    assert_eq!(saved(&store).await, ["a"]);
    assert_eq!(save(&store, "b").await, told("b", "no run has the archive"));
}

#[test]
fn a_runtime_that_ends_leaves_nobody_waiting() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let (_dir, store, _lease) = runtime.block_on(begun(Durability::PowerCut));
    drop(runtime);
    let both = join(save(&store, "a"), save(&store, "b"));
    assert_eq!(futures::executor::block_on(both), (Ok(()), Ok(())));
    assert_eq!(futures::executor::block_on(saved(&store)), ["a", "b"]);
}

#[tokio::test]
async fn a_save_and_the_run_are_told_that_what_was_saved_could_not_be_synced() {
    let hour = Durability::Batched(Duration::from_secs(3600));
    let (_dir, store, lease) = begun(hour).await;
    let fails = || {
        let mut state = store.commits.state();
        state.failure = Some(io::Error::other("no disk"));
        state.is_untold = true;
    };
    fails();
    let why = "what was saved before could not be synced: no disk";
    assert_eq!(save(&store, "a").await, told("a", why));
    assert_eq!(save(&store, "b").await, Ok(()));
    assert!(store.commits.state().unsynced.is_some());
    // Who would be told is cut off.
    fails();
    let mut cut_off = Box::pin(save(&store, "c"));
    assert!(futures::poll!(&mut cut_off).is_pending());
    drop(cut_off);
    let closed = lease.close().unwrap_err().to_string();
    assert!(closed.ends_with(": no disk"), "{closed}");
    assert!(store.commits.state().unsynced.is_none());
    assert_eq!(saved(&store).await, ["b"]);
}

#[tokio::test]
async fn after_a_panic_all_are_told_and_nothing_is_written() {
    let (_dir, store, lease) = begun(Durability::Process).await;
    save(&store, "a").await.unwrap();
    let (panics, meanwhile) = join(save(&store, "panics"), save(&store, "b")).await;
    assert_eq!(panics, told("panics", PANICKED));
    assert_eq!(meanwhile, told("b", PANICKED));
    assert_eq!(save(&store, "c").await, told("c", PANICKED));
    // Until the run has ended nobody else has it.
    assert!(store.begin(Durability::Process).await.is_err());
    lease.close().unwrap();
    assert_eq!(saved(&store).await, ["a"]);
    let _lease = store.begin(Durability::Process).await.unwrap();
    save(&store, "c").await.unwrap();
}
