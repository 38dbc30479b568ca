//! The archive, held by a run.

use std::io;

use super::commit::Commits;
use crate::store::windows::Windows;

/// All that is to be ended, in order, before the archive is another run's.
pub(super) struct Held {
    pub(super) commits: Commits,
    pub(super) windows: Option<Windows>,
}

impl Held {
    /// An error that no save was told is told here.
    pub(super) fn close(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        let writer = self.commits.end();
        // Syncs what is left of that.
        drop(self.windows.take());
        if let Some(writer) = writer {
            writer.close();
        }
        self.commits.untold()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!(%error, "cannot sync what was saved");
        }
    }
}
