//! An archive: one folder for millions of tasks, with a database of statuses and WARC files of bodies.
//!
//! | file | holds |
//! | --- | --- |
//! | `status.db` | a SQLite database in WAL mode: a row a task, with its status as a directory would have it, and where its bodies are |
//! | `pages-00001.warc.gz`, … | bodies as records of WARC 1.1, a gzip member each, in files of about 1 GiB |
//! | `lock` | held by the run that writes |
//! | `status.db-wal`, `status.db-shm` | what SQLite has not moved to its database yet; whoever copies an archive copies them as well |
//!
//! Other processes may read while a run writes: the command line, `sqlite3`, whatever reads WARC. The database's tables:
//!
//! ```sql
#![doc = include_str!("schema.sql")]
//! ```
//!
//! # Records
//!
//! A body that came by HTTP is a `response` record with the headers of the answer, followed by a `request` record; any other is a
//! `resource`. reqwest gives no raw bytes of a message, so heads are made anew from what it tells: names of headers in lower case, HTTP/1.1 as
//! version. Bodies are stored as they were decoded, so that `Content-Encoding` and `Content-Length` of an answer that was decoded, and
//! `Transfer-Encoding` of any, stand under `X-Archive-Orig-…`, as warcio has it. `Authorization`, `Cookie` and
//! `Proxy-Authorization` of a request are left out, and all of the request where redirects led to the answer, whose URL is the last.
//! `Scrapeflow-File` names the task's file.
//!
//! A file of pages only grows: a page that is fetched anew gets another record, and the older one stays, until `unpack` and `pack` make the archive
//! anew. What a run had to refuse (404) has no record, and packed pages no `request` and no reason in the status line, since a status tells nothing of these.
//!
//! A page by hand, behind the heads of its record and of its answer, as the database tells (without `zcat` where the archive is plain):
//!
//! ```sh
//! sqlite3 pages.sfa/status.db "select name, offset, bodies.length from bodies join files on files.id = file
//!     where task = (select id from tasks where key = 'a') and suffix = 'scrape'"
//! tail -c +$((OFFSET + 1)) pages.sfa/NAME | head -c LENGTH | zcat
//! ```
//!
//! # What survives
//!
//! A save is acknowledged when the commit is that it went into, and bodies are in their file before: see
//! [`Durability`]. Unless files are synced, a power cut may take the last commits, and bodies or parts of them; the database stays whole, since its
//! log is synced before it is moved. Whoever takes the archive cuts off what is behind the last byte that the database knows of, and takes back
//! successes whose bodies are behind the end of a file; a body that is damaged otherwise is an error of who reads it. A record that nothing names may stay, where a commit
//! failed. Reading never changes what is there; while others may write, SQLite keeps `status.db-wal` and `status.db-shm` beside its database,
//! which needs a local disk. Where nobody may write, an archive that was closed well can be read all the same.

mod commit;
mod database;
mod folder;
mod held;
mod mend;
mod opened;
mod pack;
mod pages;
mod read;
mod read_ahead;
mod readers;
mod record;
mod rows;
mod save;
mod staged;
mod unfinished;
mod unpack;
mod writer;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{self, BoxFuture};
use futures::stream::BoxStream;

use self::commit::Commits;
use self::database::Which;
use self::folder::Folder;
use self::held::Held;
pub use self::pack::{Packed, pack};
use self::pages::Pages;
use self::readers::Readers;
use self::record::Coding;
#[cfg(any(test, fuzzing))]
pub(crate) use self::record::check_invariants;
use self::save::Save;
use self::staged::{Published, StagedRecord};
pub use self::unpack::unpack;
use self::writer::Writer;
use super::{
    BodyName, BodyStat, BodyStream, Durability, Lease, Outcomes, Staged, Store, StoreError, lock,
    place, sync_thread,
};
use crate::digest::Batch;
use crate::task::Key;

/// The database's name.
const DATABASE: &str = "status.db";

/// How long a file of pages gets unless set, in bytes.
const ROLL_OVER: u64 = 1024 * 1024 * 1024;

/// A folder with all statuses in one database, and bodies in WARC files. Made by the first run if it isn't there.
///
/// ```
/// use scrapeflow::prelude::*;
/// use scrapeflow::store::ArchiveStore;
///
/// #[executor]
/// async fn page(key: Key, files: Files) -> Result<Saved> {
///     files.save("html", format!("<title>{key}</title>")).await
/// }
/// workflow! { Pages = page; }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let folder = tempfile::tempdir()?;
/// # let place = folder.path().join("pages.sfa");
/// let tasks = || Tasks::from_pairs([("a", serde_json::json!({}))]);
/// let report = Pages::in_archive(&place).tasks(tasks()?).run().await?;
/// assert_eq!(report.count(Outcome::Succeeded), 1);
/// // Uncompressed: larger, and faster to write.
/// let store = ArchiveStore::new(&place).plain();
/// let report = Pages::in_store(store).tasks(tasks()?).run().await?;
/// assert_eq!(report.count(Outcome::Skipped), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ArchiveStore {
    folder: Folder,
    coding: Coding,
    roll_over: u64,
    readers: Arc<Readers>,
    /// Bodies that are read at about the same time.
    digests: Batch,
    published: Arc<Published>,
    commits: Commits,
}

impl ArchiveStore {
    /// The archive in `dir`. Touches nothing.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        let folder = Folder::new(dir.into());
        Self {
            readers: Arc::new(Readers::new(folder.clone())),
            digests: Batch::default(),
            folder,
            coding: Coding::Gzip,
            roll_over: ROLL_OVER,
            published: Arc::default(),
            commits: Commits::default(),
        }
    }

    /// Another that writes in the same way.
    fn moved(&self, dir: &Path) -> Self {
        Self {
            coding: self.coding,
            roll_over: self.roll_over,
            ..Self::new(dir)
        }
    }

    /// New bodies are stored as they are, in `pages-….warc`; compressed unless set. Those that are there stay as they are.
    #[must_use]
    pub fn plain(mut self) -> Self {
        self.coding = Coding::Plain;
        self
    }

    /// How long a file of pages gets before the next is begun, in bytes; 1 GiB unless set. A larger body has a file of its own.
    #[must_use]
    pub fn roll_over(mut self, bytes: u64) -> Self {
        self.roll_over = bytes;
        self
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        self.folder.dir()
    }

    /// Whether there is an archive in `dir`, or half of one.
    pub fn is_in(dir: impl AsRef<Path>) -> bool {
        Folder::new(dir.as_ref().to_owned()).is_archive()
    }

    pub(crate) fn into_statuses(self) -> BoxStream<'static, Result<(Key, Bytes), StoreError>> {
        read::statuses(self.readers)
    }

    async fn begin_now(&self, durability: Durability) -> Result<Lease, StoreError> {
        let dir = self.folder.dir();
        let sync = durability != Durability::Process;
        place::make(dir, sync).map_err(|error| {
            StoreError::io(format!("cannot make the archive {}", dir.display()), error)
        })?;
        // What isn't ours is left as it is, without a lock.
        if self.readers.open()?.is_none() {
            self.folder.refuse_others()?;
        }
        let lock = lock::take(&self.folder.lock(), dir)?;
        let mut connection = database::writer(&self.folder, durability)?;
        mend::mend(&mut connection, &self.folder)?;
        let unreadable = |error| self.folder.unreadable(error);
        let last = database::files(&connection).map_err(unreadable)?.pop();
        let is_empty = database::is_empty(&connection).map_err(unreadable)?;
        if sync {
            let synced = if is_empty {
                fs::File::open(dir).and_then(|dir| dir.sync_all())
            } else {
                place::sync(dir).await
            };
            synced
                .map_err(|error| StoreError::io(format!("cannot sync {}", dir.display()), error))?;
        }
        let pages = Pages::open(&self.folder, self.coding, self.roll_over, sync, last)
            .map_err(|error| StoreError::io(format!("cannot write to {}", dir.display()), error))?;
        let writer = Writer {
            folder: self.folder.clone(),
            connection,
            pages,
            readers: self.readers.clone(),
            outcomes: rows::OutcomeIds::default(),
        };
        let (commits, folder) = (self.commits.clone(), self.folder.clone());
        let sync_thread = sync_thread::start(durability, move || commits.sync(&folder))?;
        let commit_thread = self
            .commits
            .begin(writer, durability)
            .map_err(|error| StoreError::io("cannot start the thread that saves", error))?;
        self.readers.read_ahead.begin();
        let held = Held {
            commits: self.commits.clone(),
            commit_thread: Some(commit_thread),
            sync_thread,
            readers: self.readers.clone(),
            _lock: lock,
        };
        let failed = format!("cannot sync {}", dir.display());
        let lease =
            Lease::closed_by(move || held.close().map_err(|error| StoreError::io(failed, error)));
        Ok(if is_empty { lease.of_empty() } else { lease })
    }

    async fn save_all(
        &self,
        key: &Key,
        status: &str,
        bodies: Vec<Box<dyn Staged>>,
    ) -> Result<(), StoreError> {
        let mut published = Ok(());
        for body in bodies {
            published = published.and(body.publish().await);
        }
        // Also where one could not be: the others are not for the next save.
        let bodies = self.published.take(key);
        published?;
        let save = Save::new(key.clone(), status.to_owned(), bodies, None);
        self.commits.save(save).await
    }
}

impl Store for ArchiveStore {
    fn begin(&self, durability: Durability) -> BoxFuture<'_, Result<Lease, StoreError>> {
        self.begin_now(durability).boxed()
    }

    fn read<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        let read = self.readers.status(key);
        future::ready(read.map(|status| status.map(Bytes::from))).boxed()
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
        let staged: Box<dyn Staged> = Box::new(StagedRecord::new(
            name,
            &self.folder,
            self.coding,
            &self.published,
        ));
        future::ready(Ok(staged)).boxed()
    }

    fn open<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BodyStream<'a>>, StoreError>> {
        future::ready(opened::open(
            &self.readers,
            &self.folder,
            &self.digests,
            name,
        ))
        .boxed()
    }

    fn stat<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BodyStat>, StoreError>> {
        let place = self
            .readers
            .with(|connection| database::place(connection, name));
        let stat = place.map(|place| {
            place.flatten().map(|place| BodyStat {
                size: place.size,
                md5: place.md5,
            })
        });
        future::ready(stat).boxed()
    }

    fn keys(&self) -> BoxStream<'_, Result<Key, StoreError>> {
        read::keys(self.readers.clone(), Which::Keys)
    }

    fn statuses(&self) -> BoxStream<'_, Result<(Key, Bytes), StoreError>> {
        read::statuses(self.readers.clone())
    }

    fn failed(&self) -> Option<BoxStream<'_, Result<Key, StoreError>>> {
        Some(read::keys(self.readers.clone(), Which::Failed))
    }

    fn outcomes(&self) -> Option<BoxFuture<'_, Result<Outcomes, StoreError>>> {
        Some(future::ready(read::outcomes(&self.readers)).boxed())
    }

    fn location(&self) -> String {
        self.folder.dir().display().to_string()
    }
}
