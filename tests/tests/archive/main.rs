//! The archive: a run goes on in it as in a directory, it survives what it is done to, and others read it.

mod damage;
mod others;
mod packing;
mod running;
mod unfinished;

use std::path::Path;

use bytes::Bytes;
use futures::TryStreamExt;
use scrapeflow::Key;
use scrapeflow::store::{ArchiveStore, BodyName, Store, StoreError};

/// What a body holds, `None` if there is none.
async fn body(
    store: &ArchiveStore,
    key: &str,
    suffix: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let name = BodyName::new(&Key::new(key).expect("a key"), suffix)?;
    match store.open(&name).await? {
        None => Ok(None),
        Some(chunks) => Ok(Some(chunks.try_collect::<Vec<Bytes>>().await?.concat())),
    }
}

/// The files of pages in an archive, by name.
fn pages(archive: &Path) -> Vec<String> {
    let names = std::fs::read_dir(archive).expect("it is there");
    let names = names.map(|entry| {
        entry
            .expect("a file")
            .file_name()
            .into_string()
            .expect("text")
    });
    let mut names: Vec<String> = names.filter(|name| name.starts_with("pages-")).collect();
    names.sort();
    names
}
