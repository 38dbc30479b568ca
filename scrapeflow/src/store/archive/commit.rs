//! Saving many tasks at once: whatever waits when the last commit has ended goes into the next.
//!
//! What is held of the pages is written before the commit that names them. A save is acknowledged when its commit is, so that nothing
//! that a run counts on is lost with the process.

use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::database;
use super::folder::Folder;
use super::pages::{self, Placed};
use super::readers::Readers;
use super::rows::{self, OutcomeIds};
use crate::store::error::again;
use crate::store::lock::Lock;
use crate::store::{Durability, StoreError};
use crate::task::Key;

/// Saves that go into one commit at most.
const TOGETHER: usize = 512;

/// A save that waits for its commit.
pub(super) struct Save {
    pub(super) key: Key,
    pub(super) status: String,
    pub(super) bodies: Vec<Placed>,
    /// When the file was written that is packed, in nanoseconds since 1970.
    pub(super) modified: Option<i64>,
    pub(super) done: oneshot::Sender<Result<(), StoreError>>,
}

/// Who writes, as long as a run has the archive.
pub(super) struct Writer {
    pub(super) folder: Folder,
    pub(super) connection: Connection,
    pub(super) pages: pages::Shared,
    pub(super) readers: Arc<Readers>,
    pub(super) outcomes: OutcomeIds,
    /// Why what was committed could not be synced, until somebody has been told.
    pub(super) unsynced: Option<io::Error>,
    pub(super) _lock: Lock,
}

/// The writer, taken away when the run is over.
pub(super) type Shared = Arc<Mutex<Option<Writer>>>;

/// A panic while it was locked left a transaction that is rolled back, and bytes that nothing names.
pub(super) fn lock(writer: &Shared) -> MutexGuard<'_, Option<Writer>> {
    writer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Commits saves until nobody can send any more.
pub(super) async fn commit(
    writer: Shared,
    mut saves: mpsc::Receiver<Save>,
    durability: Durability,
) {
    let mut synced = Synced::new(durability);
    while let Some(first) = synced.next(&writer, &mut saves).await {
        let mut batch = vec![first];
        // Those whose turn it is meanwhile come along.
        tokio::task::yield_now().await;
        while batch.len() < TOGETHER
            && let Ok(next) = saves.try_recv()
        {
            batch.push(next);
        }
        let unsynced = lock(&writer)
            .as_mut()
            .and_then(|writer| writer.unsynced.take());
        if let Some(error) = unsynced {
            // What was acknowledged before it may not be on the disk: whoever comes next says so.
            answer(batch, &Err(error));
        } else if durability == Durability::PowerCut {
            // To sync takes milliseconds, in which this thread serves others.
            let writer = writer.clone();
            let ended = tokio::task::spawn_blocking(move || commit_now(&writer, batch, true));
            // A panic in there has told those who wait by dropping what they wait for.
            let _ = ended.await;
        } else {
            commit_now(&writer, batch, false);
            synced.dirty();
        }
    }
}

fn commit_now(writer: &Shared, batch: Vec<Save>, sync: bool) {
    let committed = match &mut *lock(writer) {
        Some(writer) => writer.commit(&batch, sync),
        None => Err(io::Error::other("the run that began it is over")),
    };
    answer(batch, &committed);
}

fn answer(batch: Vec<Save>, committed: &io::Result<()>) {
    for save in batch {
        let said = match committed {
            Ok(()) => Ok(()),
            // An error of all is that of each.
            Err(error) => Err(StoreError::io(
                format!("cannot save `{}`", save.key),
                again(error),
            )),
        };
        // Who waited may have been cut off.
        let _ = save.done.send(said);
    }
}

impl Writer {
    /// All of them, or none.
    fn commit(&mut self, batch: &[Save], sync: bool) -> io::Result<()> {
        // Where somebody has removed or moved it, nothing would be there any more.
        let database = self.folder.database();
        std::fs::metadata(&database).map_err(|error| {
            io::Error::new(error.kind(), format!("{} is gone", database.display()))
        })?;
        let (grown, file) = {
            let mut pages = pages::lock(&self.pages);
            let grown = pages.flush()?;
            let mut bodies = batch.iter().flat_map(|save| &save.bodies);
            bodies.try_for_each(|body| pages.check(body))?;
            (grown, pages.file())
        };
        if sync && let Some(file) = file {
            file.sync_data()?;
        }
        let failed = |error| io::Error::other(self.folder.unreadable(error).to_string());
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        // Kept only once the commit has made their ids real.
        let mut outcomes = std::mem::take(&mut self.outcomes);
        for Save {
            key,
            status,
            bodies,
            modified,
            ..
        } in batch
        {
            let task = rows::save(&transaction, &mut outcomes, key, status, *modified);
            let task = task.map_err(failed)?;
            for body in bodies {
                rows::put(&transaction, task, &body.suffix, &body.place).map_err(failed)?;
            }
        }
        for (number, name, length) in &grown {
            database::count(&transaction, *number, name, *length).map_err(failed)?;
        }
        let committed = transaction.commit().map_err(failed);
        self.readers
            .read_ahead
            .forget(batch.iter().map(|save| &save.key));
        committed?;
        self.outcomes = outcomes;
        pages::lock(&self.pages).told(&grown);
        Ok(())
    }
}

/// When what was committed is synced, for [`Durability::Batched`].
struct Synced {
    window: Option<Duration>,
    /// Since when something waits.
    since: Option<Instant>,
}

impl Synced {
    fn new(durability: Durability) -> Self {
        let window = match durability {
            Durability::Batched(window) => Some(window),
            Durability::Process | Durability::PowerCut => None,
        };
        Self {
            window,
            since: None,
        }
    }

    fn dirty(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// The next save; syncs first when it is time.
    async fn next(&mut self, writer: &Shared, saves: &mut mpsc::Receiver<Save>) -> Option<Save> {
        let (Some(window), Some(since)) = (self.window, self.since) else {
            return saves.recv().await;
        };
        let left = window.saturating_sub(since.elapsed());
        // Where it is time that comes first: a save may always be there.
        if !left.is_zero()
            && let Ok(save) = tokio::time::timeout(left, saves.recv()).await
        {
            return save;
        }
        self.sync(writer).await;
        saves.recv().await
    }

    async fn sync(&mut self, writer: &Shared) {
        if self.window.is_none() || self.since.take().is_none() {
            return;
        }
        let writer = writer.clone();
        let synced = tokio::task::spawn_blocking(move || {
            if let Some(writer) = &mut *lock(&writer)
                && let Err(error) = writer.sync()
            {
                tracing::error!(%error, "cannot sync what was saved");
                writer.unsynced = Some(error);
            }
        });
        // A panic in there was reported where it happened.
        let _ = synced.await;
    }
}

impl Writer {
    /// Nothing more will come. An error that no save was told is told here.
    pub(super) fn close(self, durability: Durability) -> io::Result<()> {
        // Texts in messages make many outcomes, which are nobody's once their tasks have others.
        if let Err(error) = database::forget_outcomes(&self.connection) {
            tracing::warn!(%error, "outcomes that no task has any more stay in the archive");
        }
        let synced = match durability {
            Durability::Batched(_) => self.sync(),
            Durability::Process | Durability::PowerCut => Ok(()),
        };
        self.unsynced.map_or(Ok(()), Err).and(synced)
    }

    fn sync(&self) -> io::Result<()> {
        let file = pages::lock(&self.pages).file();
        if let Some(file) = file {
            file.sync_data()?;
        }
        // By itself SQLite syncs it only when it is moved to the database, which waits for those who read.
        match File::open(self.folder.log()) {
            Ok(log) => log.sync_data(),
            // Nothing was saved since the log was moved.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}
