//! CSV (RFC 4180, but lines end as Unix has them): a header line, then a line a row; nested columns by dotted path,
//! lists as JSON.
//!
//! There is one way to say nothing: `null` and the empty text are both empty.

use std::borrow::Cow;
use std::io;

use futures::TryStreamExt;

use super::destination::Destination;
use super::leaves::Leaves;
use super::spill::Spill;
use crate::rows::kind::Kind;
use crate::rows::{Shape, Value};

pub(crate) async fn write(spill: Spill, named: bool, to: &mut Destination) -> io::Result<()> {
    let leaves = Leaves::of(spill.fields.clone(), named);
    let columns: Vec<&str> = leaves
        .columns
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let mut head = csv::Writer::from_writer(Vec::new());
    head.write_record(columns)?;
    to.write_text(&text(head)?)?;
    let mut lines = std::pin::pin!(spill.rows(move |rows| {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in rows {
            let mut written = Ok(());
            leaves.of_row(row, |kind, value| {
                if written.is_ok() {
                    written = writer.write_field(&*cell(kind, value));
                }
            });
            written?;
            writer.write_record(None::<&[u8]>)?;
        }
        text(writer)
    })?);
    while let Some(lines) = lines.try_next().await? {
        to.write_text(&lines?)?;
    }
    Ok(())
}

fn text(writer: csv::Writer<Vec<u8>>) -> io::Result<String> {
    let bytes = writer.into_inner();
    let bytes = bytes.map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

fn cell<'r>(kind: &Kind, value: Option<Value<'r>>) -> Cow<'r, str> {
    let Some(value) = value else {
        return Cow::Borrowed("");
    };
    match value.shape() {
        Shape::Null => Cow::Borrowed(""),
        Shape::Number(raw) => Cow::Borrowed(raw),
        Shape::Text(_) if *kind != Kind::Json => value.text().unwrap_or_default(),
        _ => Cow::Owned(value.json()),
    }
}
