//! A body that is read from its record, and compared with what it was when it was saved.

use std::fs::OpenOptions;
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures::stream::{self, StreamExt};

use super::database::{self, Place};
use super::folder::Folder;
use super::readers::Readers;
use super::record;
use crate::digest::{Batch, BodyDigest};
use crate::store::{BodyName, BodyStream, StoreError};

/// One that is being read.
struct Opened {
    body: record::Body,
    digest: BodyDigest,
    /// Bodies that are read at about the same time.
    digests: Batch,
    /// Its MD5, where that is known.
    saved: Option<String>,
    stands: Stands,
}

/// Where it stands, for errors.
struct Stands {
    name: BodyName,
    dir: PathBuf,
    /// `None` if the archive knows no such file.
    file: Option<PathBuf>,
    offset: u64,
}

/// Its chunks; an error in place of the end if they aren't what was saved.
pub(super) fn open(
    readers: &Readers,
    folder: &Folder,
    digests: &Batch,
    name: &BodyName,
) -> Result<Option<BodyStream<'static>>, StoreError> {
    let found = readers.with(|connection| database::place_and_file(connection, name))?;
    let Some((place, file)) = found.flatten() else {
        return Ok(None);
    };
    let stands = Stands {
        name: name.clone(),
        dir: folder.dir().to_owned(),
        file,
        offset: place.offset,
    };
    let opened = match &stands.file {
        Some(file) => record_of(folder, file, &place, name),
        None => Err(io::Error::other("the archive knows no such file")),
    };
    let opened = Opened {
        body: opened.map_err(|error| stands.cannot(error))?,
        digest: BodyDigest::new(),
        digests: digests.clone(),
        saved: place.md5,
        stands,
    };
    Ok(Some(stream::try_unfold(opened, Opened::next).boxed()))
}

fn record_of(
    folder: &Folder,
    file: &Path,
    place: &Place,
    name: &BodyName,
) -> io::Result<record::Body> {
    let mut opened = crate::store::file::open(&folder.path(file)?, OpenOptions::new().read(true))?;
    opened.seek(SeekFrom::Start(place.offset))?;
    let body = record::body(opened, place.length, Folder::coding(file))?;
    let wrong = |what: String| Err(io::Error::other(what));
    match &body.file {
        Some(file) if *file != record::shown(name.file_name().as_bytes()) => {
            wrong(format!("the record there is of `{file}`"))
        }
        _ if body.left != place.size => wrong(format!(
            "the record there has {} bytes instead of {}",
            body.left, place.size
        )),
        _ => Ok(body),
    }
}

impl Opened {
    /// The next chunk.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, StoreError> {
        let next = self.body.next();
        if let Some(chunk) = next.map_err(|error| self.stands.cannot(error))? {
            if self.saved.is_some() {
                self.digest.update(&chunk);
            }
            return Ok(Some((chunk, self)));
        }
        let Some(saved) = self.saved else {
            return Ok(None);
        };
        // Its file, which others who are ready would have to wait for.
        drop(self.body);
        if self.digest.finish(&self.digests).await == saved {
            return Ok(None);
        }
        let damaged = "it is damaged: its MD5 isn't what it was when it was saved";
        Err(self.stands.cannot(io::Error::other(damaged)))
    }
}

impl Stands {
    fn cannot(&self, error: io::Error) -> StoreError {
        let (name, dir) = (&self.name, &self.dir);
        let what = match &self.file {
            Some(file) => format!(
                "cannot read `{name}` at byte {} of {}",
                self.offset,
                dir.join(file).display()
            ),
            None => format!("cannot read `{name}` in {}", dir.display()),
        };
        // What the system doesn't say is wrong with the record.
        match error.raw_os_error() {
            Some(_) => StoreError::io(what, error),
            None => StoreError::broken(what, Some(error)),
        }
    }
}
