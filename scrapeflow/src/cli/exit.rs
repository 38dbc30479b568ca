//! How a command ends: its exit code, and what is said before.

use std::io;

use crate::run::error::RunError;
use crate::store::StoreError;
use crate::task::TaskError;

/// All well.
pub(super) const WELL: u8 = 0;
/// Tasks failed.
const FAILED: u8 = 1;
/// Something about the command is wrong.
const USAGE: u8 = 2;
/// The store, or a file, cannot be read or written.
pub(super) const STORE: u8 = 3;

/// Why a command ends before its end.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: u8,
    /// Nothing where there is nobody left to tell.
    pub(super) message: Option<String>,
}

impl Failure {
    fn new(code: u8, message: impl Into<String>) -> Self {
        Self {
            code,
            message: Some(message.into()),
        }
    }

    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self::new(FAILED, message)
    }

    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(USAGE, message)
    }

    pub(super) fn store(message: impl Into<String>) -> Self {
        Self::new(STORE, message)
    }

    /// The reader of a pipe has had enough.
    pub(super) fn nobody_reads() -> Self {
        Self {
            code: WELL,
            message: None,
        }
    }

    /// Standard output cannot be written to; that nobody reads it any more is no failure.
    pub(super) fn output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::nobody_reads();
        }
        Self::store(format!("cannot write to standard output: {error}"))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::store(error.to_string())
    }
}

impl From<TaskError> for Failure {
    fn from(error: TaskError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        Self::new(error.exit_code(), error.to_string())
    }
}
