//! A body that is being written: in place where nothing is named so yet, else beside the older one.

use std::fs::File;
use std::io::{self, IoSlice, Write};
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{self, BoxFuture};

use super::files::{Files, Syncing};
use super::folder::Entry;
use crate::store::{BodyName, Staged, StoreError};

/// How much is held back before it is written: most pages fit, and reach the file in one call without
/// having been copied.
const HELD: usize = 64 * 1024;

/// And how many pieces, each of which keeps alive the buffer that it came in.
const PIECES: usize = 64;

pub(super) struct StagedFile {
    name: BodyName,
    files: Arc<Files>,
    syncing: Arc<Syncing>,
    held: Vec<Bytes>,
    held_bytes: usize,
    written: Option<Written>,
    published: bool,
    /// Of the store, when this was begun.
    holder: u64,
}

/// The file and its name.
struct Written {
    file: File,
    place: Entry,
    /// Where it is until it is published, unless it is in its place.
    beside: Option<Entry>,
}

impl StagedFile {
    pub(super) fn new(files: &Arc<Files>, syncing: &Arc<Syncing>, name: &BodyName) -> Self {
        Self {
            name: name.clone(),
            files: files.clone(),
            syncing: syncing.clone(),
            held: Vec::new(),
            held_bytes: 0,
            written: None,
            published: false,
            holder: syncing.holder(),
        }
    }

    fn hold(&mut self, chunk: Bytes) -> io::Result<()> {
        self.held_bytes += chunk.len();
        self.held.push(chunk);
        if self.held_bytes < HELD && self.held.len() < PIECES {
            return Ok(());
        }
        self.write_held(false)
    }

    /// Writes what is held; `whole` if that is all of it.
    fn write_held(&mut self, whole: bool) -> io::Result<()> {
        let written = match &mut self.written {
            Some(written) => written,
            None => self
                .written
                .insert(Written::create(&self.files, &self.name, whole)?),
        };
        let mut slices: Vec<IoSlice<'_>> =
            self.held.iter().map(|chunk| IoSlice::new(chunk)).collect();
        write_all_vectored(&mut written.file, &mut slices)?;
        self.held.clear();
        self.held_bytes = 0;
        Ok(())
    }

    async fn finish_now(&mut self) -> io::Result<()> {
        self.write_held(true)?;
        match &self.written {
            Some(written) => self.syncing.file(written.at()).await,
            None => Ok(()),
        }
    }

    fn publish_now(&mut self) -> io::Result<()> {
        if self.holder != self.syncing.holder() {
            return Err(io::Error::other("the run that began it is over"));
        }
        let Some(written) = &self.written else {
            return Err(io::Error::other("it was not finished"));
        };
        if let Some(beside) = &written.beside {
            beside.rename(&written.place)?;
        }
        self.syncing.published(&written.place);
        Ok(())
    }

    fn cannot_save(&self, error: io::Error) -> StoreError {
        let place = self.files.body(&self.name);
        StoreError::io(format!("cannot save {}", place.path().display()), error)
    }
}

impl Written {
    /// In place, which saves the rename, where all of it is written at once and nothing is replaced.
    fn create(files: &Files, name: &BodyName, whole: bool) -> io::Result<Self> {
        let place = files.body(name);
        if whole {
            match place.create_new() {
                Ok(file) => {
                    return Ok(Self {
                        file,
                        place,
                        beside: None,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        let beside = files.temporary_body(name);
        Ok(Self {
            file: beside.create_new()?,
            place,
            beside: Some(beside),
        })
    }

    /// Where it is before it is published.
    fn at(&self) -> &Entry {
        self.beside.as_ref().unwrap_or(&self.place)
    }
}

fn write_all_vectored(file: &mut File, mut slices: &mut [IoSlice<'_>]) -> io::Result<()> {
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        match file.write_vectored(slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut slices, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Staged for StagedFile {
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), StoreError>> {
        let held = self.hold(chunk);
        future::ready(held.map_err(|error| self.cannot_save(error))).boxed()
    }

    fn finish(&mut self, _: Option<&str>) -> BoxFuture<'_, Result<(), StoreError>> {
        async move {
            let finished = self.finish_now().await;
            finished.map_err(|error| self.cannot_save(error))
        }
        .boxed()
    }

    fn publish(mut self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>> {
        let published = self.publish_now();
        // Also where it isn't: the status that names it is removed first, and what stays by the next run's sweep.
        self.published = true;
        future::ready(published.map_err(|error| self.cannot_save(error))).boxed()
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        if let Some(written) = &self.written
            && !self.published
            && self.holder == self.syncing.holder()
        {
            // Not another run's file of that name. Best effort: what stays is never named by a status, and the
            // next run writes over it.
            let _ = written.at().remove();
        }
    }
}
