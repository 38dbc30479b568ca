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
    /// If something is in the place already, or what another has left.
    pub(super) fn beside(place: &Path) -> Result<Self, StoreError> {
        let cannot = |error| StoreError::io(format!("cannot write to {}", place.display()), error);
        let refused = |why: String| cannot(io::Error::other(why));
        // A link to an empty folder stays one.
        let place = match fs::canonicalize(place) {
            Ok(there) => there,
            Err(error) if error.kind() == io::ErrorKind::NotFound => place.to_owned(),
            Err(error) => return Err(cannot(error)),
        };
        match fs::read_dir(&place).map(|mut entries| entries.next().is_some()) {
            Ok(false) => {}
            Ok(true) => return Err(refused("it is not empty; choose another place".to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(cannot(error)),
        }
        let mut name = place.file_name().unwrap_or_default().to_owned();
        name.push(ENDING);
        let path = place.with_file_name(name);
        let above = path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(above).map_err(cannot)?;
        fs::create_dir(&path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => refused(format!(
                "{} is there, which another has begun; if that was killed, remove it",
                path.display()
            )),
            _ => cannot(error),
        })?;
        Ok(Self {
            path,
            place,
            finished: false,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it into its place, once all of it is on the disk.
    pub(super) async fn finish(mut self) -> Result<(), StoreError> {
        let cannot =
            |error| StoreError::io(format!("cannot write to {}", self.place.display()), error);
        place::sync(&self.path).await.map_err(cannot)?;
        match fs::remove_dir(&self.place) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(cannot(error)),
            _ => fs::rename(&self.path, &self.place).map_err(cannot)?,
        }
        self.finished = true;
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
