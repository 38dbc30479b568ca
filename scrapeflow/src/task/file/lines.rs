//! The physical lines of a file, as UTF-8, with their numbers.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::{iter, mem};

use super::{STANDARD_INPUT, name};
use crate::task::error::Place;
use crate::task::{Task, TaskError};

/// A line longer than this is a mistake (a file without line breaks, binary data), not a task.
const MAX_LINE_BYTES: usize = 64 << 20;

const BUFFER_BYTES: usize = 64 << 10;

/// What the process was given, whoever opened it.
#[cfg(unix)]
pub(super) fn standard_input() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
pub(super) fn standard_input() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

/// Reads a file line by line; one line is there at a time.
#[derive(Debug)]
pub(super) struct Lines {
    file: BufReader<File>,
    name: Arc<str>,
    text: String,
    number: u64,
    pub(super) max_line_bytes: usize,
}

impl Lines {
    /// Opens a file, before its first line; `-` is standard input.
    ///
    /// # Errors
    /// If it isn't there, isn't a file, or cannot be read.
    pub(super) fn open(path: &Path) -> Result<Self, TaskError> {
        let is_input = path.as_os_str() == STANDARD_INPUT;
        let name = if is_input {
            "standard input".into()
        } else {
            name(path)
        };
        let refuse = |error| {
            TaskError::from_cause(error)
                .context("cannot open it")
                .at(Place::File(Arc::clone(&name)))
        };
        let file = if is_input {
            standard_input()
        } else {
            File::open(path)
        };
        let file = file.map_err(refuse)?;
        // Opening a directory works on Unix; only reading it would fail.
        if file.metadata().map_err(refuse)?.is_dir() {
            return Err(refuse(io::ErrorKind::IsADirectory.into()));
        }
        Ok(Self {
            file: BufReader::with_capacity(BUFFER_BYTES, file),
            name,
            text: String::new(),
            number: 0,
            max_line_bytes: MAX_LINE_BYTES,
        })
    }

    /// Goes to the next line; `false` if there is none.
    ///
    /// # Errors
    /// If it cannot be read, is too long, or isn't UTF-8.
    pub(super) fn advance(&mut self) -> Result<bool, TaskError> {
        self.number += 1;
        let mut bytes = mem::take(&mut self.text).into_bytes();
        bytes.clear();
        let limit = self.max_line_bytes as u64 + 1;
        if let Err(error) = self.file.by_ref().take(limit).read_until(b'\n', &mut bytes) {
            return Err(self.here(TaskError::from_cause(error).context("cannot read it")));
        }
        if bytes.len() > self.max_line_bytes {
            return Err(self.here(TaskError::new(format!(
                "the line is longer than {} bytes; is there a task on each line?",
                self.max_line_bytes
            ))));
        }
        let more = !bytes.is_empty();
        if more && bytes.last() != Some(&b'\n') {
            bytes.push(b'\n');
        }
        self.text = String::from_utf8(bytes).map_err(|error| self.not_utf8(error.as_bytes()))?;
        // What Windows puts in front of a file to say that it is UTF-8.
        if self.number == 1 && self.text.starts_with('\u{FEFF}') {
            self.text.remove(0);
        }
        Ok(more)
    }

    /// The line, always with a line feed at its end.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The number of the line; the first is 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Where a line is.
    pub(super) fn place(&self, line: u64) -> Place {
        let file = Arc::clone(&self.name);
        Place::Line { file, line }
    }

    /// The file as a whole.
    pub(super) fn file(&self) -> Place {
        Place::File(Arc::clone(&self.name))
    }

    /// The tasks of a file in which each line is one, or none (`Ok(None)`).
    pub(super) fn tasks(
        mut self,
        task: fn(&str) -> Result<Option<Task>, TaskError>,
    ) -> impl Iterator<Item = Result<Task, TaskError>> + Send {
        let mut next = move || {
            while self.advance()? {
                match task(&self.text) {
                    Ok(Some(task)) => return Ok(Some(task.at(self.place(self.number)))),
                    Ok(None) => {}
                    Err(error) => return Err(self.here(error)),
                }
            }
            Ok(None)
        };
        iter::from_fn(move || next().transpose())
    }

    fn here(&self, error: TaskError) -> TaskError {
        error.at(self.place(self.number))
    }

    fn not_utf8(&self, bytes: &[u8]) -> TaskError {
        let encoding = match bytes {
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] if self.number == 1 => "utf-16",
            _ => "latin1",
        };
        self.here(TaskError::new(format!(
            "the line is not UTF-8; convert the file, e.g. by `iconv -f {encoding} -t utf-8`"
        )))
    }
}
