//! What can go wrong with a store, and whether it concerns one task or the run.

use std::fmt;
use std::io;

/// A failure of a store: what could not be done, to what, and why.
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    message: String,
    source: Option<io::Error>,
}

/// What a [`StoreError`] means for the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// One task's status is there and cannot be read: that task is reported and left untouched.
    Broken,
    /// Another run uses the store.
    InUse,
    /// A name that cannot be one.
    Invalid,
    /// Reading or writing failed (disk full, read-only): the run stops.
    Io,
}

impl StoreError {
    /// One task's status cannot be read.
    pub fn broken(what: impl Into<String>, source: Option<io::Error>) -> Self {
        Self {
            kind: StoreErrorKind::Broken,
            message: what.into(),
            source,
        }
    }

    /// Another run uses the store.
    pub fn in_use(what: impl Into<String>) -> Self {
        Self {
            kind: StoreErrorKind::InUse,
            message: what.into(),
            source: None,
        }
    }

    /// A name that cannot be one.
    pub fn invalid(what: impl Into<String>) -> Self {
        Self {
            kind: StoreErrorKind::Invalid,
            message: what.into(),
            source: None,
        }
    }

    /// Reading or writing failed.
    pub fn io(what: impl Into<String>, source: io::Error) -> Self {
        Self {
            kind: StoreErrorKind::Io,
            message: what.into(),
            source: Some(source),
        }
    }

    /// What it means for the run.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The message already ends with it: as a source it would be said twice.
        self.source
            .as_ref()
            .and_then(|source| source.get_ref())
            .map(|e| e as _)
    }
}

/// The error, followed by what to do.
pub(super) fn with_remedy(error: &io::Error, remedy: &str) -> io::Error {
    io::Error::new(error.kind(), format!("{error}; {remedy}"))
}
