//! Reading an archive: what there is, and bodies from their records.

use std::fs::OpenOptions;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use md5::{Digest, Md5};

use super::database::{self, Place, Stored, Which};
use super::folder::Folder;
use super::readers::Readers;
use super::record;
use crate::digest::hex;
use crate::store::{BodyName, BodyStream, Outcomes, StoreError};
use crate::task::Key;

/// All of them, or those of tasks of which an executor failed.
pub(super) fn keys(
    readers: Arc<Readers>,
    which: Which,
) -> BoxStream<'static, Result<Key, StoreError>> {
    let rows = rows(readers, which);
    rows.map(|row| key(&row?.key)).boxed()
}

pub(super) fn statuses(
    readers: Arc<Readers>,
) -> BoxStream<'static, Result<(Key, Bytes), StoreError>> {
    let rows = rows(readers, Which::Statuses);
    let status = |row: Result<Stored, StoreError>| {
        let Stored {
            key: name, status, ..
        } = row?;
        Ok((key(&name)?, Bytes::from(status)))
    };
    rows.map(status).boxed()
}

fn key(name: &[u8]) -> Result<Key, StoreError> {
    let key = str::from_utf8(name)
        .ok()
        .and_then(|name| Key::new(name).ok());
    key.ok_or_else(|| {
        let name = String::from_utf8_lossy(name);
        StoreError::broken(format!("{name:?} is stored as a key, and is none"), None)
    })
}

/// How many tasks ended how, without reading a status.
pub(super) fn outcomes(readers: &Readers) -> Result<Outcomes, StoreError> {
    let outcomes = readers.with(database::outcomes)?.unwrap_or_default();
    let read = |(messages, count): (String, u64)| {
        let messages = crate::status::summary::messages(messages.as_bytes());
        let messages = messages
            .map_err(|error| StoreError::io("cannot read outcomes", io::Error::other(error)))?;
        Ok((messages, count))
    };
    outcomes.into_iter().map(read).collect()
}

/// Some at a time, each in a transaction of its own: a run that writes is never kept from it.
fn rows(readers: Arc<Readers>, which: Which) -> BoxStream<'static, Result<Stored, StoreError>> {
    let pages = stream::try_unfold(0, move |after| {
        let page = readers.with(|connection| database::page(connection, after, which));
        let page = page.map(Option::unwrap_or_default);
        async move {
            let page = page?;
            let last = page.last().map(|last| last.number);
            Ok::<_, StoreError>(last.map(|last| (page, last)))
        }
    });
    let rows = pages.map_ok(|page| stream::iter(page.into_iter().map(Ok)));
    rows.try_flatten().boxed()
}

pub(super) fn body(
    readers: &Readers,
    folder: &Folder,
    name: &BodyName,
) -> Result<Option<BodyStream<'static>>, StoreError> {
    let place = readers.with(|connection| database::place(connection, name))?;
    let Some(place) = place.flatten() else {
        return Ok(None);
    };
    let file = readers.with(|connection| database::file(connection, place.file))?;
    let file = file.flatten();
    let what = match &file {
        Some(file) => format!(
            "cannot read `{name}` at byte {} of {}",
            place.offset,
            folder.dir().join(file).display()
        ),
        None => format!("cannot read `{name}` in {}", folder.dir().display()),
    };
    // What the system doesn't say is wrong with the record.
    let cannot = move |error: io::Error| match error.raw_os_error() {
        Some(_) => StoreError::io(what.clone(), error),
        None => StoreError::broken(what.clone(), Some(error)),
    };
    let opened = file
        .ok_or_else(|| io::Error::other("the archive knows no such file"))
        .and_then(|file| open(folder, &file, &place, name));
    let body = opened.map_err(&cannot)?;
    let chunks = stream::try_unfold((body, Some(Md5::new())), move |(mut body, md5)| {
        let next = next(&mut body, md5, place.md5.as_deref()).map_err(&cannot);
        async move { Ok(next?.map(|(chunk, md5)| (chunk, (body, md5)))) }
    });
    Ok(Some(chunks.boxed()))
}

fn open(
    folder: &Folder,
    file: &std::path::Path,
    place: &Place,
    name: &BodyName,
) -> io::Result<record::Body> {
    let mut opened = crate::store::file::open(&folder.path(file)?, OpenOptions::new().read(true))?;
    opened.seek(SeekFrom::Start(place.offset))?;
    let body = record::body(opened.take(place.length), Folder::coding(file))?;
    let wrong = |what: String| Err(io::Error::other(what));
    match &body.file {
        Some(file) if *file != record::shown(name.to_string().as_bytes()) => {
            wrong(format!("the record there is of `{file}`"))
        }
        _ if body.left != place.size => wrong(format!(
            "the record there has {} bytes instead of {}",
            body.left, place.size
        )),
        _ => Ok(body),
    }
}

type Summed = Option<Md5>;

/// The next chunk; at the end of all it is compared with what it was when it was saved.
fn next(
    body: &mut record::Body,
    md5: Summed,
    saved: Option<&str>,
) -> io::Result<Option<(Bytes, Summed)>> {
    let mut md5 = md5.unwrap_or_default();
    match body.next()? {
        Some(chunk) => {
            if saved.is_some() {
                md5.update(&chunk);
            }
            Ok(Some((chunk, Some(md5))))
        }
        None => match saved {
            Some(saved) if *saved != *hex(&md5.finalize()) => Err(io::Error::other(
                "it is damaged: its MD5 isn't what it was when it was saved",
            )),
            _ => Ok(None),
        },
    }
}
