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
    /// One task's status is there and cannot be read: that task is reported and left untouched. Or its body is: whoever reads
    /// that fails.
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
        let Some(source) = &self.source else {
            return Ok(());
        };
        write!(f, ": {source}")?;
        match limit_of(source) {
            Some(limit) => write!(f, "; {limit}"),
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

/// What to do where a process or a disk has no more room, which the system's message doesn't say.
#[cfg(unix)]
fn limit_of(error: &io::Error) -> Option<&'static str> {
    use rustix::io::Errno;

    match Errno::from_io_error(error)? {
        Errno::MFILE => Some(
            "raise that limit by `ulimit -n`, or work on fewer tasks at once (`max_parallelism`, `--parallelism`)",
        ),
        Errno::NOSPC | Errno::DQUOT => Some("make room; what was saved stays"),
        _ => None,
    }
}

#[cfg(not(unix))]
fn limit_of(_: &io::Error) -> Option<&'static str> {
    None
}

/// The same error for another who waits for it.
#[cfg(feature = "archive")]
pub(super) fn again(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// The error, followed by what to do.
pub(super) fn with_remedy(error: &io::Error, remedy: &str) -> io::Error {
    io::Error::new(error.kind(), format!("{error}; {remedy}"))
}
