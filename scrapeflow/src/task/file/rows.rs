//! The rows of a CSV file, each with the line on which it starts.
//!
//! `csv-core` is fed line by line instead of leaving the reading to `csv`, which counts neither
//! blank lines nor CRLF right and takes a quote that is never closed for the end of the file.

use std::borrow::Cow;

use csv_core::{ReadRecordResult, Reader};

use super::lines::Lines;
use crate::task::TaskError;
use crate::task::error::Place;

/// Reads a file row by row; one row is there at a time.
#[derive(Debug)]
pub(super) struct Rows {
    lines: Lines,
    /// How much of the line has been read.
    read: usize,
    reader: Reader,
    /// The line on which the row starts.
    start: u64,
    /// The cells of the row, one after another; the rest is room.
    text: Vec<u8>,
    /// Where each cell ends in `text`; the rest is room.
    ends: Vec<usize>,
    cells: usize,
}

impl Rows {
    pub(super) fn new(lines: Lines) -> Self {
        Self {
            lines,
            read: 0,
            reader: Reader::new(),
            start: 0,
            text: vec![0; 1024],
            ends: vec![0; 32],
            cells: 0,
        }
    }

    /// Goes to the next row; `false` if there is none.
    ///
    /// # Errors
    /// If a line cannot be read, or a quote is never closed.
    pub(super) fn advance(&mut self) -> Result<bool, TaskError> {
        let (mut bytes, mut cells) = (0, 0);
        loop {
            // A quoted line break is part of the text, so a row that goes on has some.
            let goes_on = bytes > 0 || cells > 0;
            if self.read == self.lines.text().len() {
                if goes_on && bytes > self.lines.max_line_bytes {
                    return Err(self.unclosed());
                }
                self.read = 0;
                if !self.lines.advance()? {
                    return if goes_on {
                        Err(self.unclosed())
                    } else {
                        Ok(false)
                    };
                }
            }
            if !goes_on {
                self.start = self.lines.number();
            }
            let (result, read, written, ended) = self.reader.read_record(
                &self.lines.text().as_bytes()[self.read..],
                &mut self.text[bytes..],
                &mut self.ends[cells..],
            );
            self.read += read;
            bytes += written;
            cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => {
                    self.cells = cells;
                    return Ok(true);
                }
                ReadRecordResult::End => return Ok(false),
            }
        }
    }

    /// The cells of the row.
    pub(super) fn cells(&self) -> impl ExactSizeIterator<Item = Cow<'_, str>> {
        let mut from = 0;
        self.ends[..self.cells].iter().map(move |&end| {
            let cell = &self.text[from..end];
            from = end;
            // The lines were UTF-8 and were cut at ASCII: nothing is lost.
            String::from_utf8_lossy(cell)
        })
    }

    /// Where the row starts.
    pub(super) fn place(&self) -> Place {
        self.lines.place(self.start)
    }

    /// The file as a whole.
    pub(super) fn file(&self) -> Place {
        self.lines.file()
    }

    fn unclosed(&self) -> TaskError {
        TaskError::new("a quote in this row is never closed; a quote in a cell is written as two")
            .at(self.place())
    }
}
