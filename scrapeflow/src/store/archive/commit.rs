//! Group commit: whoever saves lets others do so as well, and then commits all that wait unless somebody has («flat combining»).
//!
//! So nobody waits for one certain task, which an executor might hold up that keeps its thread. A save is acknowledged when its commit
//! is, so that nothing that a run counts on is lost with the process.

mod state;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use self::state::{State, Waiting, Writing};
use super::folder::Folder;
use super::save::Save;
use super::writer::Writer;
use crate::schedule::{share_woken, to_the_back};
use crate::store::error::again;
use crate::store::{Durability, StoreError};
use crate::task::Key;

/// How long a commit waits that is synced, which takes milliseconds, for those who were told by the one before.
const PATIENCE: Duration = Duration::from_millis(2);

const PANICKED: &str =
    "committing panicked, with a message on standard error; nothing more is saved";

/// What waits, and who commits it.
#[derive(Clone, Default)]
pub(super) struct Commits(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Notified when the writer is given back.
    given_back: Condvar,
    /// Notified when something is handed over, as many wait as are awaited, or the run is over.
    handed_over: Condvar,
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
        state.awaited = 0;
        state.is_ending = false;
        Ok(thread)
    }

    /// Saves, and waits for the commit.
    pub(super) async fn save(&self, save: Save) -> Result<(), StoreError> {
        let key = save.key.clone();
        let failed = |why| cannot_save(&key, io::Error::other(why));
        let (done, mut saved) = oneshot::channel();
        let number = {
            let mut state = self.state();
            match state.writing {
                Writing::Panicked => return Err(failed(PANICKED)),
                Writing::Idle(_) | Writing::Busy if !state.is_ending => {
                    state.waiting.push_back((save, done));
                }
                _ => return Err(failed("no run has the archive")),
            }
            if state.count() == state.awaited {
                self.0.handed_over.notify_one();
            }
            state.taken + state.count()
        };
        // Those that are ready come along.
        to_the_back().await;
        loop {
            match saved.try_recv() {
                Ok(said) => return said,
                Err(TryRecvError::Closed) => return Err(failed(PANICKED)),
                Err(TryRecvError::Empty) if self.commit(number) => share_woken(),
                Err(TryRecvError::Empty) => break,
            }
        }
        saved.await.unwrap_or_else(|_| Err(failed(PANICKED)))
    }

    /// Commits what waits, as much as goes into one; `false` where somebody else sees to the save of this number.
    ///
    /// What others leave to this one meanwhile is handed over to a thread, and all where commits are synced, which takes milliseconds:
    /// this one serves others.
    fn commit(&self, number: u64) -> bool {
        let mut state = self.state();
        let syncs = state.durability == Durability::PowerCut;
        let writer = if syncs { None } else { state.take() };
        let Some(writer) = writer else {
            state.left = state.left.max(number);
            if syncs {
                self.hand_over(&mut state);
            }
            return false;
        };
        drop(state);
        self.commit_some(writer);
        self.hand_over(&mut self.state());
        true
    }

    fn hand_over(&self, state: &mut State) {
        if state.left > state.taken && !state.is_handed_over {
            state.is_handed_over = true;
            self.0.handed_over.notify_one();
        }
    }

    /// What is handed over, as long as a run has the archive.
    fn commit_handed_over(&self) {
        let mut state = self.state();
        loop {
            if state.left > state.taken {
                state = self.gathered(state);
                if let Some(writer) = state.take() {
                    let before = state.taken;
                    drop(state);
                    self.commit_some(writer);
                    state = self.state();
                    if state.durability == Durability::PowerCut {
                        let decayed = state.awaited - state.awaited / 4;
                        state.awaited = decayed.max(state.taken - before);
                    }
                    continue;
                }
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

    /// Where commits are synced: once about as many wait as went into those before, since whoever was told may soon save again, or when that
    /// takes too long.
    fn gathered<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        if state.durability != Durability::PowerCut {
            return state;
        }
        let too_few = |state: &mut State| state.count() < state.awaited && !state.is_ending;
        let handed_over = &self.0.handed_over;
        let gathered = handed_over.wait_timeout_while(state, PATIENCE, too_few);
        gathered.unwrap_or_else(PoisonError::into_inner).0
    }

    /// As many as go into a commit.
    fn commit_some(&self, mut writer: Box<Writer>) {
        let (batch, untold) = {
            let mut state = self.state();
            let batch = state.batch();
            let untold = if batch.is_empty() {
                None
            } else {
                state.untold()
            };
            (batch, untold)
        };
        if batch.is_empty() {
            return self.give_back(writer);
        }
        let (saves, waiting): (Vec<Save>, Vec<_>) = batch.into_iter().unzip();
        let committed = match untold {
            Some(error) => Ok(Err(error)),
            None => panic::catch_unwind(AssertUnwindSafe(|| self.commit_all(&mut writer, &saves))),
        };
        let Ok(committed) = committed else {
            // Nobody knows what is written, and nothing more is.
            drop((writer, waiting));
            return self.give_up();
        };
        // The next may begin, or the run end, while those of this one are told.
        self.give_back(writer);
        answer(saves.into_iter().zip(waiting), &committed);
    }

    fn commit_all(&self, writer: &mut Writer, saves: &[Save]) -> io::Result<()> {
        let durability = self.state().durability;
        writer.commit(saves, durability == Durability::PowerCut)?;
        if let Durability::Batched(_) = durability {
            self.state().unsynced = Some(writer.unsynced());
        }
        Ok(())
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
            state.taken += state.count();
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
            let mut state = self.state();
            state.failure = Some(error);
            state.is_untold = true;
        }
    }

    /// Commits what waits still, where who saved was cut off. Nothing more can be saved then.
    pub(super) fn end(&self) -> Option<Box<Writer>> {
        let mut state = self.state();
        state.is_ending = true;
        self.0.handed_over.notify_all();
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

    /// That something could not be synced.
    pub(super) fn failed_sync(&self) -> io::Result<()> {
        self.state().failure.take().map_or(Ok(()), Err)
    }

    /// Nobody panics while it is locked.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Commits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commits").finish_non_exhaustive()
    }
}

fn answer(batch: impl IntoIterator<Item = Waiting>, committed: &io::Result<()>) {
    for (save, done) in batch {
        let said = match committed {
            Ok(()) => Ok(()),
            // An error of all is that of each.
            Err(error) => Err(cannot_save(&save.key, again(error))),
        };
        // Who waited may have been cut off.
        let _ = done.send(said);
    }
}

fn cannot_save(key: &Key, error: io::Error) -> StoreError {
    StoreError::io(format!("cannot save `{key}`"), error)
}
