//! A store that is being made beside its place: what is under its own name is whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::store::{StoreError, place};

/// What its name ends with until it is whole.
const ENDING: &str = ".unfinished";

/// A folder beside the place; dropped before it is finished, it is removed. A kill leaves it, under a name that says what it is.
#[derive(Debug)]
pub(super) struct Unfinished {
    path: PathBuf,
    place: PathBuf,
    finished: bool,
}

impl Unfinished {
    /// Makes it.
    ///
    /// # Errors
    /// If something is in the place already, be it an empty folder: that may be the root of a file system, or somebody's who is in it.
    /// If another is unfinished there.
    pub(super) fn beside(place: &Path) -> Result<Self, StoreError> {
        let cannot =
            |path: &Path, error| StoreError::io(format!("cannot make {}", path.display()), error);
        let refused = |why: String| Err(cannot(place, io::Error::other(why)));
        match fs::symlink_metadata(place) {
            Ok(_) => return refused("it is there already; choose another place".to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(cannot(place, error)),
        }
        let Some(name) = place.file_name() else {
            return refused("it ends with no name of a folder; choose another place".to_owned());
        };
        let mut name = name.to_owned();
        name.push(ENDING);
        let path = place.with_file_name(name);
        let above = path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(above).map_err(|error| cannot(above, error))?;
        match fs::create_dir(&path) {
            Ok(()) => Ok(Self {
                path,
                place: place.to_owned(),
                finished: false,
            }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => refused(format!(
                "{} is there, which another has begun; if that has ended, look what is in it, and remove it",
                path.display()
            )),
            Err(error) => Err(cannot(&path, error)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it into its place, once all of it is on the disk.
    pub(super) async fn finish(mut self) -> Result<(), StoreError> {
        let (path, place) = (self.path.clone(), self.place.display());
        let cannot = |error| StoreError::io(format!("cannot sync {place}"), error);
        place::sync(&path).await.map_err(cannot)?;
        // It may have taken hours, and is whole.
        self.finished = true;
        fs::rename(&path, &self.place).map_err(|error| {
            let path = path.display();
            StoreError::io(
                format!("all of it is in {path}, which cannot be renamed to {place}"),
                error,
            )
        })?;
        place::sync_name(&self.place).map_err(cannot)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.finished {
            // Best effort: what stays is called unfinished.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
