//! Saving many tasks at once: whoever saves lets others do so as well, and then commits all that wait unless somebody has.
//!
//! So nobody waits for one certain task, which an executor might hold up that keeps its thread. A save is acknowledged when its commit
//! is, so that nothing that a run counts on is lost with the process.

use std::fmt;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use super::folder::Folder;
use super::staged::Body;
use super::writer::{Committed, Failed, Writer};
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
    /// Notified when whoever committed is through.
    through: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<Waiting>,
    writer: Has,
    /// What was committed and not synced, for [`Durability::Batched`].
    unsynced: Option<Committed>,
    /// Why that could not be synced, until somebody has been told.
    failure: Option<io::Error>,
}

/// Who has the writer.
#[derive(Default)]
enum Has {
    /// No run has the archive.
    #[default]
    Nobody,
    /// Whoever commits next.
    Next(Box<Run>),
    /// Who commits now.
    Now,
    /// It went with a panic.
    Panicked,
}

/// What a run writes with.
struct Run {
    writer: Writer,
    durability: Durability,
    /// Its runtime: an executor may have one of its own, which ends before others have saved.
    runtime: Handle,
}

impl Commits {
    /// For the run that begins on this runtime.
    pub(super) fn begin(&self, writer: Writer, durability: Durability) {
        self.state().writer = Has::Next(Box::new(Run {
            writer,
            durability,
            runtime: Handle::current(),
        }));
    }

    /// Saves, and waits for the commit.
    pub(super) async fn save(&self, save: Save) -> Result<(), StoreError> {
        let key = save.key.clone();
        let failed = |why| StoreError::io(format!("cannot save `{key}`"), io::Error::other(why));
        let (done, mut saved) = oneshot::channel();
        {
            let mut state = self.state();
            match state.writer {
                Has::Nobody => return Err(failed("no run has the archive")),
                Has::Panicked => return Err(failed(PANICKED)),
                Has::Next(_) | Has::Now => state.waiting.push((save, done)),
            }
        }
        // Those that are ready come along.
        to_the_back().await;
        match saved.try_recv() {
            Ok(said) => return said,
            Err(TryRecvError::Closed) => return Err(failed(PANICKED)),
            Err(TryRecvError::Empty) => {}
        }
        // Unless somebody does, who will commit this one as well.
        if let Some(committing) = self.take() {
            committing.commit();
        }
        saved.await.unwrap_or_else(|_| Err(failed(PANICKED)))
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
    pub(super) fn end(&self) -> Option<Writer> {
        drop(self.take());
        let mut state = self.state();
        while let Has::Now = state.writer {
            state = self
                .0
                .through
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        match std::mem::take(&mut state.writer) {
            Has::Next(run) => Some(run.writer),
            Has::Nobody | Has::Now | Has::Panicked => None,
        }
    }

    /// Why something could not be synced that no save was told.
    pub(super) fn untold(&self) -> io::Result<()> {
        self.state().failure.take().map_or(Ok(()), Err)
    }

    /// The writer, unless somebody has it.
    fn take(&self) -> Option<Committing> {
        let mut state = self.state();
        match std::mem::replace(&mut state.writer, Has::Now) {
            Has::Next(run) => Some(Committing {
                commits: self.clone(),
                run: Some(run),
            }),
            other => {
                state.writer = other;
                None
            }
        }
    }

    /// A panic elsewhere leaves it whole: every change is one assignment.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Commits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commits").finish_non_exhaustive()
    }
}

/// Has the writer; commits all that wait when dropped, and gives it back.
struct Committing {
    commits: Commits,
    run: Option<Box<Run>>,
}

impl Committing {
    /// What waits now. Where others come meanwhile there may be no end to it, and to sync takes milliseconds: that is done on a thread for what
    /// blocks, while this one serves others.
    fn commit(mut self) {
        let Some(run) = &self.run else { return };
        let runtime = run.runtime.clone();
        if run.durability != Durability::PowerCut {
            self.commit_some();
            if self.commits.state().waiting.is_empty() {
                return;
            }
        }
        // Where the runtime ends before, it is done as this is dropped.
        runtime.spawn_blocking(move || drop(self));
    }

    /// As many as go into a commit.
    fn commit_some(&mut self) {
        let (batch, failure) = {
            let mut state = self.commits.state();
            let count = state.waiting.len().min(TOGETHER);
            if count == 0 {
                return;
            }
            let batch: Vec<Waiting> = state.waiting.drain(..count).collect();
            (batch, state.failure.take())
        };
        if let Some(error) = failure {
            // What was acknowledged before it may not be on the disk: whoever comes next says so.
            answer(batch, &Err(error));
            return;
        }
        // After a panic nobody knows what is written, and nothing more is.
        let Some(mut run) = self.run.take() else {
            return;
        };
        let committed = panic::catch_unwind(AssertUnwindSafe(|| run.commit(batch)));
        if committed.is_err() {
            return;
        }
        if let Durability::Batched(_) = run.durability {
            self.commits.state().unsynced = Some(run.writer.committed());
        }
        self.run = Some(run);
    }
}

impl Drop for Committing {
    fn drop(&mut self) {
        loop {
            let mut state = self.commits.state();
            match self.run.take() {
                Some(run) if !state.waiting.is_empty() => self.run = Some(run),
                Some(run) => {
                    state.writer = Has::Next(run);
                    break;
                }
                None => {
                    // They are told by that.
                    state.waiting.clear();
                    state.writer = Has::Panicked;
                    break;
                }
            }
            drop(state);
            self.commit_some();
        }
        self.commits.0.through.notify_all();
    }
}

impl Run {
    fn commit(&mut self, batch: Vec<Waiting>) {
        let (mut saves, waiting): (Vec<Save>, Vec<_>) = batch.into_iter().unzip();
        let sync = self.durability == Durability::PowerCut;
        let committed = self.writer.commit(&mut saves, sync);
        let batch = saves.into_iter().zip(waiting);
        match committed {
            Ok(()) => answer(batch, &Ok(())),
            // The others are saved without the one that kept them from it.
            Err(Failed::Before(_)) if batch.len() > 1 => {
                batch.for_each(|save| self.commit(vec![save]));
            }
            Err(Failed::Before(error) | Failed::Committing(error)) => answer(batch, &Err(error)),
        }
    }
}

fn answer(batch: impl IntoIterator<Item = Waiting>, committed: &io::Result<()>) {
    for (save, done) in batch {
        let said = match committed {
            Ok(()) => Ok(()),
            // An error of all is that of each.
            Err(error) => Err(StoreError::io(
                format!("cannot save `{}`", save.key),
                again(error),
            )),
        };
        // Who waited may have been cut off.
        let _ = done.send(said);
    }
}

#[cfg(test)]
mod tests;
