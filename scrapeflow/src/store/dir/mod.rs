//! The default store: a directory with `<key>.status.json` and `<key>.<suffix>` files.
//!
//! Its own folder `.scrapeflow` holds the lock and, while they are being written, temporary files. To save is:
//! the new status complete under `.scrapeflow`, then the bodies renamed to their names, then the status. So
//! a status that is complete under `.scrapeflow` after a kill means that its bodies are too, and `sweep`
//! finishes the renames; anything else there was never named and is removed.
//!
//! All file work is done inline: it is small, and every way of moving it to another thread costs more than
//! the work (a temporary file and its rename are some 40 µs). Only `fsync` leaves the thread.

mod allowed;
mod files;
mod folder;
#[cfg(unix)]
mod link;
mod list;
mod staged;
mod sweep;
mod sync;

use std::fs::Metadata;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{self, BoxFuture};
use futures::stream::BoxStream;

use self::allowed::Allowed;
use self::files::{Files, Syncing};
use self::folder::Entry;
use self::staged::StagedFile;
use super::{
    BodyName, BodyStat, BodyStream, Durability, Lease, Staged, Store, StoreError, lock, place,
};
use crate::task::Key;

/// A directory of statuses and bodies, in the format of the Python library of the same name. Made by the
/// first run if it isn't there.
#[derive(Debug)]
pub struct DirStore {
    files: Arc<Files>,
    syncing: Arc<Syncing>,
    links: Allowed,
}

impl DirStore {
    /// The store in `dir`. Touches nothing.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            files: Arc::new(Files::new(dir.into())),
            syncing: Arc::default(),
            links: Allowed::default(),
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

    async fn begin_now(&self, durability: Durability) -> Result<Lease, StoreError> {
        #[cfg(feature = "archive")]
        if super::ArchiveStore::is_in(self.dir()) {
            return Err(StoreError::invalid(format!(
                "{} is an archive; use it as one (`in_archive`), or give the run another place",
                self.dir().display()
            )));
        }
        self.files.make(durability)?;
        let lock = lock::take(&self.files.lock(), self.files.dir())?;
        sweep::sweep(&self.files)?;
        let was_empty = self.files.is_empty()?;
        if !was_empty && durability != Durability::Process {
            place::sync(self.dir()).await.map_err(|error| {
                StoreError::io(format!("cannot sync {}", self.dir().display()), error)
            })?;
        }
        let syncer = sync::start(&self.files, &self.syncing, durability)?;
        let failed = format!("cannot sync {}", self.dir().display());
        let lease = Lease::closed_by(move || {
            let closed = syncer.close();
            drop(lock);
            closed.map_err(|error| StoreError::io(failed, error))
        });
        Ok(if was_empty { lease.of_empty() } else { lease })
    }

    fn read_now(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        let entry = self.files.status(key);
        match files::read(&entry) {
            Ok(bytes) => Ok(bytes.map(Bytes::from)),
            Err(error) => Err(list::unreadable(&entry.path(), error)),
        }
    }

    async fn save_all(
        &self,
        key: &Key,
        status: &str,
        bodies: Vec<Box<dyn Staged>>,
    ) -> Result<(), StoreError> {
        let mut bodies = bodies.into_iter();
        // Behind the bodies, and so dropped before them.
        let mut temporary = Temporary::new(self.files.temporary_status(key));
        let place = self.files.status(key);
        let failed =
            |error| StoreError::io(format!("cannot save {}", place.path().display()), error);
        let mut file = temporary.entry.create().map_err(failed)?;
        let syncs_bodies = !bodies.as_slice().is_empty() && self.syncing.syncs_each();
        if syncs_bodies || (self.syncing.syncs_each() && place.path().exists()) {
            // The next run takes up a status that it finds complete there. Before this one is, the bodies have their names, and it
            // has its own: no other is found there, such as the last, which some file systems remember after its rename.
            let own = self.files.own();
            self.syncing.names(own).await.map_err(failed)?;
        }
        if syncs_bodies {
            // Those that are in their place already.
            self.syncing.names(self.files.dir()).await.map_err(failed)?;
        }
        file.write_all(status.as_bytes()).map_err(failed)?;
        self.syncing.file(&temporary.entry).await.map_err(failed)?;
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
        if syncs_bodies {
            self.syncing.names(self.files.dir()).await.map_err(failed)?;
        }
        temporary.entry.rename(&place).map_err(failed)?;
        self.syncing
            .renamed(&place, self.files.dir())
            .await
            .map_err(failed)
    }

    /// Where a body is: in its place, or where a link leads that may.
    pub(crate) fn file(&self, name: &BodyName) -> Result<Option<(PathBuf, Metadata)>, StoreError> {
        self.links.file(self.files.body(name).path())
    }

    fn stat_now(&self, name: &BodyName) -> Result<Option<BodyStat>, StoreError> {
        Ok(self.file(name)?.map(|(_, meta)| BodyStat {
            size: meta.len(),
            md5: None,
        }))
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
        self.begin_now(durability).boxed()
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

    fn allow_links(&self, below: &[PathBuf]) {
        self.links.set(below);
    }

    fn open<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BodyStream<'a>>, StoreError>> {
        future::ready(list::body(&self.files.body(name), &self.links)).boxed()
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    const HOUR: Durability = Durability::Batched(Duration::from_secs(3600));

    /// Saves a task with a body of that version.
    async fn save(store: &DirStore, version: &'static str) -> Result<(), StoreError> {
        let key = Key::new("a").unwrap();
        let name = BodyName::new(&key, "page")?;
        let mut body = store.stage(&name).await?;
        body.write(Bytes::from(version)).await?;
        body.finish(None).await?;
        let status = format!("{{\"version\": {version}}}");
        store.save(&key, &status, vec![body]).await
    }

    #[tokio::test]
    async fn where_syncing_fails_a_status_and_its_body_stay_together() {
        let dir = tempfile::tempdir().unwrap();
        let store = DirStore::new(dir.path());
        let lease = store.begin(HOUR).await.unwrap();
        save(&store, "1").await.unwrap();
        store.syncing.fail(std::io::ErrorKind::Other.into());
        save(&store, "2").await.unwrap_err();
        drop(lease);
        // As the next run finds them.
        drop(store.begin(HOUR).await.unwrap());
        let read = |name| fs::read_to_string(dir.path().join(name)).unwrap();
        let (status, body) = (read("a.status.json"), read("a.page"));
        assert_eq!(status, format!("{{\"version\": {body}}}"));
    }

    #[tokio::test]
    async fn a_status_that_is_taken_back_goes_before_its_body() {
        let dir = tempfile::tempdir().unwrap();
        let store = DirStore::new(dir.path());
        let lease = store.begin(HOUR).await.unwrap();
        fs::create_dir(dir.path().join("a.page")).unwrap();
        save(&store, "1").await.unwrap_err();
        // Alone it is never placed, as a status would be that a kill left alone.
        let own = || fs::read_dir(dir.path().join(".scrapeflow")).unwrap();
        let mut left: Vec<_> = own().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["a.page", "lock"]);
        drop(lease);
        drop(store.begin(HOUR).await.unwrap());
        assert_eq!(own().count(), 1);
    }
}
