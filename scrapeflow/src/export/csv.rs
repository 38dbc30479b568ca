//! CSV (RFC 4180, but lines end as Unix has them): a header line, then a line a row; nested columns by dotted path,
//! lists as JSON.
//!
//! There is one way to say nothing: `null` and the empty text are both empty.

use std::io::{self, Write};

use futures::TryStreamExt;

use super::destination::Destination;
use super::leaves::{Leaf, leaves};
use super::spill::Spill;
use crate::rows::kind::Kind;
use crate::rows::{Row, Shape};

pub(crate) async fn write(spill: Spill, named: bool, to: &mut Destination) -> io::Result<()> {
    let leaves = leaves(&spill.fields, named);
    to.write_all(&record([leaves.iter().map(|leaf| leaf.name.as_str())])?)?;
    let mut lines = std::pin::pin!(spill.rows(move |rows| {
        record(
            rows.iter()
                .map(|row| leaves.iter().map(|leaf| cell(row, leaf))),
        )
    })?);
    while let Some(lines) = lines.try_next().await? {
        to.write_all(&lines?)?;
    }
    Ok(())
}

/// Some rows as lines.
fn record<C: AsRef<[u8]>, R: Iterator<Item = C>>(
    rows: impl IntoIterator<Item = R>,
) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    writer
        .into_inner()
        .map_err(|error| io::Error::other(error.to_string()))
}

fn cell(row: &Row<'_>, leaf: &Leaf) -> String {
    let Some(value) = leaf.value(row) else {
        return String::new();
    };
    match (value.shape(), &leaf.kind) {
        (Shape::Null, _) => String::new(),
        (Shape::Text(_), kind) if *kind != Kind::Json => {
            value.text().unwrap_or_default().into_owned()
        }
        _ => value.json(),
    }
}
