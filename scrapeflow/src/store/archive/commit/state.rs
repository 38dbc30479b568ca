//! What waits for commits, and where the writer is.

use std::collections::VecDeque;
use std::io;

use tokio::sync::oneshot;

use super::super::save::Save;
use super::super::writer::{Unsynced, Writer};
use crate::store::{Durability, StoreError};

/// A save that waits for its commit.
pub(super) type Waiting = (Save, oneshot::Sender<Result<(), StoreError>>);

/// Saves that go into one commit at most.
const TOGETHER: usize = 512;

/// Of so many bytes no more are begun in it.
const BYTES: u64 = 8 * 1024 * 1024;

#[derive(Default)]
pub(super) struct State {
    pub(super) waiting: VecDeque<Waiting>,
    /// How many saves have gone into commits. Those that wait are numbered from there on.
    pub(super) taken: u64,
    /// The number of the last save whose owner leaves it to others.
    pub(super) left: u64,
    /// How many are to wait before the thread goes on.
    pub(super) awaited: u64,
    /// Whether the thread will see to what is left.
    pub(super) is_handed_over: bool,
    pub(super) writing: Writing,
    pub(super) durability: Durability,
    /// No more is to be saved.
    pub(super) is_ending: bool,
    /// What was committed and not synced, for [`Durability::Batched`].
    pub(super) unsynced: Option<Unsynced>,
    /// Why that could not be synced.
    pub(super) failure: Option<io::Error>,
    /// Whether no save was told of it.
    pub(super) is_untold: bool,
}

/// Where the writer is.
#[derive(Default)]
pub(super) enum Writing {
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

impl State {
    /// How many wait.
    pub(super) fn count(&self) -> u64 {
        self.waiting.len() as u64
    }

    /// What goes into the next commit.
    pub(super) fn batch(&mut self) -> Vec<Waiting> {
        let mut size = 0;
        let fits = self.waiting.iter().take(TOGETHER).take_while(|(save, _)| {
            let fits = size < BYTES;
            size += save
                .bodies
                .iter()
                .map(|body| body.record.whole)
                .sum::<u64>();
            fits
        });
        let count = fits.count();
        self.taken += count as u64;
        self.waiting.drain(..count).collect()
    }

    /// What was acknowledged before may not be on the disk: whoever comes next is told.
    pub(super) fn untold(&mut self) -> Option<io::Error> {
        let error = self.failure.as_ref()?;
        let what = format!("what was saved before could not be synced: {error}");
        std::mem::take(&mut self.is_untold).then(|| io::Error::new(error.kind(), what))
    }

    /// The writer, unless somebody has it.
    pub(super) fn take(&mut self) -> Option<Box<Writer>> {
        match std::mem::replace(&mut self.writing, Writing::Busy) {
            Writing::Idle(writer) => Some(writer),
            other => {
                self.writing = other;
                None
            }
        }
    }
}
