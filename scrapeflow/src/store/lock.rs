//! One run at a time: an exclusive lock on a file, which the system lets go when the process ends,
//! however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use super::error::with_remedy;
use super::{StoreError, file};

/// Held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone wouldn't do: a process that is being started from this one shares the open file
        // for a moment. Where it fails, closing has to do.
        let _ = self.0.unlock();
    }
}

/// Takes the lock at `path`, of a store in `dir`.
pub(super) fn take(path: &Path, dir: &Path) -> Result<Lock, StoreError> {
    let failed = |error| {
        let remedy = "give the run a directory in which it can write and lock files";
        let what = format!("cannot lock {}", path.display());
        StoreError::io(what, with_remedy(&error, remedy))
    };
    // What is there is left as it is, whatever it is.
    let file = file::open(path, OpenOptions::new().write(true).create(true)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::in_use(format!(
            "{} is in use by another run; wait for it to end, or give this one another place",
            dir.display()
        ))),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
