//! Where statuses and bodies are kept.
//!
//! A [`Store`] asks for the least that a run needs: read one status, stage bodies, save a status together
//! with the bodies that it names, and list what is there. It knows nothing of executors or of what a status
//! means, and has neither files nor locks in its signatures, so that an archive or a server can implement it.
//! [`DirStore`] is the default; an `archive` (feature of that name) holds millions of tasks; [`MemoryStore`] serves tests and experiments. Every store passes
//! [`contract::check`].

#[cfg(feature = "archive")]
pub mod archive;
mod body;
pub mod contract;
mod dir;
mod durability;
mod error;
pub(crate) mod exchange;
mod file;
mod lock;
mod memory;
mod place;
mod sync_thread;

use std::fmt;
use std::path::{Path, PathBuf};
#[cfg(feature = "rows")]
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

#[cfg(feature = "archive")]
pub use archive::ArchiveStore;
pub use body::{BodyName, BodyStat, Staged};
pub(crate) use body::{whole, whole_of};
pub use dir::DirStore;
pub use durability::Durability;
pub use error::{StoreError, StoreErrorKind};
pub use exchange::Exchange;
pub use memory::MemoryStore;

use crate::task::Key;

/// How a task's executors ended: each `<executor>_status` with its message.
pub type Outcome = Vec<(String, String)>;

/// Outcomes, and how many tasks ended so.
pub type Outcomes = Vec<(Outcome, u64)>;

/// The store in `dir`: an archive if there is one, else a directory.
#[cfg(feature = "rows")]
pub(crate) fn at(dir: &Path) -> Arc<dyn Store> {
    #[cfg(feature = "archive")]
    if ArchiveStore::is_in(dir) {
        return Arc::new(ArchiveStore::new(dir));
    }
    Arc::new(DirStore::new(dir))
}

/// All statuses of the store in `dir`, for as long as the stream lasts.
pub(crate) fn statuses_in(dir: &Path) -> BoxStream<'static, Result<(Key, Bytes), StoreError>> {
    #[cfg(feature = "archive")]
    if ArchiveStore::is_in(dir) {
        return ArchiveStore::new(dir).into_statuses();
    }
    DirStore::new(dir).into_statuses()
}

/// A body, in chunks.
pub type BodyStream<'a> = BoxStream<'a, Result<Bytes, StoreError>>;

/// Statuses and bodies of tasks, for one run at a time.
///
/// All methods may be called concurrently; the run never saves one key from two places at once.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Takes the store for one run and makes it ready to be written: finishes or discards what a killed run
    /// left half saved. Until then it is only read.
    ///
    /// # Errors
    /// [`StoreErrorKind::InUse`] while another run holds it; others if it cannot be made or written.
    fn begin(&self, durability: Durability) -> BoxFuture<'_, Result<Lease, StoreError>>;

    /// The status of a task as it was saved, if there is one.
    ///
    /// # Errors
    /// [`StoreErrorKind::Broken`] if there is something under that key that cannot be read.
    fn read<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>>;

    /// Publishes the staged bodies, then saves the status that names them. After a crash of the process
    /// either both are there or neither is.
    ///
    /// # Errors
    /// What keeps it from being saved; then the old status stands.
    fn save<'a>(
        &'a self,
        key: &'a Key,
        status: &'a str,
        bodies: Vec<Box<dyn Staged>>,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Begins a body; what is written becomes visible when it is saved with a status.
    ///
    /// # Errors
    /// If it cannot be created.
    fn stage<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Box<dyn Staged>, StoreError>>;

    /// Begins a body that is a file of this machine, already complete. Unless a store can do better, as by a link, it is
    /// [staged](Store::stage) as a copy.
    ///
    /// # Errors
    /// If it cannot be read or copied.
    fn stage_link<'a>(
        &'a self,
        name: &'a BodyName,
        file: &'a Path,
    ) -> BoxFuture<'a, Result<Box<dyn Staged>, StoreError>> {
        Box::pin(copied(self, name, file))
    }

    /// Where a body is a link, as [`stage_link`](Store::stage_link) makes them, it may lead to files below these folders, in
    /// their canonical form, and nowhere else; to none unless said. Each run says it anew. Nothing
    /// for a store without links; one that wraps another passes it on.
    fn allow_links(&self, _below: &[PathBuf]) {}

    /// Streams a body, `None` if there is none.
    ///
    /// # Errors
    /// If it is there and cannot be read.
    fn open<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BodyStream<'a>>, StoreError>>;

    /// Size of a body, and its MD5 where the store knows it without reading; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be told.
    fn stat<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BodyStat>, StoreError>>;

    /// The keys of all statuses, in no particular order. What is named as a status, but not by a key, comes as an error of
    /// [`StoreErrorKind::Broken`] and doesn't end the stream.
    fn keys(&self) -> BoxStream<'_, Result<Key, StoreError>>;

    /// All statuses with their keys, in no particular order. One that cannot be read comes as an error and
    /// doesn't end the stream.
    fn statuses(&self) -> BoxStream<'_, Result<(Key, Bytes), StoreError>>;

    /// The keys of tasks of which an executor's last run failed, where the store knows them without reading statuses.
    fn failed(&self) -> Option<BoxStream<'_, Result<Key, StoreError>>> {
        None
    }

    /// How many tasks ended how, where the store knows without reading statuses.
    fn outcomes(&self) -> Option<BoxFuture<'_, Result<Outcomes, StoreError>>> {
        None
    }

    /// Where this is, for messages: a path, an address.
    fn location(&self) -> String;
}

async fn copied<S: Store + ?Sized>(
    store: &S,
    name: &BodyName,
    file: &Path,
) -> Result<Box<dyn Staged>, StoreError> {
    let failed = |error| StoreError::io(format!("cannot copy {}", file.display()), error);
    let mut staged = store.stage(name).await?;
    let mut file = File::open(file).await.map_err(failed)?;
    loop {
        let mut piece = BytesMut::with_capacity(COPIED);
        if file.read_buf(&mut piece).await.map_err(failed)? == 0 {
            break;
        }
        staged.write(piece.freeze()).await?;
    }
    staged.finish(None).await?;
    Ok(staged)
}

/// How much is copied at once, in bytes.
const COPIED: usize = 64 * 1024;

/// The exclusive use of a store by one run; ends when closed or dropped.
pub struct Lease {
    close: Close,
    found_empty: bool,
}

type Close = Box<dyn FnOnce() -> Result<(), StoreError> + Send + Sync>;

impl Lease {
    /// A lease that holds `held` (a lock, a connection) until it ends.
    pub fn new(held: impl Send + Sync + 'static) -> Self {
        Self::closed_by(move || {
            drop(held);
            Ok(())
        })
    }

    /// A lease that holds what `close` holds, and at the end of the run has it do what is left, such as to sync: its error is
    /// the run's. A run that is dropped drops it uncalled.
    pub fn closed_by(
        close: impl FnOnce() -> Result<(), StoreError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            close: Box::new(close),
            found_empty: false,
        }
    }

    /// Ends it, which may take as long as the disk does.
    ///
    /// # Errors
    /// If what was saved is not as durable as it was to be.
    pub fn close(self) -> Result<(), StoreError> {
        (self.close)()
    }

    /// The same lease, of a store that has no status: the run won't look for any.
    #[must_use]
    pub fn of_empty(mut self) -> Self {
        self.found_empty = true;
        self
    }

    /// Whether the store is known to have had no status when it was taken.
    pub fn found_empty(&self) -> bool {
        self.found_empty
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lease")
    }
}
