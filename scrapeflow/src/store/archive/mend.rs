//! What a killed run, a power cut or a damaged disk left: ends that nothing names are cut off, and successes whose bodies are gone
//! are none any more. Only by who holds the lock.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use rusqlite::{Connection, params};

use super::database;
use super::folder::Folder;
use super::rows::{self, OutcomeIds};
use super::save::Save;
use crate::status::merge::{News, merge};
use crate::status::{Layout, Status, json};
use crate::store::{StoreError, file};
use crate::task::Key;

pub(super) fn mend(connection: &mut Connection, folder: &Folder) -> Result<(), StoreError> {
    let unreadable = |error| folder.unreadable(error);
    for (number, name, counted) in database::files(connection).map_err(unreadable)? {
        let place = folder.dir().join(&name);
        let path = folder.path(&name).map_err(|error| {
            StoreError::io(format!("cannot use {}", folder.database().display()), error)
        })?;
        let named = named(connection, number, u64::MAX).map_err(unreadable)?;
        if named > counted {
            return Err(folder.refused(&format!(
                "status.db is damaged: it names bodies in {} behind what it says to be its end",
                name.display()
            )));
        }
        let opened = file::open(&path, OpenOptions::new().read(true));
        let length = match opened.and_then(|file| file.metadata()) {
            Ok(meta) => meta.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound && named == 0 => 0,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(folder.refused(&format!(
                    "{} is missing; put it back, or, where it is lost, an empty file in its place: what was in it is then \
                     done anew",
                    name.display()
                )));
            }
            Err(error) => {
                return Err(StoreError::io(
                    format!("cannot use {}", place.display()),
                    error,
                ));
            }
        };
        let cannot = |error| StoreError::io(format!("cannot use {}", place.display()), error);
        if length > counted {
            tracing::warn!(
                file = %place.display(), length, counted,
                "what is behind the end that the archive knows is cut off: a run that was killed left it, or status.db is an older one"
            );
            cut(&path, counted).map_err(cannot)?;
        } else if length < counted {
            let (kept, lost, unknown) = forget(connection, folder, number, length)?;
            // To the end of a record, so that others read what comes behind it.
            if kept < length {
                cut(&path, kept).map_err(cannot)?;
            }
            tracing::warn!(
                file = %place.display(), length, counted, lost, unknown,
                "the file is shorter than the archive knows; what was behind its end is done anew, but for files of which \
                 nobody knows whose they are"
            );
        }
    }
    Ok(())
}

fn cut(path: &Path, length: u64) -> io::Result<()> {
    file::open(path, OpenOptions::new().write(true))?.set_len(length)
}

/// Where the last body ends that ends before `length` in a file.
fn named(connection: &Connection, file: u32, length: u64) -> rusqlite::Result<u64> {
    let most = i64::try_from(length).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "SELECT coalesce(max(offset + length), 0) FROM bodies WHERE file = ?1 AND offset + length <= ?2",
        )?
        .query_row(params![file, most], |row| row.get(0))
}

/// Takes back the successes of bodies behind the end of a file: what is left of it, of how many bodies, and of how many
/// others it isn't known whose they are.
fn forget(
    connection: &mut Connection,
    folder: &Folder,
    file: u32,
    length: u64,
) -> Result<(u64, usize, usize), StoreError> {
    let unreadable = |error| folder.unreadable(error);
    let transaction = connection.transaction().map_err(unreadable)?;
    let lost = lost(&transaction, file, length).map_err(unreadable)?;
    let (mut outcomes, mut unknown) = (OutcomeIds::default(), 0);
    for (key, suffix) in &lost {
        if let Ok(key) = Key::new(key)
            && let Some((_, status)) = database::status(&transaction, &key).map_err(unreadable)?
            && let Some(without) = without(&key, status.into(), suffix)
        {
            let save = Save::new(key, without, Vec::new(), None);
            rows::save(&transaction, &mut outcomes, &save).map_err(unreadable)?;
        } else {
            unknown += 1;
        }
    }
    transaction
        .execute(
            "DELETE FROM bodies WHERE file = ?1 AND offset + length > ?2",
            params![file, length],
        )
        .map_err(unreadable)?;
    let kept = named(&transaction, file, length).map_err(unreadable)?;
    transaction
        .execute(
            "UPDATE files SET length = ?2 WHERE id = ?1",
            params![file, kept],
        )
        .map_err(unreadable)?;
    transaction.commit().map_err(unreadable)?;
    Ok((kept, lost.len() - unknown, unknown))
}

/// Keys and suffixes of bodies that end behind there.
fn lost(
    connection: &Connection,
    file: u32,
    length: u64,
) -> rusqlite::Result<Vec<(String, String)>> {
    let mut asked = connection.prepare(
        "SELECT key, suffix FROM bodies JOIN tasks ON tasks.id = task WHERE file = ?1 AND offset + length > ?2",
    )?;
    let rows = asked.query_map(params![file, length], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// The status without the success of the executor that saved a body; `None` if that is none's.
fn without(key: &Key, status: Bytes, suffix: &str) -> Option<String> {
    let text = std::str::from_utf8(&status).ok()?;
    let fields = json::split(text).ok()?;
    let names = fields
        .iter()
        .map(|field| json::unescape(field.raw_name(text)));
    let executors = names.filter_map(|name| Some(name.strip_suffix("_status")?.to_owned()));
    let executors: Vec<String> = executors.collect();
    let layout = Arc::new(Layout::new(executors.iter().map(String::as_str)));
    let status = Status::read(key.clone(), layout, status).ok()?;
    let name = format!("{key}.{suffix}");
    let saved_it = |step: &usize| {
        let files = status.record(*step).meta().files;
        // The predecessor tells nothing of files: its executors save under their own names.
        files.iter().any(|file| file.name == name) || executors[*step] == suffix
    };
    let reset: Vec<usize> = (0..executors.len()).filter(saved_it).collect();
    if reset.is_empty() {
        return None;
    }
    let news = News {
        reset: &reset,
        ..News::default()
    };
    Some(merge(&status, &news).as_str().to_owned())
}
