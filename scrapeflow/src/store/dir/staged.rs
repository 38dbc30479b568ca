//! A body that is being written: in place where nothing is named so yet, else beside the older one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::FutureExt;
use futures::future::{self, BoxFuture};

use super::files::{Files, Syncing};
use crate::store::{BodyName, Staged, StoreError};

/// Most pages fit, so that they reach the file in one write.
const BUFFER: usize = 64 * 1024;

pub(super) struct StagedFile {
    name: BodyName,
    files: Arc<Files>,
    syncing: Arc<Syncing>,
    written_at: PathBuf,
    place: PathBuf,
    /// `None` once it is finished.
    file: Option<BufWriter<File>>,
    published: bool,
}

impl StagedFile {
    pub(super) fn create(
        files: &Arc<Files>,
        syncing: Arc<Syncing>,
        name: &BodyName,
    ) -> Result<Self, StoreError> {
        let place = files.body(name);
        let (written_at, file) = match create_new(&place) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let temporary = files.temporary_body(name);
                let file = File::create(&temporary);
                (temporary, file)
            }
            created => (place.clone(), created),
        };
        let file = file.map_err(|error| cannot_save(name, error))?;
        Ok(Self {
            name: name.clone(),
            files: files.clone(),
            syncing,
            written_at,
            place,
            file: Some(BufWriter::with_capacity(BUFFER, file)),
            published: false,
        })
    }

    async fn finish_now(&mut self) -> Result<(), StoreError> {
        if let Some(mut file) = self.file.take() {
            file.flush()
                .map_err(|error| cannot_save(&self.name, error))?;
        }
        self.syncing
            .file(&self.written_at)
            .await
            .map_err(|error| cannot_save(&self.name, error))
    }

    async fn publish_now(mut self: Box<Self>) -> Result<(), StoreError> {
        if self.written_at != self.place {
            fs::rename(&self.written_at, &self.place)
                .map_err(|error| cannot_save(&self.name, error))?;
        }
        self.published = true;
        self.syncing
            .renamed(self.place.clone(), self.files.dir())
            .await
            .map_err(|error| cannot_save(&self.name, error))
    }
}

/// `create_new` so that a file that is there, whoever made it, is never written into.
fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

fn cannot_save(name: &BodyName, error: io::Error) -> StoreError {
    StoreError::io(format!("cannot save the body `{name}`"), error)
}

impl Staged for StagedFile {
    fn write<'a>(&'a mut self, chunk: &'a [u8]) -> BoxFuture<'a, Result<(), StoreError>> {
        let written = match &mut self.file {
            Some(file) => file.write_all(chunk),
            None => Err(io::Error::other("it is finished already")),
        };
        future::ready(written.map_err(|error| cannot_save(&self.name, error))).boxed()
    }

    fn finish(&mut self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.finish_now().boxed()
    }

    fn publish(self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>> {
        self.publish_now().boxed()
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        if !self.published {
            // Best effort: what stays is never named by a status, and the next run writes over it.
            let _ = fs::remove_file(&self.written_at);
        }
    }
}
