//! Statuses read ahead in the order in which their tasks came: a rerun asks for them one by one, in about that order, and to find a
//! row by its key costs many times what the next row does.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::database::{self, PAGE, Which};
use crate::task::Key;

/// How many pages are kept: those who ask overtake each other.
const PAGES: usize = 4;

/// How far back a task may be that was in one of them, about: as many pages.
const BACK: i64 = -4 * PAGE;

/// What was read ahead, while a run has the archive: without one, others may write to it.
#[derive(Debug, Default)]
pub(super) struct Ahead(Mutex<Option<Window>>);

#[derive(Debug, Default)]
struct Window {
    /// What is left of them, the newest first.
    pages: [HashMap<String, Vec<u8>>; PAGES],
    /// The number of the task up to which was read.
    until: i64,
}

impl Ahead {
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
    pub(super) fn passed(&self, number: i64, connection: &Connection) -> rusqlite::Result<()> {
        let mut window = self.window();
        let Some(window) = &mut *window else {
            return Ok(());
        };
        match number - window.until {
            1..=PAGE => {
                let rows = database::page(connection, window.until, Which::Statuses)?;
                window.until = rows.last().map_or(number, |(last, ..)| *last);
                let page = rows.into_iter().map(|(_, key, status)| (key, status));
                window.pages.rotate_right(1);
                window.pages[0] = page.collect();
            }
            // It was read ahead, and given up.
            BACK..=0 => {}
            // They are asked for from there on, or in no order.
            _ => window.until = number,
        }
        Ok(())
    }

    /// A panic elsewhere leaves at most less in it.
    fn window(&self) -> MutexGuard<'_, Option<Window>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::store::{ArchiveStore, Durability, Store};

    const TASKS: usize = 600;

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
        let window = store.readers.ahead.window();
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
        let mut at = 0;
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
        }
        assert!(pages(&store) > 0, "nothing was read ahead");
        lease.close().unwrap();
        assert_eq!(pages(&store), 0);
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
