//! From a frame back to statuses.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{DataFrame, PolarsResult};

use super::cells::cells;
use super::merged::merged;
use super::{blocking, failed};
use crate::rows::{Row, Value};
use crate::status::json::{self, Edit, Label};
use crate::store::{DirStore, Durability, Store};
use crate::task::Key;

/// Writes the cells of a frame into the statuses of a directory, which is made if it isn't there: the row `key` into the status of that
/// key, a column into the field of that name.
///
/// Only what differs is written: a field whose value is what the cell says keeps its bytes, as does one that the frame has
/// no column for. A null takes its field away; members of a struct that are null are left out. Where a field holds something else than a text,
/// a text that is JSON (see [the types](super)) is written as that.
///
/// # Errors
/// If there is no column `key` of texts that can be keys, each once; a column has a type that JSON has nothing for; a status is broken; the
/// directory is in use by a run, or cannot be written. What was written before that stays.
pub fn write_status(dir: impl AsRef<Path>, frame: &DataFrame) -> PolarsResult<()> {
    let rows = Cells::of(frame)?;
    let store: Arc<dyn Store> = Arc::new(DirStore::new(dir.as_ref()));
    blocking(async move {
        let _lease = store.begin(Durability::default()).await.map_err(failed)?;
        for (nth, key) in rows.keys.iter().enumerate() {
            let status = store.read(key).await.map_err(failed)?;
            let was = status.as_deref().unwrap_or(b"{}");
            let now = rows
                .written(nth, key, was)
                .map_err(|why| failed(format!("task `{key}` {why}")))?;
            if let Some(now) = now {
                store.save(key, &now, Vec::new()).await.map_err(failed)?;
            }
        }
        Ok(())
    })
}

/// A frame as JSON.
struct Cells {
    keys: Vec<Key>,
    /// The other columns: their names, and a cell a row.
    columns: Vec<(String, Vec<Option<String>>)>,
}

impl Cells {
    fn of(frame: &DataFrame) -> PolarsResult<Self> {
        let keys = frame.column("key")?.as_materialized_series();
        let keys = keys
            .str()?
            .iter()
            .map(|key| Key::new(key.ok_or_else(|| failed("a row has no key"))?).map_err(failed));
        let keys = keys.collect::<PolarsResult<Vec<Key>>>()?;
        let mut seen = HashSet::new();
        if let Some(twice) = keys.iter().find(|key| !seen.insert(key.as_str())) {
            return Err(failed(format!("the key `{twice}` is in two rows")));
        }
        let columns = frame
            .columns()
            .iter()
            .filter(|column| column.name() != "key");
        let columns = columns.map(|column| {
            let cells = cells(column.as_materialized_series())?;
            Ok((column.name().to_string(), cells))
        });
        Ok(Self {
            columns: columns.collect::<PolarsResult<_>>()?,
            keys,
        })
    }

    /// The status with the cells of a row in it, if that changes it.
    fn written(&self, row: usize, key: &Key, was: &[u8]) -> Result<Option<String>, String> {
        let is_new = was == b"{}";
        let text = std::str::from_utf8(was).map_err(|error| format!("is not UTF-8: {error}"))?;
        let mut fields =
            json::split(text).map_err(|wrong| format!("is no JSON object: {wrong}"))?;
        for field in &mut fields {
            let name = json::unescape(field.raw_name(text));
            let nth = self.columns.iter().position(|(of, _)| *of == name);
            field.label = match &*name {
                "name" => Some(NAME),
                _ => nth.and_then(|nth| Label::try_from(nth + 1).ok()),
            };
        }
        let changed: Vec<(Label, &str, Option<String>)> = Row::with(key, was, |status| {
            let columns = self.columns.iter().enumerate();
            let changed = columns.filter_map(|(nth, (name, cells))| {
                let was = status.value().get(name);
                let now = merged(was, cells[row].as_deref());
                let is_same = now == was.map(Value::json);
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
}

/// `name` before all columns.
const NAME: Label = 0;
