//! Rows as JSON lines in a temporary file, until all of them have been seen.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::sync::Arc;

use futures::stream::{self, Stream, StreamExt};

use super::destination::Destination;
use crate::rows::Row;
use crate::rows::kind::Fields;

/// How much is read and worked on at once, in bytes.
const PIECE: usize = 512 * 1024;

/// Rows, and which columns they have.
#[derive(Debug)]
pub(crate) struct Spill {
    file: BufWriter<File>,
    pub(crate) fields: Fields,
}

impl Spill {
    /// An empty one, for rows that go to `to`; it has no name and goes with the process.
    pub(crate) fn beside(to: &Destination) -> io::Result<Self> {
        Ok(Self {
            file: BufWriter::with_capacity(PIECE, to.nameless()?),
            fields: Fields::default(),
        })
    }

    /// Adds rows, JSON objects with a line end behind each, and their columns.
    pub(crate) fn add(&mut self, lines: &str, fields: Fields) -> io::Result<()> {
        self.fields.merge(fields);
        self.file.write_all(lines.as_bytes())
    }

    /// What `each` makes of all rows, some at a time, in their order. It works on all cores.
    pub(crate) fn rows<T, F>(self, each: F) -> io::Result<impl Stream<Item = io::Result<T>>>
    where
        T: Send + 'static,
        F: Fn(&[Row<'_>]) -> T + Send + Sync + 'static,
    {
        let mut file = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        let mut file = BufReader::with_capacity(PIECE, file);
        let each = Arc::new(each);
        let at_once = tokio::runtime::Handle::current().metrics().num_workers() + 1;
        let pieces = std::iter::from_fn(move || piece(&mut file).transpose());
        Ok(stream::iter(pieces)
            .map(move |piece| {
                let each = each.clone();
                async move {
                    let piece = piece?;
                    let made = tokio::task::spawn_blocking(move || {
                        let rows: Result<Vec<Row<'_>>, String> =
                            piece.lines().map(Row::of_json).collect();
                        rows.map(|rows| each(&rows)).map_err(io::Error::other)
                    });
                    made.await.map_err(io::Error::other)?
                }
            })
            .buffered(at_once))
    }
}

/// Some whole lines; `None` at the end.
fn piece(file: &mut BufReader<File>) -> io::Result<Option<String>> {
    let mut piece = String::with_capacity(PIECE + 4096);
    while piece.len() < PIECE && file.read_line(&mut piece)? > 0 {}
    Ok((!piece.is_empty()).then_some(piece))
}
