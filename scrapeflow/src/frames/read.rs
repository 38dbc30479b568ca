//! From statuses to a frame.

use std::path::Path as FilePath;
use std::sync::Arc;

use futures::TryStreamExt;
use polars::prelude::{DataFrame, IntoColumn, PolarsResult};

use super::column::series;
use super::{blocking, failed, store};
use crate::rows::kind::{Fields, Kind};
use crate::rows::{Row, Value, batches};
use crate::status::json;
use crate::store::Store;
use crate::task::Key;

/// What could be read of a directory.
#[derive(Debug)]
#[non_exhaustive]
pub struct Read {
    /// The statuses that could be.
    pub frame: DataFrame,
    /// The others, and why they could not.
    pub broken: Vec<(Key, String)>,
}

impl Read {
    /// Reads all statuses of a directory that can be.
    ///
    /// # Errors
    /// If the directory isn't there or cannot be listed.
    pub fn of(dir: impl AsRef<FilePath>) -> PolarsResult<Self> {
        let store = store(dir.as_ref())?;
        let rows = blocking(rows(&store, None))?;
        Ok(Self {
            frame: rows.frame(None)?,
            broken: rows.broken,
        })
    }
}

/// The columns of a directory that hold JSON, by dotted path, since their values go into no one type.
///
/// # Errors
/// As [`Read::of`].
pub fn json_columns(dir: impl AsRef<FilePath>) -> PolarsResult<Vec<String>> {
    let store = store(dir.as_ref())?;
    let rows = blocking(rows(&store, Some(Vec::new())))?;
    let mut columns = Vec::new();
    rows.fields.each_path(|path, kind| {
        if *kind == Kind::Json {
            columns.push(path.to_string());
        }
    });
    Ok(columns)
}

/// Rows as JSON, and which columns they have.
#[derive(Debug, Default)]
pub(super) struct Rows {
    texts: Vec<String>,
    pub(super) fields: Fields,
    pub(super) broken: Vec<(Key, String)>,
}

/// All rows of a store, with the fields that are wanted, or all of them.
pub(super) async fn rows(
    store: &Arc<dyn Store>,
    wanted: Option<Vec<String>>,
) -> PolarsResult<Rows> {
    let mut all = Rows::default();
    let mut read = std::pin::pin!(batches(store, move |batch| {
        let mut rows = Rows {
            broken: batch.broken,
            ..Rows::default()
        };
        for (key, status) in batch.statuses {
            let row = Row::with(&key, &status, |row| rows.add(row, wanted.as_deref()));
            if let Err(why) = row {
                rows.broken.push((key, why));
            }
        }
        rows
    }));
    while let Some(some) = read.try_next().await.map_err(failed)? {
        all.texts.extend(some.texts);
        all.fields.merge(some.fields);
        all.broken.extend(some.broken);
    }
    Ok(all)
}

impl Rows {
    fn add(&mut self, row: &Row<'_>, wanted: Option<&[String]>) {
        self.fields.observe(row.fields());
        let mut text = String::from("{");
        for (name, value) in row.fields() {
            if wanted.is_some_and(|wanted| !wanted.iter().any(|of| of == name)) {
                continue;
            }
            if text.len() > 1 {
                text.push(',');
            }
            json::quote(&mut text, name);
            text.push(':');
            value.write_json(&mut text);
        }
        text.push('}');
        text.shrink_to_fit();
        self.texts.push(text);
    }

    /// The frame of these rows, in the types of `fields` or in those that their own values have.
    pub(super) fn frame(&self, fields: Option<&Fields>) -> PolarsResult<DataFrame> {
        let fields = fields.unwrap_or(&self.fields);
        // Some at a time: taken apart, rows are several times as large.
        let mut parts = self.texts.chunks(TOGETHER);
        let mut frame = part(fields, parts.next().unwrap_or_default())?;
        for texts in parts {
            frame.vstack_mut_owned(part(fields, texts)?)?;
        }
        frame.rechunk_mut();
        Ok(frame)
    }
}

fn part(fields: &Fields, texts: &[String]) -> PolarsResult<DataFrame> {
    let rows: Result<Vec<Row<'_>>, String> = texts.iter().map(|text| Row::of_json(text)).collect();
    let rows = rows.map_err(failed)?;
    let values: Vec<Value<'_>> = rows.iter().map(Row::value).collect();
    let columns = fields
        .iter()
        .map(|(name, kind)| Ok(series(name, kind, &values)?.into_column()));
    DataFrame::new(values.len(), columns.collect::<PolarsResult<_>>()?)
}

/// Rows that are taken apart at once.
const TOGETHER: usize = 16 * 1024;
