//! Files of tasks: JSONL, CSV, and lists of URLs.
//!
//! A file is opened when the run is described and read as it goes on, line by line and by
//! `std::fs`: such small reads, mostly out of a buffer, cost less than handing them to another
//! thread. What lets wait for more has a thread of its own ([`waited`]). What a line means is decided by pure functions from text to [`Task`]; [`Lines`] adds
//! where it was.

mod csv;
#[cfg(all(feature = "cli", any(test, fuzzing)))]
mod invariants;
mod jsonl;
mod lines;
mod row;
mod rows;
mod url_list;
mod waited;

use std::path::Path;
use std::sync::Arc;

use super::error::Place;
use super::{Task, TaskError};
#[cfg(all(feature = "cli", any(test, fuzzing)))]
pub(crate) use invariants::{check_csv, check_jsonl, check_urls};
use lines::Lines;
pub(super) use waited::{lets_wait, waited};

/// What a file of tasks is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Jsonl,
    Csv,
    UrlList,
}

impl Format {
    /// The format that the extension of a file names.
    ///
    /// # Errors
    /// If it names none.
    pub(super) fn of(path: &Path) -> Result<Self, TaskError> {
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        match extension.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" => Ok(Self::Jsonl),
            "csv" => Ok(Self::Csv),
            "txt" => Ok(Self::UrlList),
            _ => Err(TaskError::new(
                "the file's extension tells no format: .jsonl and .ndjson hold a JSON object a line, \
                 .csv has a header row, .txt has a URL a line; rename it, or name the format by \
                 `Tasks::from_jsonl`, `from_csv` or `from_url_list`",
            )
            .at(Place::File(name(path)))),
        }
    }
}

/// The tasks of a JSONL file.
///
/// # Errors
/// If it cannot be opened.
pub(super) fn jsonl(path: &Path) -> Result<impl Iterator<Item = Item> + Send + use<>, TaskError> {
    Ok(Lines::open(path)?.tasks(jsonl::task))
}

/// The tasks of a CSV file.
///
/// # Errors
/// If it cannot be opened, or its header is of no use.
pub(super) fn csv(path: &Path) -> Result<impl Iterator<Item = Item> + Send + use<>, TaskError> {
    csv::Csv::new(Lines::open(path)?)
}

/// The tasks of a file with a URL a line.
///
/// # Errors
/// If it cannot be opened.
pub(super) fn url_list(
    path: &Path,
) -> Result<impl Iterator<Item = Item> + Send + use<>, TaskError> {
    Ok(Lines::open(path)?.tasks(url_list::task))
}

/// By which name it is known.
const STANDARD_INPUT: &str = "-";

type Item = Result<Task, TaskError>;

/// A path as messages name it.
fn name(path: &Path) -> Arc<str> {
    path.to_string_lossy().into()
}

#[cfg(test)]
mod tests;
