//! The thread that syncs what was saved, once a window, for `Durability::Batched`.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::files::{Files, Syncing};
use crate::store::{Durability, StoreError};

/// Ends the thread, after a last sync, when dropped.
pub(super) struct Syncer {
    syncing: Arc<Syncing>,
    end: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

pub(super) fn start(
    files: &Arc<Files>,
    syncing: &Arc<Syncing>,
    durability: Durability,
) -> Result<Syncer, StoreError> {
    syncing.set(durability);
    syncing.pass_on();
    let Durability::Batched(window) = durability else {
        return Ok(Syncer {
            syncing: syncing.clone(),
            end: None,
            thread: None,
        });
    };
    let (end, ended) = mpsc::channel();
    let holder = syncing.clone();
    let (files, syncing) = (files.clone(), syncing.clone());
    let thread = thread::Builder::new()
        .name("scrapeflow-sync".to_owned())
        .spawn(move || sync_until(&ended, window, &files, &syncing))
        .map_err(|error| StoreError::io("cannot start the thread that syncs", error))?;
    Ok(Syncer {
        syncing: holder,
        end: Some(end),
        thread: Some(thread),
    })
}

fn sync_until(ended: &mpsc::Receiver<()>, window: Duration, files: &Files, syncing: &Syncing) {
    loop {
        let end = ended.recv_timeout(window) != Err(RecvTimeoutError::Timeout);
        if let Err(error) = syncing.flush(files) {
            tracing::error!(dir = %files.dir().display(), %error, "cannot sync what was saved");
            syncing.fail(error);
        }
        if end {
            return;
        }
    }
}

impl Syncer {
    /// Syncs what is left. An error that no save was told is told here.
    pub(super) fn close(mut self) -> io::Result<()> {
        self.end();
        self.syncing.untold().map_or(Ok(()), Err)
    }

    fn end(&mut self) {
        self.syncing.pass_on();
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there was reported where it happened; there is nothing left to sync.
            let _ = thread.join();
        }
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.end();
    }
}
