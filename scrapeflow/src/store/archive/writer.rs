//! Who writes while a run has the archive: pages, and the rows that name them.

use std::fs::File;
use std::io;
use std::sync::Arc;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::database::{self, Place};
use super::folder::Folder;
use super::pages::{Grown, Pages};
use super::readers::Readers;
use super::rows::{self, OutcomeIds};
use super::save::Save;

pub(super) struct Writer {
    pub(super) folder: Folder,
    pub(super) connection: Connection,
    pub(super) pages: Pages,
    pub(super) readers: Arc<Readers>,
    pub(super) outcomes: OutcomeIds,
}

/// What was committed and not synced: it is in the database's log, and in the pages.
#[derive(Debug)]
pub(super) struct Unsynced {
    pages: Option<Arc<File>>,
}

impl Writer {
    /// Commits all of them, or none. Pages are written, and synced if told, before the commit that names them.
    pub(super) fn commit(&mut self, batch: &[Save], sync: bool) -> io::Result<()> {
        #[cfg(test)]
        assert!(batch.iter().all(|save| save.key.as_str() != "panics"));
        let (places, grown) = self
            .write(batch, sync)
            .inspect_err(|_| self.pages.take_back())?;
        let failed = |error| io::Error::other(self.folder.unreadable(error).to_string());
        // Kept only once the commit has made their ids real.
        let mut outcomes = std::mem::take(&mut self.outcomes);
        let transaction = rows(&mut self.connection, &mut outcomes, batch, &places, &grown)
            .inspect_err(|_| self.pages.take_back())
            .map_err(failed)?;
        let committed = transaction.commit();
        // Also where that failed: after a crash it may still be found, with what it names.
        self.pages.keep();
        self.readers
            .read_ahead
            .forget(batch.iter().map(|save| &save.key));
        committed.map_err(failed)?;
        self.outcomes = outcomes;
        self.pages.told(&grown);
        Ok(())
    }

    fn write(&mut self, batch: &[Save], sync: bool) -> io::Result<(Vec<Place>, Vec<Grown>)> {
        // Where somebody has removed or moved it, nothing would be there any more.
        let database = self.folder.database();
        std::fs::metadata(&database).map_err(|error| {
            io::Error::new(error.kind(), format!("{} is gone", database.display()))
        })?;
        let bodies = batch.iter().flat_map(|save| &save.bodies);
        let written = self.pages.write(bodies)?;
        if sync && let Some(file) = self.pages.file() {
            file.sync_data()?;
        }
        Ok(written)
    }

    /// What was committed so far, for those who sync it later.
    pub(super) fn unsynced(&self) -> Unsynced {
        Unsynced {
            pages: self.pages.file(),
        }
    }

    /// Nothing more will come.
    pub(super) fn close(self) {
        // Texts in messages make many outcomes, which are nobody's once their tasks have others.
        if let Err(error) = database::forget_outcomes(&self.connection) {
            tracing::warn!(%error, "outcomes that no task has any more stay in the archive");
        }
    }
}

impl Unsynced {
    /// Others may commit meanwhile.
    pub(super) fn sync(&self, folder: &Folder) -> io::Result<()> {
        if let Some(pages) = &self.pages {
            pages.sync_data()?;
        }
        // By itself SQLite syncs it only when it is moved to the database, which waits for those who read.
        match File::open(folder.log()) {
            Ok(log) => log.sync_data(),
            // Nothing was saved since the log was moved.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// A transaction that says all of it, and is to be committed.
fn rows<'a>(
    connection: &'a mut Connection,
    outcomes: &mut OutcomeIds,
    batch: &[Save],
    places: &[Place],
    grown: &[Grown],
) -> rusqlite::Result<Transaction<'a>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut places = places.iter();
    for save in batch {
        let task = rows::save(&transaction, outcomes, save)?;
        for (body, place) in save.bodies.iter().zip(&mut places) {
            rows::put(&transaction, task, &body.suffix, place)?;
        }
    }
    for (number, name, length) in grown {
        database::count(&transaction, *number, name, *length)?;
    }
    Ok(transaction)
}
