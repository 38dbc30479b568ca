//! The archive, held by a run.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::commit::{self, Shared};
use super::readers::Readers;
use super::{Way, pages};
use crate::store::Durability;

/// All that is to be closed, in order.
pub(super) struct Held {
    pub(super) way: Arc<Mutex<Option<Way>>>,
    pub(super) readers: Arc<Readers>,
    pub(super) writer: Shared,
    pub(super) durability: Durability,
}

impl Held {
    pub(super) fn close(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        self.way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let writer = commit::lock(&self.writer).take();
        if let Some(writer) = &writer {
            // Whoever is at it has ended before the lock goes.
            pages::lock(&writer.pages).close();
        }
        // The last to close is to be one that writes: it moves the log to the database, and takes it away.
        self.readers.close();
        match writer {
            Some(writer) => writer.close(self.durability),
            None => Ok(()),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!(%error, "cannot sync what was saved");
        }
    }
}
