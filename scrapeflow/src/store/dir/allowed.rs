//! Where bodies that are links may lead: to files below the folders that the caller has named, and nowhere else, whoever made
//! the link.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::store::StoreError;

/// Folders, in their canonical form.
#[derive(Debug, Default)]
pub(super) struct Allowed(Mutex<Vec<PathBuf>>);

impl Allowed {
    pub(super) fn set(&self, below: &[PathBuf]) {
        // A panic elsewhere leaves it whole: every change is one assignment.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = below.to_vec();
    }

    /// The file that is at a path, or that a link there leads to; `None` if there is none, or none any more.
    pub(super) fn file(&self, path: PathBuf) -> Result<Option<(PathBuf, Metadata)>, StoreError> {
        match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_symlink() => self.target(&path),
            Ok(meta) => Ok(meta.is_file().then_some((path, meta))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io(
                format!("cannot look at {}", path.display()),
                error,
            )),
        }
    }

    fn target(&self, link: &Path) -> Result<Option<(PathBuf, Metadata)>, StoreError> {
        let found = fs::canonicalize(link).and_then(|to| Ok((fs::metadata(&to)?, to)));
        let (meta, to) = match found {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let what = format!("cannot follow the link {}", link.display());
                return Err(if is_of_link(&error) {
                    StoreError::broken(what, Some(error))
                } else {
                    StoreError::io(what, error)
                });
            }
        };
        let folders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if folders.iter().any(|folder| to.starts_with(folder)) {
            return Ok(meta.is_file().then_some((to, meta)));
        }
        let (link, to) = (link.display(), to.display());
        let what = format!(
            "{link} is a link to {to}, below no folder that is allowed (by `local_roots`, or --local-root)"
        );
        Err(StoreError::broken(what, None))
    }
}

/// Whether the link is wrong, in a circle or through what one may not see, rather than the machine in trouble.
fn is_of_link(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
        return true;
    }
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::NotADirectory
    )
}
