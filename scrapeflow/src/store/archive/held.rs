//! The archive, held by a run.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use super::commit::Commits;
use super::readers::Readers;
use crate::store::lock::Lock;
use crate::store::sync_thread::SyncThread;

/// All that is to be ended before the archive is another run's.
pub(super) struct Held {
    pub(super) commits: Commits,
    pub(super) commit_thread: Option<JoinHandle<()>>,
    pub(super) sync_thread: SyncThread,
    pub(super) readers: Arc<Readers>,
    /// The last to go.
    pub(super) _lock: Lock,
}

impl Held {
    /// That something could not be synced is told here, also where a save was told.
    pub(super) fn close(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        let writer = self.commits.end();
        if let Some(thread) = self.commit_thread.take() {
            // It panics nowhere but where it is caught.
            let _ = thread.join();
        }
        // Syncs what is left of that.
        let synced = self.sync_thread.end();
        // The last to close is to be one that writes: it moves the log to the database, and takes it away.
        self.readers.close();
        if let Some(writer) = writer {
            writer.close();
        }
        self.commits.failed_sync().and(synced)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!(%error, "cannot sync what was saved");
        }
    }
}
