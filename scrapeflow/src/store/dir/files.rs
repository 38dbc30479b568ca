//! The names of the directory's files, and the ways in which they are written and made durable.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::error::with_remedy;
use super::super::{BodyName, Durability, StoreError, file, place};
use super::folder::{Entry, Folder};
use crate::task::Key;

/// What a status file's name ends with.
pub(super) const STATUS: &str = ".status.json";

/// Of a suffix, in the own folder; no suffix has it.
pub(super) const DOT: &str = "~";

/// Where everything is.
#[derive(Debug)]
pub(super) struct Files {
    dir: Arc<Folder>,
    own: Arc<Folder>,
}

impl Files {
    pub(super) fn new(dir: PathBuf) -> Self {
        let own = Folder::unlinked(dir.join(".scrapeflow"));
        Self {
            dir: Folder::new(dir),
            own,
        }
    }

    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The folder of temporary files.
    pub(super) fn own(&self) -> &Path {
        self.own.path()
    }

    /// The folder of statuses and bodies, which is looked at anew.
    pub(super) fn listed(&self) -> Arc<Folder> {
        self.dir.forget();
        self.dir.clone()
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.own().join("lock")
    }

    pub(super) fn status(&self, key: &Key) -> Entry {
        self.dir.entry(key.as_str(), STATUS)
    }

    pub(super) fn temporary_status(&self, key: &Key) -> Entry {
        self.own.entry(key.as_str(), STATUS)
    }

    /// Whether there is nothing but our own folder; looks at two entries at most.
    pub(super) fn is_empty(&self) -> Result<bool, StoreError> {
        let cannot = |error| {
            let what = format!("cannot list the directory {}", self.dir().display());
            StoreError::io(what, error)
        };
        for entry in fs::read_dir(self.dir()).map_err(cannot)? {
            if entry.map_err(cannot)?.path() != self.own() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn body(&self, name: &BodyName) -> Entry {
        self.dir.entry(&name.file_name(), "")
    }

    /// What an ending's dot is here, so that keys end at the last dot whatever they have in them.
    pub(super) fn temporary_body(&self, name: &BodyName) -> Entry {
        let suffix = [".", &name.suffix().replace('.', DOT)].concat();
        self.own.entry(name.key().as_str(), &suffix)
    }

    /// Makes the directory and its own folder, which are looked at anew.
    pub(super) fn make(&self, durability: Durability) -> Result<(), StoreError> {
        self.dir.forget();
        self.own.forget();
        make_own(self.own(), durability).map_err(|error| {
            let (dir, own) = (self.dir().display(), self.own().display());
            let (what, remedy) = match fs::metadata(self.dir()) {
                Ok(meta) if !meta.is_dir() => (
                    format!("cannot use {dir} as a directory"),
                    "give the run a directory of its own",
                ),
                Ok(_) if error.kind() == io::ErrorKind::AlreadyExists => (
                    format!("cannot make the folder {own}"),
                    "move away what has its name",
                ),
                Ok(_) => (
                    format!("cannot write to the directory {dir}"),
                    "make it writable or give the run another",
                ),
                Err(_) => (
                    format!("cannot make the directory {dir}"),
                    "give the run another",
                ),
            };
            StoreError::io(what, with_remedy(&error, remedy))
        })
    }
}

/// All in it is removed by the next run: it is no link to a folder of others.
fn make_own(folder: &Path, durability: Durability) -> io::Result<()> {
    place::make(folder, durability != Durability::Process)?;
    if fs::symlink_metadata(folder)?.is_symlink() {
        let why = "it is a link";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
    }
    Ok(())
}

/// What most statuses fit in, in bytes.
const USUAL: usize = 4096;

/// A whole file, if it is there, without asking for its size first: most are small, and end in the first read.
pub(super) fn read(entry: &Entry) -> io::Result<Option<Vec<u8>>> {
    let Some(mut file) = entry.open()? else {
        return Ok(None);
    };
    let mut bytes = vec![0; USUAL];
    let mut read = 0;
    loop {
        match file.read(&mut bytes[read..]) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if read == bytes.len() {
            bytes.resize(2 * read, 0);
        }
    }
    bytes.truncate(read);
    Ok(Some(bytes))
}

/// How durable what is written has to be, and what waits for the next batch.
#[derive(Debug, Default)]
pub(super) struct Syncing {
    durability: Mutex<Durability>,
    waiting: Mutex<Vec<PathBuf>>,
    /// Why the last batch could not be synced, until a save has said so.
    failed: Mutex<Option<io::Error>>,
    /// Counts up when a run takes the store and when it lets it go.
    holder: AtomicU64,
}

impl Syncing {
    pub(super) fn set(&self, durability: Durability) {
        *lock(&self.durability) = durability;
    }

    /// Who has the store now.
    pub(super) fn holder(&self) -> u64 {
        self.holder.load(Ordering::Acquire)
    }

    /// The store changes hands: what an earlier holder left behind must touch nothing any more.
    pub(super) fn pass_on(&self) {
        self.holder.fetch_add(1, Ordering::AcqRel);
    }

    /// The next save is told, or else the end of the run.
    pub(super) fn fail(&self, error: io::Error) {
        *lock(&self.failed) = Some(error);
    }

    /// Why the last batch could not be synced, if nobody has been told.
    pub(super) fn untold(&self) -> Option<io::Error> {
        lock(&self.failed).take()
    }

    fn durability(&self) -> Durability {
        *lock(&self.durability)
    }

    /// Whether nothing counts as saved before it is synced.
    pub(super) fn syncs_each(&self) -> bool {
        self.durability() == Durability::PowerCut
    }

    /// The names in a folder.
    pub(super) async fn names(&self, folder: &Path) -> io::Result<()> {
        let folder = folder.to_owned();
        aside(move || sync_names(&folder)).await
    }

    /// A complete file that is about to be renamed.
    pub(super) async fn file(&self, entry: &Entry) -> io::Result<()> {
        match self.durability() {
            Durability::PowerCut => {
                let path = entry.path();
                aside(move || sync_file(&path)).await
            }
            Durability::Process | Durability::Batched(_) => Ok(()),
        }
    }

    /// A body that got its name, of which the status that names it is told.
    pub(super) fn published(&self, entry: &Entry) {
        if let Durability::Batched(_) = self.durability() {
            lock(&self.waiting).push(entry.path());
        }
    }

    /// A status that got its name in `dir`.
    pub(super) async fn renamed(&self, entry: &Entry, dir: &Path) -> io::Result<()> {
        match self.durability() {
            Durability::Process => Ok(()),
            Durability::PowerCut => self.names(dir).await,
            Durability::Batched(_) => {
                lock(&self.waiting).push(entry.path());
                self.untold().map_or(Ok(()), Err)
            }
        }
    }

    /// Syncs what waits, and the folders that name it.
    pub(super) fn flush(&self, files: &Files) -> io::Result<()> {
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        if waiting.is_empty() {
            return Ok(());
        }
        // Also those behind one that fails.
        let synced = waiting.iter().map(|path| sync_file(path));
        let synced = synced.fold(Ok(()), Result::and);
        // First that they are there no more, since the next run takes up what is.
        synced
            .and(sync_names(files.own()))
            .and(sync_names(files.dir()))
    }
}

/// A panic elsewhere leaves both whole: every change is one assignment or push.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `fsync` takes milliseconds: it must not hold up a thread that serves other tasks.
async fn aside(sync: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
    tokio::task::spawn_blocking(sync)
        .await
        .map_err(io::Error::other)?
}

fn sync_file(path: &Path) -> io::Result<()> {
    // What isn't opened as a file (a link) has nothing but its name, which is in the folder.
    let is_file = |path: &Path| path.symlink_metadata().map(|meta| meta.is_file());
    match is_file(path) {
        Ok(true) => {}
        Ok(false) => return Ok(()),
        // Replaced or removed since: what took its place is synced in its turn.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    match file::open(path, OpenOptions::new().read(true)) {
        Ok(file) => file.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn sync_names(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
