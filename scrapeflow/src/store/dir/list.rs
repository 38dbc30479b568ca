//! Reading the directory: listing statuses, streaming bodies.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};

use super::allowed::Allowed;
use super::files::{self, STATUS};
use super::folder::{Entry, Folder};
use crate::store::{BodyStream, StoreError, file};
use crate::task::Key;

/// How much of a body is read at once, in bytes.
const CHUNK: usize = 64 * 1024;

pub(super) fn keys(dir: Arc<Folder>) -> BoxStream<'static, Result<Key, StoreError>> {
    let entries = match fs::read_dir(dir.path()) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return stream::empty().boxed(),
        Err(error) => {
            let what = format!("cannot list the directory {}", dir.path().display());
            return stream::iter([Err(StoreError::io(what, error))]).boxed();
        }
    };
    let keys = entries.filter_map(move |entry| match entry {
        Ok(entry) => key_of(&entry.file_name()).transpose(),
        Err(error) => {
            let what = format!("cannot list the directory {}", dir.path().display());
            Some(Err(StoreError::io(what, error)))
        }
    });
    stream::iter(keys).boxed()
}

/// The key that a file's name holds, if it is one of a status.
fn key_of(whole: &OsStr) -> Result<Option<Key>, StoreError> {
    if !whole.as_encoded_bytes().ends_with(STATUS.as_bytes()) {
        return Ok(None);
    }
    let name = whole.to_string_lossy();
    let key = Key::new(name.strip_suffix(STATUS).unwrap_or(&name));
    match key {
        Ok(key) if name.as_bytes() == whole.as_encoded_bytes() => Ok(Some(key)),
        _ => Err(StoreError::broken(
            format!("{name:?} is named as a status, but not by a key"),
            None,
        )),
    }
}

pub(super) fn statuses(dir: Arc<Folder>) -> BoxStream<'static, Result<(Key, Bytes), StoreError>> {
    let place = dir.clone();
    let read = move |key: Key| {
        let entry = place.entry(key.as_str(), STATUS);
        let read = files::read(&entry);
        let read = read.and_then(|bytes| bytes.ok_or_else(|| io::ErrorKind::NotFound.into()));
        let bytes = read.map_err(|error| unreadable(&entry.path(), error))?;
        Ok((key, bytes.into()))
    };
    keys(dir).map(move |key| key.and_then(&read)).boxed()
}

/// Why a status cannot be read: for good, so that its task is left alone, or for reasons of the machine (too
/// many open files, a failing disk), which say nothing about it.
pub(super) fn unreadable(path: &Path, error: io::Error) -> StoreError {
    let is_other = fs::symlink_metadata(path).is_ok_and(|meta| !meta.is_file());
    let error = file::told(path, error);
    let path = path.display();
    match error.kind() {
        io::ErrorKind::IsADirectory => StoreError::broken(
            format!("{path} is a directory where a status file should be"),
            None,
        ),
        io::ErrorKind::PermissionDenied => {
            StoreError::broken(format!("cannot read {path}"), Some(error))
        }
        // A link, or a pipe.
        _ if is_other => StoreError::broken(format!("cannot read {path}"), Some(error)),
        _ => StoreError::io(format!("cannot read {path}"), error),
    }
}

pub(super) fn body(
    entry: &Entry,
    links: &Allowed,
) -> Result<Option<BodyStream<'static>>, StoreError> {
    let cannot = {
        let entry = entry.clone();
        move |error| StoreError::io(format!("cannot read {}", entry.path().display()), error)
    };
    let file = match entry.open() {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(None),
        // A link isn't opened as what it leads to.
        Err(error) => match links.file(entry.path())? {
            None => return Ok(None),
            Some((path, _)) if path == entry.path() => return Err(cannot(error)),
            Some((path, _)) => file::open(&path, OpenOptions::new().read(true)).map_err(&cannot)?,
        },
    };
    let meta = file.metadata().map_err(&cannot)?;
    if !meta.is_file() {
        return Ok(None);
    }
    let size = meta.len();
    // One byte more than the file, so that the end shows in the same read.
    let room = usize::try_from(size).unwrap_or(CHUNK).min(CHUNK) + 1;
    let chunks = stream::try_unfold(file, move |mut file| {
        let read = read_chunk(&mut file, room).map_err(&cannot);
        async move { Ok(read?.map(|chunk| (chunk, file))) }
    });
    Ok(Some(chunks.boxed()))
}

fn read_chunk(file: &mut File, room: usize) -> io::Result<Option<Bytes>> {
    let mut chunk = Vec::with_capacity(room);
    file.take(room as u64).read_to_end(&mut chunk)?;
    Ok((!chunk.is_empty()).then(|| chunk.into()))
}
