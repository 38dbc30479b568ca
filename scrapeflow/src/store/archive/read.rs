//! What there is in an archive.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};

use super::database::{self, Stored, Which};
use super::readers::Readers;
use crate::store::{Outcomes, StoreError};
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
