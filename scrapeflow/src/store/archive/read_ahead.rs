//! Statuses read ahead in the order in which their tasks came: a rerun asks for them one by one, in about that order, and to find a
//! row by its key costs many times what the next row does.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::database::{self, PAGE, Which};
use crate::task::Key;

/// How many pages are kept: those who ask overtake each other.
const PAGES: usize = 4;

/// How far back a task may be that was in one of them, about.
#[expect(clippy::cast_possible_wrap, reason = "there are few")]
const BACK: i64 = -(PAGES as i64) * PAGE;

/// How far a task may be from the one that was asked for before, to be one of the next.
const NEAR: i64 = 16;

/// What was read ahead, while a run has the archive: without one, others may write to it.
#[derive(Debug, Default)]
pub(super) struct ReadAhead(Mutex<Option<Window>>);

#[derive(Debug, Default)]
struct Window {
    /// What is left of them, the newest first.
    pages: [HashMap<String, Vec<u8>>; PAGES],
    /// The number of the task up to which was read.
    until: i64,
}

impl ReadAhead {
    /// A run has the archive.
    pub(super) fn begin(&self) {
        *self.window() = Some(Window::default());
    }

    /// It has it no more.
    pub(super) fn end(&self) {
        *self.window() = None;
    }

    /// The status of a task, if it was read ahead.
    pub(super) fn take(&self, key: &Key) -> Option<Vec<u8>> {
        let mut window = self.window();
        let mut pages = window.as_mut()?.pages.iter_mut();
        pages.find_map(|page| page.remove(key.as_str()))
    }

    /// These tasks have others now, or may.
    pub(super) fn forget<'a>(&self, keys: impl Iterator<Item = &'a Key>) {
        if let Some(window) = &mut *self.window() {
            for key in keys {
                for page in &mut window.pages {
                    page.remove(key.as_str());
                }
            }
        }
    }

    /// The task of that number was read by itself: if it is one of the next, some of those after it will be asked for.
    ///
    /// Whoever saves has to wait meanwhile, to forget what is read here as it was before.
    pub(super) fn passed(&self, number: i64, connection: &Connection) {
        let mut window = self.window();
        let Some(window) = &mut *window else {
            return;
        };
        match number.saturating_sub(window.until) {
            1..=NEAR => {
                // What is wrong with one of them is told when that one is asked for.
                let rows = database::page(connection, window.until, Which::Statuses);
                let rows = rows.unwrap_or_default();
                window.until = rows.last().map_or(number, |last| last.number);
                let page = rows.into_iter().filter_map(|row| {
                    let key = String::from_utf8(row.key).ok()?;
                    Some((key, row.status))
                });
                window.pages.rotate_right(1);
                window.pages[0] = page.collect();
            }
            // It was read ahead, and given up.
            BACK..=0 => {}
            // They are asked for from there on, or in no order.
            _ => window.until = number,
        }
    }

    /// A panic elsewhere leaves at most less in it.
    fn window(&self) -> MutexGuard<'_, Option<Window>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::StreamExt;

    use super::*;
    use crate::store::{ArchiveStore, Durability, Store};

    /// Ten pages, more than are kept.
    const TASKS: usize = 2560;

    fn key(nth: usize) -> Key {
        Key::new(format!("task-{nth}")).unwrap()
    }

    async fn save(store: &ArchiveStore, nth: usize, version: u64) {
        let status = format!(r#"{{"version": {version}}}"#);
        store.save(&key(nth), &status, Vec::new()).await.unwrap();
    }

    async fn read(store: &ArchiveStore, nth: usize) -> u64 {
        let status = store.read(&key(nth)).await.unwrap().unwrap();
        let status: serde_json::Value = serde_json::from_slice(&status).unwrap();
        status["version"].as_u64().unwrap()
    }

    fn pages(store: &ArchiveStore) -> usize {
        let window = store.readers.read_ahead.window();
        let pages = window.as_ref().map_or(&[][..], |window| &window.pages);
        pages.iter().filter(|page| !page.is_empty()).count()
    }

    #[tokio::test]
    async fn what_is_read_in_any_order_is_what_was_saved_last() {
        let place = tempfile::tempdir().unwrap();
        let store = ArchiveStore::new(place.path());
        let lease = store.begin(Durability::Process).await.unwrap();
        let mut versions = vec![0; TASKS];
        for nth in 0..TASKS {
            save(&store, nth, 0).await;
        }
        let mut random = fastrand::Rng::with_seed(7);
        let (mut at, mut ahead) = (0, 0);
        for step in 1..20_000 {
            at = match random.u8(0..100) {
                0 => random.usize(0..TASKS),
                1..20 => (at + random.usize(0..8)) % TASKS,
                20..30 => at.saturating_sub(random.usize(0..8)),
                _ => (at + 1) % TASKS,
            };
            if random.u8(0..10) == 0 {
                let near = (at + random.usize(0..80)) % TASKS;
                save(&store, near, step).await;
                versions[near] = step;
            }
            assert_eq!(read(&store, at).await, versions[at], "step {step}");
            ahead = ahead.max(pages(&store));
        }
        assert!(ahead > 1, "{ahead} pages were read ahead");
        lease.close().unwrap();
        assert_eq!(pages(&store), 0);
    }

    #[tokio::test]
    async fn a_row_that_cannot_be_read_keeps_no_other_from_it() {
        let place = tempfile::tempdir().unwrap();
        let store = ArchiveStore::new(place.path());
        let lease = store.begin(Durability::Process).await.unwrap();
        for nth in 0..100 {
            save(&store, nth, 7).await;
        }
        lease.close().unwrap();
        let database = Connection::open(place.path().join("status.db")).unwrap();
        let damage = "UPDATE tasks SET key = CAST(x'ff' AS TEXT) WHERE key = 'task-50'";
        assert_eq!(database.execute(damage, []).unwrap(), 1);
        drop(database);
        let lease = store.begin(Durability::Process).await.unwrap();
        for nth in (0..100).filter(|nth| *nth != 50) {
            assert_eq!(read(&store, nth).await, 7, "task {nth}");
        }
        assert!(store.read(&key(50)).await.unwrap().is_none());
        let (good, bad): (Vec<_>, Vec<_>) = store
            .keys()
            .collect::<Vec<_>>()
            .await
            .into_iter()
            .partition(Result::is_ok);
        assert_eq!((good.len(), bad.len()), (99, 1));
        let said = bad[0].as_ref().unwrap_err().to_string();
        assert!(said.contains("is stored as a key, and is none"), "{said}");
        lease.close().unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn nothing_is_read_as_it_was_before_its_last_save() {
        const AT_ONCE: usize = 8;
        let place = tempfile::tempdir().unwrap();
        let store = Arc::new(ArchiveStore::new(place.path()));
        let lease = store.begin(Durability::Process).await.unwrap();
        for nth in 0..TASKS {
            save(&store, nth, 0).await;
        }
        let mut all = tokio::task::JoinSet::new();
        for one in 0..AT_ONCE {
            let store = store.clone();
            all.spawn(async move {
                for version in 1..6 {
                    for nth in (one..TASKS).step_by(AT_ONCE) {
                        assert_eq!(read(&store, nth).await, version - 1, "task {nth}");
                        save(&store, nth, version).await;
                        assert_eq!(read(&store, nth).await, version, "task {nth}");
                    }
                }
            });
        }
        while let Some(ended) = all.join_next().await {
            ended.unwrap();
        }
        lease.close().unwrap();
    }

    #[tokio::test]
    async fn who_only_reads_sees_what_others_save() {
        let place = tempfile::tempdir().unwrap();
        let [writes, reads] = [(); 2].map(|()| ArchiveStore::new(place.path()));
        let lease = writes.begin(Durability::Process).await.unwrap();
        for version in 0..3 {
            for nth in 0..100 {
                save(&writes, nth, version).await;
            }
            for nth in 0..100 {
                assert_eq!(read(&reads, nth).await, version);
            }
        }
        lease.close().unwrap();
    }
}
