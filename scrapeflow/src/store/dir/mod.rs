//! The default store: a directory with `<key>.status.json` and `<key>.<suffix>` files.
//!
//! Its own folder `.scrapeflow` holds the lock and, while they are being written, temporary files. To save is:
//! the new status complete under `.scrapeflow`, then the bodies renamed to their names, then the status. So
//! a status that is complete under `.scrapeflow` after a kill means that its bodies are too, and `sweep`
//! finishes the renames; anything else there was never named and is removed.
//!
//! All file work is done inline: it is small, and every way of moving it to another thread costs more than
//! the work (a temporary file and its rename are some 40 µs). Only `fsync` leaves the thread.

mod files;
mod folder;
#[cfg(unix)]
mod link;
mod list;
mod staged;
mod sweep;
mod sync;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{self, BoxFuture};
use futures::stream::BoxStream;

use self::files::{Files, Syncing};
use self::folder::Entry;
use self::staged::StagedFile;
use super::{BodyName, BodyStat, BodyStream, Durability, Lease, Staged, Store, StoreError, lock};
use crate::task::Key;

/// A directory of statuses and bodies, in the format of the Python library of the same name. Made by the
/// first run if it isn't there.
#[derive(Debug)]
pub struct DirStore {
    files: Arc<Files>,
    syncing: Arc<Syncing>,
}

impl DirStore {
    /// The store in `dir`. Touches nothing.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            files: Arc::new(Files::new(dir.into())),
            syncing: Arc::default(),
        }
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        self.files.dir()
    }

    /// All its statuses, for as long as the stream lasts.
    pub(crate) fn into_statuses(self) -> BoxStream<'static, Result<(Key, Bytes), StoreError>> {
        list::statuses(self.files.listed())
    }

    fn begin_now(&self, durability: Durability) -> Result<Lease, StoreError> {
        #[cfg(feature = "archive")]
        if super::ArchiveStore::is_in(self.dir()) {
            return Err(StoreError::invalid(format!(
                "{} is an archive; use it as one (`in_archive`), or give the run another place",
                self.dir().display()
            )));
        }
        self.files.make()?;
        let lock = lock::take(&self.files.lock(), self.files.dir())?;
        sweep::sweep(&self.files)?;
        let was_empty = self.files.is_empty()?;
        let syncer = sync::start(&self.files, &self.syncing, durability)?;
        let lease = Lease::new((syncer, lock));
        Ok(if was_empty { lease.of_empty() } else { lease })
    }

    fn read_now(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        let entry = self.files.status(key);
        match files::read(&entry) {
            Ok(bytes) => Ok(bytes.map(Bytes::from)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let what = format!("{} is a link that points nowhere", entry.path().display());
                Err(StoreError::broken(what, None))
            }
            Err(error) => Err(list::unreadable(&entry.path(), error)),
        }
    }

    async fn save_all(
        &self,
        key: &Key,
        status: &str,
        bodies: Vec<Box<dyn Staged>>,
    ) -> Result<(), StoreError> {
        let mut temporary = Temporary::new(self.files.temporary_status(key));
        let place = self.files.status(key);
        let failed =
            |error| StoreError::io(format!("cannot save {}", place.path().display()), error);
        files::write(&temporary.entry, status.as_bytes()).map_err(failed)?;
        self.syncing.file(&temporary.entry).await.map_err(failed)?;
        let mut bodies = bodies.into_iter();
        if let Some(first) = bodies.next() {
            first.publish().await?;
        }
        // From here on there is no way back, but one forward: whatever fails, the next run's sweep finishes.
        temporary.keep();
        while let Some(body) = bodies.next() {
            if let Err(error) = body.publish().await {
                bodies.for_each(std::mem::forget);
                return Err(error);
            }
        }
        temporary.entry.rename(&place).map_err(failed)?;
        self.syncing
            .renamed(&place, self.files.dir())
            .await
            .map_err(failed)
    }

    fn stat_now(&self, name: &BodyName) -> Result<Option<BodyStat>, StoreError> {
        match fs::metadata(self.files.body(name).path()) {
            Ok(meta) if meta.is_file() => Ok(Some(BodyStat {
                size: meta.len(),
                md5: None,
            })),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io(format!("cannot look at `{name}`"), error)),
        }
    }
}

/// A status that is being saved; dropped, also where the saving is cut off, it is removed, before the bodies
/// that it names are.
struct Temporary {
    entry: Entry,
    kept: bool,
}

impl Temporary {
    fn new(entry: Entry) -> Self {
        Self { entry, kept: false }
    }

    fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.kept {
            // Best effort; where it is not complete the next sweep removes it.
            let _ = self.entry.remove();
        }
    }
}

impl Store for DirStore {
    fn begin(&self, durability: Durability) -> BoxFuture<'_, Result<Lease, StoreError>> {
        future::ready(self.begin_now(durability)).boxed()
    }

    fn read<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        future::ready(self.read_now(key)).boxed()
    }

    fn save<'a>(
        &'a self,
        key: &'a Key,
        status: &'a str,
        bodies: Vec<Box<dyn Staged>>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.save_all(key, status, bodies).boxed()
    }

    fn stage<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Box<dyn Staged>, StoreError>> {
        let staged: Box<dyn Staged> = Box::new(StagedFile::new(&self.files, &self.syncing, name));
        future::ready(Ok(staged)).boxed()
    }

    #[cfg(unix)]
    fn stage_link<'a>(
        &'a self,
        name: &'a BodyName,
        file: &'a Path,
    ) -> BoxFuture<'a, Result<Box<dyn Staged>, StoreError>> {
        let staged = link::StagedLink::new(&self.files, &self.syncing, name, file);
        let staged = staged.map(|staged| -> Box<dyn Staged> { Box::new(staged) });
        future::ready(staged).boxed()
    }

    fn open<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BodyStream<'a>>, StoreError>> {
        future::ready(list::body(&self.files.body(name))).boxed()
    }

    fn stat<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BodyStat>, StoreError>> {
        future::ready(self.stat_now(name)).boxed()
    }

    fn keys(&self) -> BoxStream<'_, Result<Key, StoreError>> {
        list::keys(self.files.listed())
    }

    fn statuses(&self) -> BoxStream<'_, Result<(Key, Bytes), StoreError>> {
        list::statuses(self.files.listed())
    }

    fn location(&self) -> String {
        self.files.dir().display().to_string()
    }
}
