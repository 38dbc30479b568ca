//! `Files`: the task's own files in the store.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::digest::BodyDigest;
use crate::error::{Class, Error, Result};
use crate::executor::call::{Call, Saving};
use crate::executor::contract::{Argument, HasBody};
use crate::executor::input::Needs;
use crate::status::{SavedFile, Validators};
#[cfg(feature = "fetch")]
use crate::store::Exchange;
use crate::store::{BodyName, Staged, whole};

/// The task's own files, `<key>.<suffix>`. What is saved becomes visible together with the status of the
/// executor, when it succeeds; a failed attempt leaves nothing. No input.
///
/// ```
/// use scrapeflow::prelude::*;
/// use scrapeflow::ready::scrape;
///
/// #[executor]
/// async fn shout(page: Body<scrape>, files: Files) -> Result<Saved> {
///     files.save("shout", page.text().to_uppercase()).await
/// }
///
/// /// Compiles because `Saved` says that there is a file.
/// #[executor]
/// async fn length(text: Body<shout>) -> Result<usize> {
///     Ok(text.bytes().len())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Files(Call);

/// A file that an executor saved; returned by it, it lets others read the file as `Body`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// In bytes.
    pub size: u64,
    /// The MD5 of the file in lower-case hex.
    pub content: String,
}

impl HasBody for Saved {}

impl Files {
    /// The files of a call's task.
    pub(crate) fn of(call: &Call) -> Self {
        Self(call.clone())
    }

    /// Saves a file under `<key>.<suffix>`, in place of an older one.
    ///
    /// # Errors
    /// If the suffix has other characters than `[A-Za-z0-9_-]` and a dot before an ending (`thumb.webp`), another executor
    /// saved that file, or the store fails.
    pub async fn save(&self, suffix: &str, bytes: impl AsRef<[u8]>) -> Result<Saved> {
        let mut file = self.create(suffix).await?;
        file.write(bytes.as_ref()).await?;
        file.finish().await
    }

    /// Begins a file that is written in chunks; one of the same suffix that this attempt saved before is
    /// discarded.
    ///
    /// # Errors
    /// As [`save`](Files::save).
    pub async fn create(&self, suffix: &str) -> Result<FileWriter> {
        let name = self.name(suffix)?;
        let file = name.file_name();
        self.refuse_files_of_others(&file)?;
        self.0.forget(&file);
        let staged = self.0.site().scope.store.stage(&name).await?;
        Ok(FileWriter {
            call: self.0.clone(),
            name,
            staged,
            content_type: None,
            validators: Validators::default(),
            size: 0,
            md5: BodyDigest::new(),
        })
    }

    /// Reads a file that was saved before this attempt; `None` if there is none.
    ///
    /// # Errors
    /// If the suffix cannot be one, or the store fails.
    pub async fn read(&self, suffix: &str) -> Result<Option<Bytes>> {
        let name = self.name(suffix)?;
        let store = &self.0.site().scope.store;
        match store.open(&name).await? {
            None => Ok(None),
            Some(chunks) => Ok(Some(whole(chunks).await?)),
        }
    }

    /// Makes a file of this machine one of the task's, by a link where the store has such; `saved` tells what is in it.
    #[cfg(feature = "images")]
    pub(crate) async fn link(
        &self,
        suffix: &str,
        path: &std::path::Path,
        saved: Saved,
    ) -> Result<Saved> {
        let name = self.name(suffix)?;
        let file = name.file_name();
        self.refuse_files_of_others(&file)?;
        self.0.forget(&file);
        let staged = self.0.site().scope.store.stage_link(&name, path).await?;
        let file = SavedFile {
            name: file,
            size: saved.size,
            md5: saved.content.clone(),
            content_type: None,
            validators: Validators::default(),
        };
        self.0.keep(Saving {
            file,
            staged: Some(staged),
        });
        Ok(saved)
    }

    #[cfg(feature = "images")]
    pub(crate) fn call(&self) -> &Call {
        &self.0
    }

    fn name(&self, suffix: &str) -> Result<BodyName> {
        BodyName::new(self.0.key(), suffix)
            .map_err(|error| Error::recorded(Class::Runtime, error.to_string()))
    }

    /// Two executors that save one file would each find the other's under their success.
    fn refuse_files_of_others(&self, name: &str) -> Result<()> {
        let site = self.0.site();
        for (index, step) in site.scope.steps.iter().enumerate() {
            let meta = site.status.record(index).meta();
            if index != site.step && meta.files.iter().any(|file| file.name == name) {
                return Err(Error::recorded(
                    Class::Runtime,
                    format!("`{name}` was saved by `{}`; use another suffix", step.name),
                ));
            }
        }
        Ok(())
    }
}

impl<S> Argument<S> for Files {
    fn describe(_: &mut Needs) {}

    async fn get(call: &Call) -> Result<Self> {
        Ok(Self::of(call))
    }
}

#[must_use = "a file that is not finished is discarded"]
/// A file that is being written; dropped before [`finish`](FileWriter::finish), it is discarded.
pub struct FileWriter {
    call: Call,
    name: BodyName,
    staged: Box<dyn Staged>,
    content_type: Option<String>,
    validators: Validators,
    size: u64,
    md5: BodyDigest,
}

impl FileWriter {
    /// Says what is in it: `Body` decodes text by it.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// By which the server tells whether it has changed.
    #[cfg(feature = "fetch")]
    pub(crate) fn validators(mut self, validators: Validators) -> Self {
        self.validators = validators;
        self
    }

    /// Tells the store how it comes.
    #[cfg(feature = "fetch")]
    pub(crate) fn came_by(mut self, exchange: &dyn Exchange) -> Self {
        self.staged.came_by(exchange);
        self
    }

    /// Appends a chunk.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<()> {
        self.write_bytes(Bytes::copy_from_slice(chunk)).await
    }

    /// Appends a chunk without copying it.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn write_bytes(&mut self, chunk: Bytes) -> Result<()> {
        self.size += chunk.len() as u64;
        self.md5.update(&chunk);
        self.staged.write(chunk).await?;
        Ok(())
    }

    /// Completes the file.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn finish(mut self) -> Result<Saved> {
        let saved = Saved {
            size: self.size,
            content: self.md5.finish(&self.call.site().scope.digests).await,
        };
        self.staged.finish(Some(&saved.content)).await?;
        let file = SavedFile {
            name: self.name.file_name(),
            size: saved.size,
            md5: saved.content.clone(),
            content_type: self.content_type,
            validators: self.validators,
        };
        self.call.keep(Saving {
            file,
            staged: Some(self.staged),
        });
        Ok(saved)
    }
}

impl std::fmt::Debug for FileWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileWriter")
            .field("name", &self.name)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
