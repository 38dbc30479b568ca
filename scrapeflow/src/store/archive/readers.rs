//! Connections to the database of those who read.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OpenFlags};

use super::database;
use super::folder::Folder;
use super::read_ahead::ReadAhead;
use crate::store::StoreError;
use crate::task::Key;

/// Connections that read, as many as were needed at once.
#[derive(Debug)]
pub(super) struct Readers {
    folder: Folder,
    idle: Mutex<Vec<Connection>>,
    pub(super) read_ahead: ReadAhead,
}

impl Readers {
    pub(super) fn new(folder: Folder) -> Self {
        Self {
            folder,
            idle: Mutex::default(),
            read_ahead: ReadAhead::default(),
        }
    }

    /// What `work` makes of a connection; `None` if there is no archive.
    pub(super) fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => match self.open()? {
                Some(connection) => connection,
                None => return Ok(None),
            },
        };
        let made = work(&connection).map_err(|error| self.folder.unreadable(error))?;
        self.idle().push(connection);
        Ok(Some(made))
    }

    /// The status of a task.
    pub(super) fn status(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(status) = self.read_ahead.take(key) {
            return Ok(Some(status));
        }
        let read = self.with(|connection| {
            let Some((number, status)) = database::status(connection, key)? else {
                return Ok(None);
            };
            self.read_ahead.passed(number, connection);
            Ok(Some(status))
        });
        read.map(Option::flatten)
    }

    /// A connection of one's own.
    pub(super) fn open(&self) -> Result<Option<Connection>, StoreError> {
        if !self.folder.is_there()? || self.folder.is_half_made() {
            return Ok(None);
        }
        let (connection, is_blank) = self
            .connect()
            .map_err(|error| self.folder.unreadable(error))?;
        if is_blank {
            return Ok(None);
        }
        database::check(&connection, &self.folder)?;
        Ok(Some(connection))
    }

    /// A connection, and whether nothing is in the database.
    fn connect(&self) -> rusqlite::Result<(Connection, bool)> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(self.folder.database(), flags);
        let opened = opened.and_then(|connection| {
            let is_blank = database::is_blank(&connection)?;
            Ok((connection, is_blank))
        });
        match opened {
            // Readers share a file beside it, which cannot be made here; without a log nobody writes.
            Err(error) if may_not_write(&error) && !self.folder.log().exists() => {
                let immutable = Connection::open_with_flags(
                    self.folder.immutable(),
                    flags | OpenFlags::SQLITE_OPEN_URI,
                )?;
                let is_blank = database::is_blank(&immutable)?;
                Ok((immutable, is_blank))
            }
            opened => opened,
        }
    }

    /// The run that has the archive is over. Closes connections that nobody uses just now.
    pub(super) fn close(&self) {
        self.read_ahead.end();
        self.idle().clear();
    }

    /// A panic elsewhere leaves the list whole.
    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn may_not_write(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{ArchiveStore, Durability, Store};

    /// A journal of a database that was empty before: what undoes its first page.
    const JOURNAL: [u8; 28] = [
        0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0,
        2, 0, 0, 0, 0x10, 0,
    ];

    #[tokio::test]
    async fn an_archive_that_a_power_cut_left_half_made_is_none_and_becomes_one() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().to_owned());
        let made = Connection::open(folder.database()).unwrap();
        made.pragma_update(None, "journal_mode", "WAL").unwrap();
        drop(made);
        let mut journal = JOURNAL.to_vec();
        journal.resize(512, 0);
        std::fs::write(place.path().join("status.db-journal"), journal).unwrap();
        let readers = Readers::new(folder);
        // SQLite lets nobody read who may not undo it.
        let (connection, flags) = (readers.folder.database(), OpenFlags::SQLITE_OPEN_READ_ONLY);
        let connection = Connection::open_with_flags(connection, flags).unwrap();
        assert!(may_not_write(&database::is_blank(&connection).unwrap_err()));
        assert!(readers.open().unwrap().is_none());

        let store = ArchiveStore::new(place.path());
        let lease = store.begin(Durability::PowerCut).await.unwrap();
        assert!(readers.open().unwrap().is_some());
        lease.close().unwrap();
    }
}
