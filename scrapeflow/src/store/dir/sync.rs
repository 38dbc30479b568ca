//! What was saved, synced once a window, for `Durability::Batched`.

use std::io;
use std::sync::Arc;

use super::files::{Files, Syncing};
use crate::store::sync_thread::{self, SyncThread};
use crate::store::{Durability, StoreError};

/// Syncs what is left, when dropped.
pub(super) struct Syncer {
    syncing: Arc<Syncing>,
    thread: SyncThread,
}

pub(super) fn start(
    files: &Arc<Files>,
    syncing: &Arc<Syncing>,
    durability: Durability,
) -> Result<Syncer, StoreError> {
    syncing.set(durability);
    syncing.pass_on();
    let (files, holder) = (files.clone(), syncing.clone());
    let sync = move || {
        if let Err(error) = holder.flush(&files) {
            tracing::error!(dir = %files.dir().display(), %error, "cannot sync what was saved");
            holder.fail(error);
        }
    };
    Ok(Syncer {
        syncing: syncing.clone(),
        thread: sync_thread::start(durability, sync)?,
    })
}

impl Syncer {
    /// Syncs what is left. An error that no save was told is told here.
    pub(super) fn close(mut self) -> io::Result<()> {
        let ended = self.end();
        self.syncing.untold().map_or(Ok(()), Err).and(ended)
    }

    fn end(&mut self) -> io::Result<()> {
        self.syncing.pass_on();
        self.thread.end()
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!(%error, "cannot sync what was saved");
        }
    }
}
