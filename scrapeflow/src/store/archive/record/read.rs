//! A record of a WARC file, read back.

use std::io::{self, BufRead, BufReader, Read};

use bytes::Bytes;
use flate2::bufread::GzDecoder;

use super::{Coding, FILE};

/// The body of a record that begins here, and has that many bytes.
pub(in crate::store::archive) fn body(
    record: impl Read + Send + 'static,
    length: u64,
    coding: Coding,
) -> io::Result<Body> {
    let record = BufReader::with_capacity(at_once(length), record.take(length));
    let mut reader: Box<dyn BufRead + Send> = match coding {
        Coding::Plain => Box::new(record),
        Coding::Gzip => Box::new(BufReader::with_capacity(READ, GzDecoder::new(record))),
    };
    let head = head(&mut reader)?;
    let field = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        let mut named = lines.filter(|(of, _)| of.eq_ignore_ascii_case(name));
        // A key may begin with a space of its own.
        named
            .next()
            .map(|(_, value)| value.strip_prefix(' ').unwrap_or(value).to_owned())
    };
    if !head.starts_with("WARC/1.") {
        return Err(io::Error::other("no record begins there"));
    }
    let length = field("Content-Length").and_then(|length| length.trim().parse::<u64>().ok());
    let mut left = length.ok_or_else(|| io::Error::other("its record has no length"))?;
    if field("WARC-Type").is_some_and(|kind| kind.trim() == "response") {
        let http = self::head(&mut reader)?;
        left = left
            .checked_sub(http.len() as u64)
            .ok_or_else(|| io::Error::other("its record is shorter than its head"))?;
    }
    Ok(Body {
        file: field(FILE),
        left,
        reader,
    })
}

/// The most that is read at once, in bytes.
pub(super) const READ: usize = 64 * 1024;

/// How much is read at once of what has that many bytes.
fn at_once(length: u64) -> usize {
    usize::try_from(length).unwrap_or(READ).min(READ)
}

/// The longest head of a record, in bytes: a site may send many headers.
const LONGEST: u64 = 4 * 1024 * 1024;

/// All until the first empty line, that included.
fn head(reader: &mut dyn BufRead) -> io::Result<String> {
    let mut head = Vec::with_capacity(512);
    let mut limited = reader.take(LONGEST);
    loop {
        let line = limited.read_until(b'\n', &mut head)?;
        if line == 0 {
            return Err(io::Error::other("its record has no head"));
        }
        if matches!(&head[head.len() - line..], b"\r\n" | b"\n") {
            return Ok(shown(&head));
        }
    }
}

/// Headers may be of any charset: a character for each byte, so that lengths stay.
pub(in crate::store::archive) fn shown(bytes: &[u8]) -> String {
    let characters = bytes.iter().map(|byte| char::from(*byte));
    let ascii = characters.map(|c| if c.is_ascii() { c } else { '?' });
    ascii.collect()
}

/// What is inside of a record.
pub(in crate::store::archive) struct Body {
    /// Which of a task's files it says it is.
    pub(in crate::store::archive) file: Option<String>,
    /// Bytes that are to come.
    pub(in crate::store::archive) left: u64,
    reader: Box<dyn BufRead + Send>,
}

impl Body {
    /// The next piece; `None` at the end.
    pub(in crate::store::archive) fn next(&mut self) -> io::Result<Option<Bytes>> {
        if self.left == 0 {
            // The sum of a gzip member stands behind it.
            io::copy(&mut self.reader, &mut io::sink())?;
            return Ok(None);
        }
        let room = at_once(self.left);
        let mut piece = vec![0; room];
        self.reader.read_exact(&mut piece)?;
        self.left -= room as u64;
        Ok(Some(piece.into()))
    }
}
