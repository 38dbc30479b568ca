//! A body that is a file elsewhere: a symbolic link, which gets its name by rename like all others. Nothing is ever written
//! through it, and what it leads to is never removed.

use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{self, BoxFuture};

use super::files::{Files, Syncing};
use super::folder::Entry;
use crate::store::{BodyName, Staged, StoreError};

pub(super) struct StagedLink {
    syncing: Arc<Syncing>,
    at: Entry,
    place: Entry,
    published: bool,
    /// Of the store, when this was begun.
    holder: u64,
}

impl StagedLink {
    pub(super) fn new(
        files: &Arc<Files>,
        syncing: &Arc<Syncing>,
        name: &BodyName,
        to: &Path,
    ) -> Result<Self, StoreError> {
        let (at, place) = (files.temporary_body(name), files.body(name));
        symlink(to, at.path()).map_err(|error| cannot_save(&place, error))?;
        Ok(Self {
            syncing: syncing.clone(),
            at,
            place,
            published: false,
            holder: syncing.holder(),
        })
    }

    fn publish_now(&mut self) -> io::Result<()> {
        if self.holder != self.syncing.holder() {
            return Err(io::Error::other("the run that began it is over"));
        }
        self.at.rename(&self.place)?;
        self.syncing.published(&self.place);
        Ok(())
    }
}

fn cannot_save(place: &Entry, error: io::Error) -> StoreError {
    StoreError::io(format!("cannot save {}", place.path().display()), error)
}

impl Staged for StagedLink {
    fn write(&mut self, _: Bytes) -> BoxFuture<'_, Result<(), StoreError>> {
        let error = io::Error::other("a link is not written through");
        future::ready(Err(cannot_save(&self.place, error))).boxed()
    }

    fn finish(&mut self, _: Option<&str>) -> BoxFuture<'_, Result<(), StoreError>> {
        future::ready(Ok(())).boxed()
    }

    fn publish(mut self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>> {
        let published = self.publish_now();
        // Also where it isn't: the status that names it is removed first, and what stays by the next run's sweep.
        self.published = true;
        future::ready(published.map_err(|error| cannot_save(&self.place, error))).boxed()
    }
}

impl Drop for StagedLink {
    fn drop(&mut self) {
        if !self.published && self.holder == self.syncing.holder() {
            // Best effort: what stays is never named by a status, and the next run's sweep removes it.
            let _ = self.at.remove();
        }
    }
}
