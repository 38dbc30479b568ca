//! `status.db`: what is known of tasks and where their bodies are. The format is told in the module's documentation.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::folder::Folder;
use crate::store::{BodyName, Durability, StoreError};
use crate::task::Key;

/// `SFA` and a digit, in SQLite's header: whose database it is.
pub(super) const APPLICATION: i32 = 0x5346_4131;

/// Of the schema; another one is refused.
pub(super) const VERSION: i32 = 1;

const SCHEMA: &str = include_str!("schema.sql");

/// A body's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: u32,
    pub(super) offset: u64,
    /// Of its record.
    pub(super) length: u64,
    /// Of the body itself.
    pub(super) size: u64,
    pub(super) md5: Option<String>,
    /// When the file was written that was packed, in nanoseconds since 1970.
    pub(super) modified: Option<i64>,
}

/// Whether nothing is in it yet: who made it was killed before it was an archive.
pub(super) fn is_blank(connection: &Connection) -> rusqlite::Result<bool> {
    let application: i32 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables = "SELECT count(*) FROM sqlite_schema";
    Ok(application == 0 && connection.query_row(tables, [], |row| row.get::<_, u64>(0))? == 0)
}

/// That it is an archive of ours, of this version.
pub(super) fn check(connection: &Connection, folder: &Folder) -> Result<(), StoreError> {
    let set = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let application = set("application_id").map_err(|error| folder.unreadable(error))?;
    let version = set("user_version").map_err(|error| folder.unreadable(error))?;
    if application != APPLICATION {
        return Err(folder.refused("it is a database of another program's"));
    }
    if version != VERSION {
        return Err(folder.refused(&format!(
            "it is an archive of version {version}, and this scrapeflow knows version {VERSION}"
        )));
    }
    connection.set_prepared_statement_cache_capacity(32);
    let waits = connection.busy_timeout(Duration::from_secs(10));
    waits.map_err(|error| folder.unreadable(error))
}

/// Opens it to be written, and makes it where there is none.
pub(super) fn writer(folder: &Folder, durability: Durability) -> Result<Connection, StoreError> {
    let failed = |error| folder.unreadable(error);
    folder.is_there()?;
    let mut connection = Connection::open(folder.database()).map_err(failed)?;
    if is_blank(&connection).map_err(failed)? {
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .map_err(failed)?;
        let made = connection.transaction().map_err(failed)?;
        made.execute_batch(SCHEMA).map_err(failed)?;
        made.pragma_update(None, "user_version", VERSION)
            .map_err(failed)?;
        made.pragma_update(None, "application_id", APPLICATION)
            .map_err(failed)?;
        made.commit().map_err(failed)?;
    }
    check(&connection, folder)?;
    // The log is synced with each commit, or else before it is moved to the database.
    let synchronous = match durability {
        Durability::PowerCut => "FULL",
        Durability::Process | Durability::Batched(_) => "NORMAL",
    };
    connection
        .pragma_update(None, "synchronous", synchronous)
        .map_err(failed)?;
    // A file is told when the batch ends, after the bodies that are in it.
    connection
        .pragma_update(None, "foreign_keys", false)
        .map_err(failed)?;
    // Pages of the index by key are met at random, so more of them are kept than usual, in KiB.
    connection
        .pragma_update(None, "cache_size", -8 * 1024)
        .map_err(failed)?;
    Ok(connection)
}

/// Whether there is no task.
pub(super) fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    let none = "SELECT NOT EXISTS (SELECT 1 FROM tasks)";
    connection.query_row(none, [], |row| row.get(0))
}

/// The number of a task, and its status.
pub(super) fn status(
    connection: &Connection,
    key: &Key,
) -> rusqlite::Result<Option<(i64, Vec<u8>)>> {
    connection
        .prepare_cached("SELECT id, status FROM tasks WHERE key = ?1")?
        .query_row([key.as_str()], |row| Ok((row.get(0)?, bytes(row, 1)?)))
        .optional()
}

/// Keys and statuses are text; one that somebody else wrote may be anything, which is told where it is read.
fn bytes(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<u8>> {
    Ok(row
        .get_ref(column)?
        .as_bytes_or_null()?
        .unwrap_or_default()
        .to_vec())
}

/// Of which tasks, and how much of them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which {
    Keys,
    Statuses,
    /// The keys of those of which an executor failed.
    Failed,
}

/// What is stored of a task.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) number: i64,
    pub(super) key: Vec<u8>,
    /// Empty where it wasn't asked for.
    pub(super) status: Vec<u8>,
}

/// How many tasks a page of statuses has, at most.
pub(super) const PAGE: i64 = 256;

/// And how many bytes, but for the last.
const PAGE_BYTES: usize = 512 * 1024;

/// Some tasks after the one of that number, in the order in which they came.
pub(super) fn page(
    connection: &Connection,
    after: i64,
    which: Which,
) -> rusqlite::Result<Vec<Stored>> {
    let (asked, most) = match which {
        Which::Keys => (
            "SELECT id, key, NULL FROM tasks WHERE id > ?1 ORDER BY id LIMIT ?2",
            4 * PAGE,
        ),
        Which::Statuses => (
            "SELECT id, key, status FROM tasks WHERE id > ?1 ORDER BY id LIMIT ?2",
            PAGE,
        ),
        Which::Failed => (
            "SELECT id, key, NULL FROM tasks WHERE failed AND id > ?1 ORDER BY id LIMIT ?2",
            4 * PAGE,
        ),
    };
    let mut asked = connection.prepare_cached(asked)?;
    let (mut rows, mut page, mut size) = (asked.query([after, most])?, Vec::new(), 0);
    while size < PAGE_BYTES
        && let Some(row) = rows.next()?
    {
        let status = bytes(row, 2)?;
        size += status.len();
        page.push(Stored {
            number: row.get(0)?,
            key: bytes(row, 1)?,
            status,
        });
    }
    Ok(page)
}

/// Where a body is.
pub(super) fn place(connection: &Connection, name: &BodyName) -> rusqlite::Result<Option<Place>> {
    connection
        .prepare_cached(
            "SELECT file, offset, length, size, md5, modified FROM bodies
             WHERE task = (SELECT id FROM tasks WHERE key = ?1) AND suffix = ?2",
        )?
        .query_row(params![name.key().as_str(), name.suffix()], read_place)
        .optional()
}

/// The same, and the name of that file of pages, if it is known; in one go, since each takes locks. No join: with one a profile
/// showed SQLite's parser at each read.
pub(super) fn place_and_file(
    connection: &Connection,
    name: &BodyName,
) -> rusqlite::Result<Option<(Place, Option<PathBuf>)>> {
    connection
        .prepare_cached(
            "SELECT file, offset, length, size, md5, modified, (SELECT files.name FROM files WHERE files.id = bodies.file)
             FROM bodies WHERE task = (SELECT id FROM tasks WHERE key = ?1) AND suffix = ?2",
        )?
        .query_row(params![name.key().as_str(), name.suffix()], |row| {
            let file = row.get::<_, Option<String>>(6)?;
            Ok((read_place(row)?, file.map(PathBuf::from)))
        })
        .optional()
}

fn read_place(row: &Row<'_>) -> rusqlite::Result<Place> {
    Ok(Place {
        file: row.get(0)?,
        offset: row.get(1)?,
        length: row.get(2)?,
        size: row.get(3)?,
        md5: row.get(4)?,
        modified: row.get(5)?,
    })
}

/// Those that no task has any more.
pub(super) fn forget_outcomes(connection: &Connection) -> rusqlite::Result<usize> {
    connection.execute(
        "DELETE FROM outcomes WHERE NOT EXISTS (SELECT 1 FROM tasks WHERE outcome = outcomes.id)",
        [],
    )
}

/// When a status was written that was packed, and the suffixes of the task's bodies.
pub(super) fn packed(
    connection: &Connection,
    key: &Key,
) -> rusqlite::Result<(Option<i64>, Vec<String>)> {
    let modified = connection
        .prepare_cached("SELECT modified FROM tasks WHERE key = ?1")?
        .query_row([key.as_str()], |row| row.get(0))
        .optional()?;
    let mut asked = connection.prepare_cached(
        "SELECT suffix FROM bodies WHERE task = (SELECT id FROM tasks WHERE key = ?1) ORDER BY suffix",
    )?;
    let suffixes = asked.query_map([key.as_str()], |row| row.get(0))?;
    Ok((
        modified.flatten(),
        suffixes.collect::<rusqlite::Result<_>>()?,
    ))
}

/// How many tasks ended how.
pub(super) fn outcomes(connection: &Connection) -> rusqlite::Result<Vec<(String, u64)>> {
    let mut asked = connection.prepare_cached(
        "SELECT messages, (SELECT count(*) FROM tasks WHERE outcome = outcomes.id) AS tasks FROM outcomes
         WHERE tasks > 0 ORDER BY id",
    )?;
    let rows = asked.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// The files of pages, and how much of each counts.
pub(super) fn files(connection: &Connection) -> rusqlite::Result<Vec<(u32, PathBuf, u64)>> {
    let mut asked = connection.prepare_cached("SELECT id, name, length FROM files ORDER BY id")?;
    let rows = asked.query_map([], |row| {
        Ok((
            row.get(0)?,
            PathBuf::from(row.get::<_, String>(1)?),
            row.get(2)?,
        ))
    })?;
    rows.collect()
}

/// That so much of a file counts.
pub(super) fn count(
    connection: &Connection,
    file: u32,
    name: &Path,
    length: u64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO files (id, name, length) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET length = excluded.length",
        )?
        .execute(params![file, name.to_string_lossy(), length])?;
    Ok(())
}
