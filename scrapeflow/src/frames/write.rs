//! From a frame back to statuses.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{DataFrame, PolarsResult};

use super::cells::{Cell, cells};
use super::merged::merged;
use super::statuses::{Wanted, rows};
use super::{blocking, failed};
use crate::rows::kind::Fields;
use crate::rows::{Row, Value};
use crate::status::json::{self, Edit, Label};
use crate::store::{Durability, Store};
use crate::task::Key;

/// Rows whose cells are taken apart at once.
const TOGETHER: usize = 4096;

/// Writes the cells of a frame into the statuses of a directory, which is made if it isn't there: the row `key` into the status of that
/// key, a column into the field of that name.
///
/// Only what differs is written: a field whose value is what the cell says keeps its bytes, as do those, and the members of
/// objects, that the frame's type doesn't have. A null takes its field or member away, and so does a number that is none, since JSON has
/// none; inside of lists nulls stay. Whether a column of texts holds JSON (see [the types](super)) is told from the directory; a frame that
/// goes into another one is written by [`Statuses::write`](super::Statuses::write).
///
/// # Errors
/// If there is no column `key` of texts that can be keys, each once; there is a column `name`, which says the same in a status; a column has a type
/// that JSON has nothing for; a text is no JSON where its column holds such; a status is broken; the directory is in use by a run, or cannot be
/// written. What was written before that stays.
pub fn write_status(dir: impl AsRef<Path>, frame: &DataFrame) -> PolarsResult<()> {
    let store = crate::store::at(dir.as_ref());
    let fields = blocking(rows(&store, Wanted::types()))?.fields;
    write(&store, frame, &fields)
}

/// Writes a frame whose columns were of these kinds.
pub(super) fn write(
    store: &Arc<dyn Store>,
    frame: &DataFrame,
    fields: &Fields,
) -> PolarsResult<()> {
    let keys = keys(frame)?;
    blocking(async move {
        let _lease = store.begin(Durability::default()).await.map_err(failed)?;
        for (nth, keys) in keys.chunks(TOGETHER).enumerate() {
            let begin = i64::try_from(nth * TOGETHER).map_err(failed)?;
            let columns = columns(&frame.slice(begin, keys.len()), fields)?;
            for (row, key) in keys.iter().enumerate() {
                let status = store.read(key).await.map_err(failed)?;
                let now = written(&columns, row, key, status.as_deref())
                    .map_err(|why| failed(format!("task `{key}` {why}")))?;
                if let Some(now) = now {
                    store.save(key, &now, Vec::new()).await.map_err(failed)?;
                }
            }
        }
        Ok(())
    })
}

fn keys(frame: &DataFrame) -> PolarsResult<Vec<Key>> {
    let keys = frame.column("key")?.as_materialized_series();
    let keys = keys
        .str()?
        .iter()
        .map(|key| Key::new(key.ok_or_else(|| failed("a row has no key"))?).map_err(failed));
    let keys = keys.collect::<PolarsResult<Vec<Key>>>()?;
    let mut seen = HashSet::new();
    match keys.iter().find(|key| !seen.insert(key.as_str())) {
        Some(twice) => Err(failed(format!("the key `{twice}` is in two rows"))),
        None => Ok(keys),
    }
}

/// A column: its name, and a cell a row.
type Column = (String, Vec<Cell>);

/// All but `key`.
fn columns(frame: &DataFrame, fields: &Fields) -> PolarsResult<Vec<Column>> {
    let columns = frame.columns().iter();
    let columns = columns.filter(|column| column.name() != "key");
    let columns = columns.map(|column| {
        if column.name() == "name" {
            return Err(failed(
                "a status's `name` is its key: leave the column `name` away, or give it another name",
            ));
        }
        let kind = fields.get(column.name());
        let cells = cells(column.as_materialized_series(), kind)?;
        Ok((column.name().to_string(), cells))
    });
    columns.collect()
}

/// The status with the cells of a row in it, if that changes it.
fn written(
    columns: &[Column],
    row: usize,
    key: &Key,
    was: Option<&[u8]>,
) -> Result<Option<String>, String> {
    let is_new = was.is_none();
    let was = was.unwrap_or(b"{}");
    let text = std::str::from_utf8(was).map_err(|error| format!("is not UTF-8: {error}"))?;
    let mut fields = json::split(text).map_err(|wrong| format!("is no JSON object: {wrong}"))?;
    for field in &mut fields {
        let name = json::unescape(field.raw_name(text));
        let nth = columns.iter().position(|(of, _)| *of == name);
        field.label = match &*name {
            "name" => Some(NAME),
            _ => nth.and_then(|nth| Label::try_from(nth + 1).ok()),
        };
    }
    let changed: Vec<(Label, &str, Option<String>)> = Row::with(key, was, |status| {
        let changed = columns
            .iter()
            .enumerate()
            .filter_map(|(nth, (name, cells))| {
                let was = status.value().get(name);
                let now = merged(was, &cells[row]);
                let is_same = now == was.map(Value::spelled);
                let label = Label::try_from(nth + 1).ok()?;
                (!is_same).then_some((label, name.as_str(), now))
            });
        changed.collect()
    })?;
    if changed.is_empty() && !is_new {
        return Ok(None);
    }
    let mut edits: Vec<Edit<'_>> = Vec::new();
    if !fields.iter().any(|field| field.label == Some(NAME)) {
        let value = Some(json::Value::Text(key.as_str()));
        edits.push(Edit {
            label: NAME,
            name: "name",
            value,
        });
    }
    edits.extend(changed.iter().map(|(label, name, value)| Edit {
        label: *label,
        name,
        value: value.as_deref().map(json::Value::Json),
    }));
    Ok(Some(json::rewrite(text, &fields, &edits).0))
}

/// `name` before all columns.
const NAME: Label = 0;
