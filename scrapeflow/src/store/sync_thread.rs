//! The thread that syncs what was saved, once a window, for `Durability::Batched`.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Durability, StoreError};

/// The shortest window.
const SHORTEST: Duration = Duration::from_millis(1);

/// Ends the thread when dropped.
pub(super) struct SyncThread {
    end: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// There is none where nothing is synced in windows.
pub(super) fn start(
    durability: Durability,
    sync: impl Fn() + Send + 'static,
) -> Result<SyncThread, StoreError> {
    let Durability::Batched(window) = durability else {
        return Ok(SyncThread {
            end: None,
            thread: None,
        });
    };
    // A run refuses none at all, which would sync without end.
    let window = window.max(SHORTEST);
    let (end, ended) = mpsc::channel::<()>();
    let until_ended = move || {
        loop {
            let is_over = ended.recv_timeout(window) != Err(RecvTimeoutError::Timeout);
            sync();
            if is_over {
                return;
            }
        }
    };
    let thread = thread::Builder::new()
        .name("scrapeflow-sync".to_owned())
        .spawn(until_ended)
        .map_err(|error| StoreError::io("cannot start the thread that syncs", error))?;
    Ok(SyncThread {
        end: Some(end),
        thread: Some(thread),
    })
}

impl SyncThread {
    /// Ends the thread, after it has synced once more.
    ///
    /// # Errors
    /// If it has panicked.
    pub(super) fn end(&mut self) -> io::Result<()> {
        drop(self.end.take());
        let ended = self.thread.take().map_or(Ok(()), JoinHandle::join);
        ended.map_err(|_| io::Error::other("the thread that syncs has panicked"))
    }
}

impl Drop for SyncThread {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!(%error, "cannot sync what was saved");
        }
    }
}
