//! Group commit: whoever saves lets others do so as well, and then commits all that wait unless somebody has («flat combining»).
//!
//! So nobody waits for one certain task, which an executor might hold up that keeps its thread. A save is acknowledged when its commit
//! is, so that nothing that a run counts on is lost with the process.

use std::fmt;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use super::folder::Folder;
use super::staged::Body;
use super::writer::{Unsynced, Writer};
use crate::schedule::to_the_back;
use crate::store::error::again;
use crate::store::{Durability, StoreError};
use crate::task::Key;

/// Saves that go into one commit at most.
const TOGETHER: usize = 512;

const PANICKED: &str =
    "committing panicked, with a message on standard error; nothing more is saved";

/// A task that is to be saved.
#[derive(Debug)]
pub(super) struct Save {
    pub(super) key: Key,
    pub(super) status: String,
    pub(super) bodies: Vec<Body>,
    /// When the file was written that is packed, in nanoseconds since 1970.
    pub(super) modified: Option<i64>,
}

/// A save that waits for its commit.
type Waiting = (Save, oneshot::Sender<Result<(), StoreError>>);

/// What waits, and who commits it.
#[derive(Clone, Default)]
pub(super) struct Commits(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Notified when the writer is given back.
    given_back: Condvar,
    /// Notified when something is handed over, or the run is over.
    handed_over: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<Waiting>,
    writing: Writing,
    durability: Durability,
    /// Whether the thread is to commit what waits.
    is_handed_over: bool,
    /// What was committed and not synced, for [`Durability::Batched`].
    unsynced: Option<Unsynced>,
    /// Why that could not be synced, until somebody has been told.
    failure: Option<io::Error>,
}

/// Where the writer is.
#[derive(Default)]
enum Writing {
    /// No run has the archive.
    #[default]
    Closed,
    /// To be taken by whoever commits next.
    Idle(Box<Writer>),
    /// Somebody commits.
    Busy,
    /// Gone with a panic.
    Panicked,
}

impl Commits {
    /// For a run that begins: its thread for what is handed over.
    pub(super) fn begin(
        &self,
        writer: Writer,
        durability: Durability,
    ) -> io::Result<JoinHandle<()>> {
        let mut state = self.state();
        let commits = self.clone();
        let thread = thread::Builder::new()
            .name("scrapeflow-save".to_owned())
            .spawn(move || commits.commit_handed_over())?;
        state.writing = Writing::Idle(Box::new(writer));
        state.durability = durability;
        Ok(thread)
    }

    /// Saves, and waits for the commit.
    pub(super) async fn save(&self, save: Save) -> Result<(), StoreError> {
        let key = save.key.clone();
        let failed = |why| cannot_save(&key, io::Error::other(why));
        let (done, mut saved) = oneshot::channel();
        {
            let mut state = self.state();
            match state.writing {
                Writing::Closed => return Err(failed("no run has the archive")),
                Writing::Panicked => return Err(failed(PANICKED)),
                Writing::Idle(_) | Writing::Busy => state.waiting.push((save, done)),
            }
        }
        // Those that are ready come along.
        to_the_back().await;
        match saved.try_recv() {
            Ok(said) => return said,
            Err(TryRecvError::Closed) => return Err(failed(PANICKED)),
            Err(TryRecvError::Empty) => {}
        }
        if self.commit() {
            // One of those who are told goes on here, and only here, which is to be before this one keeps the thread.
            to_the_back().await;
        }
        saved.await.unwrap_or_else(|_| Err(failed(PANICKED)))
    }

    /// Commits what waits, unless somebody does, who will see to it: whether some was committed here.
    ///
    /// Where others come meanwhile there may be no end to it, and to sync takes milliseconds: that is done by a thread of its own, while this
    /// one serves others.
    fn commit(&self) -> bool {
        let (writer, syncs) = {
            let mut state = self.state();
            let syncs = state.durability == Durability::PowerCut;
            (if syncs { None } else { state.take() }, syncs)
        };
        let here = writer.is_some();
        if let Some(writer) = writer {
            self.commit_some(writer);
        }
        if here || syncs {
            let mut state = self.state();
            if !state.waiting.is_empty() && !state.is_handed_over {
                state.is_handed_over = true;
                self.0.handed_over.notify_one();
            }
        }
        here
    }

    /// What is handed over, as long as a run has the archive.
    fn commit_handed_over(&self) {
        let mut state = self.state();
        loop {
            if state.is_handed_over
                && !state.waiting.is_empty()
                && let Some(writer) = state.take()
            {
                drop(state);
                self.commit_some(writer);
                state = self.state();
                continue;
            }
            // Whoever has the writer hands over anew.
            state.is_handed_over = false;
            if let Writing::Closed | Writing::Panicked = state.writing {
                return;
            }
            let handed_over = self.0.handed_over.wait(state);
            state = handed_over.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// As many as go into a commit.
    fn commit_some(&self, mut writer: Box<Writer>) {
        let (batch, failure) = {
            let mut state = self.state();
            let count = state.waiting.len().min(TOGETHER);
            if count == 0 {
                drop(state);
                return self.give_back(writer);
            }
            let batch: Vec<Waiting> = state.waiting.drain(..count).collect();
            (batch, state.failure.take())
        };
        if let Some(error) = failure {
            // What was acknowledged before it may not be on the disk: whoever comes next says so.
            let failed = Err(error);
            if !answer(batch, &failed) {
                self.state().failure = failed.err();
            }
            return self.give_back(writer);
        }
        let committed =
            panic::catch_unwind(AssertUnwindSafe(|| self.commit_batch(&mut writer, batch)));
        match committed {
            Ok(()) => self.give_back(writer),
            // Nobody knows what is written, and nothing more is.
            Err(_) => self.give_up(),
        }
    }

    fn commit_batch(&self, writer: &mut Writer, batch: Vec<Waiting>) {
        let (mut saves, waiting): (Vec<Save>, Vec<_>) = batch.into_iter().unzip();
        let durability = self.state().durability;
        let committed = writer.commit(&mut saves, durability == Durability::PowerCut);
        if let (Ok(()), Durability::Batched(_)) = (&committed, durability) {
            self.state().unsynced = Some(writer.unsynced());
        }
        answer(saves.into_iter().zip(waiting), &committed);
    }

    fn give_back(&self, writer: Box<Writer>) {
        self.state().writing = Writing::Idle(writer);
        self.0.given_back.notify_all();
    }

    /// Tells those who wait, by dropping what they wait for.
    fn give_up(&self) {
        let waiting = {
            let mut state = self.state();
            state.writing = Writing::Panicked;
            std::mem::take(&mut state.waiting)
        };
        drop(waiting);
        self.0.given_back.notify_all();
    }

    /// Syncs what was committed since the last time.
    pub(super) fn sync(&self, folder: &Folder) {
        let Some(unsynced) = self.state().unsynced.take() else {
            return;
        };
        if let Err(error) = unsynced.sync(folder) {
            tracing::error!(%error, "cannot sync what was saved");
            self.state().failure = Some(error);
        }
    }

    /// Commits what waits still, where who saved was cut off. Nothing more can be saved then.
    pub(super) fn end(&self) -> Option<Box<Writer>> {
        let mut state = self.state();
        let writer = loop {
            match std::mem::take(&mut state.writing) {
                Writing::Idle(writer) if state.waiting.is_empty() => break Some(writer),
                Writing::Idle(writer) => {
                    state.writing = Writing::Busy;
                    drop(state);
                    self.commit_some(writer);
                    state = self.state();
                }
                Writing::Busy => {
                    state.writing = Writing::Busy;
                    let given_back = self.0.given_back.wait(state);
                    state = given_back.unwrap_or_else(PoisonError::into_inner);
                }
                Writing::Closed | Writing::Panicked => break None,
            }
        };
        self.0.handed_over.notify_all();
        writer
    }

    /// Why something could not be synced that no save was told.
    pub(super) fn untold(&self) -> io::Result<()> {
        self.state().failure.take().map_or(Ok(()), Err)
    }

    /// Nobody panics while it is locked.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The writer, unless somebody has it.
    fn take(&mut self) -> Option<Box<Writer>> {
        match std::mem::replace(&mut self.writing, Writing::Busy) {
            Writing::Idle(writer) => Some(writer),
            other => {
                self.writing = other;
                None
            }
        }
    }
}

impl fmt::Debug for Commits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commits").finish_non_exhaustive()
    }
}

/// Whether anybody heard it: who waited may have been cut off.
fn answer(batch: impl IntoIterator<Item = Waiting>, committed: &io::Result<()>) -> bool {
    let mut heard = false;
    for (save, done) in batch {
        let said = match committed {
            Ok(()) => Ok(()),
            // An error of all is that of each.
            Err(error) => Err(cannot_save(&save.key, again(error))),
        };
        heard |= done.send(said).is_ok();
    }
    heard
}

fn cannot_save(key: &Key, error: io::Error) -> StoreError {
    StoreError::io(format!("cannot save `{key}`"), error)
}

#[cfg(test)]
mod tests;
