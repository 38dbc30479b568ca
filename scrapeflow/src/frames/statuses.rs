//! From statuses to a frame.

use std::path::Path as FilePath;
use std::sync::Arc;

use futures::TryStreamExt;
use polars::prelude::{DataFrame, PolarsError, PolarsResult};

use super::write::write;
use super::{blocking, column, failed, store};
use crate::rows::kind::Fields;
use crate::rows::{Broken, Row, Value, batches, write_object};
use crate::store::Store;
use crate::task::Key;

/// The statuses of a directory, read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Statuses {
    /// Those that could be read, a row each.
    pub frame: DataFrame,
    /// Its columns that hold JSON since their values go into no one type, by dotted path; `[]` is each element of a list.
    pub json: Vec<String>,
    /// The statuses that could not be read, and why; a file that is named as a status, but not by a key, has none.
    pub broken: Vec<(Option<Key>, String)>,
    fields: Fields,
}

impl Statuses {
    /// Reads all statuses of a directory that can be.
    ///
    /// # Errors
    /// If the directory isn't there or cannot be listed.
    pub fn read(dir: impl AsRef<FilePath>) -> PolarsResult<Self> {
        let store = store(dir.as_ref())?;
        let mut rows = blocking(rows(&store, Wanted::all()))?;
        let fields = std::mem::take(&mut rows.fields);
        let broken = std::mem::take(&mut rows.broken);
        Ok(Self {
            frame: rows.frame(&fields)?,
            json: fields.mixed(false),
            broken,
            fields,
        })
    }

    /// Writes [`frame`](Statuses::frame), whatever was done to it since, into a directory: as [`write_status`](super::write_status) does, but what
    /// holds JSON is known from where it was read. So a copy in an empty directory says what was read.
    ///
    /// ```
    /// use scrapeflow::frames::Statuses;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    /// # std::fs::create_dir(&old)?;
    /// # std::fs::write(old.join("a.status.json"), r#"{"parse": [1]}"#)?;
    /// # std::fs::write(old.join("b.status.json"), r#"{"parse": {"n": 1}}"#)?;
    /// let statuses = Statuses::read(&old)?;
    /// assert_eq!(statuses.json, ["parse"]);
    /// statuses.write(&new)?;
    /// # assert!(std::fs::read_to_string(new.join("b.status.json"))?.contains("\"n\": 1"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`write_status`](super::write_status).
    pub fn write(&self, dir: impl AsRef<FilePath>) -> PolarsResult<()> {
        let store = crate::store::at(dir.as_ref());
        write(&store, &self.frame, &self.fields)
    }
}

/// That some of a directory's statuses are broken, as one is.
pub(super) fn cannot_read(count: usize, first: &str) -> PolarsError {
    let statuses = if count == 1 { "status" } else { "statuses" };
    failed(format!(
        "{count} {statuses} cannot be read, as {first}; mend or delete what is broken, or take `Statuses::read`"
    ))
}

/// How much of the rows is wanted.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// These fields; all unless given.
    pub(super) fields: Option<Vec<String>>,
    /// At most so many rows.
    pub(super) rows: usize,
}

impl Wanted {
    pub(super) fn all() -> Self {
        Self {
            fields: None,
            rows: usize::MAX,
        }
    }

    /// Of all rows, only what types their values have.
    pub(super) fn types() -> Self {
        Self {
            fields: Some(Vec::new()),
            rows: usize::MAX,
        }
    }
}

/// Rows as JSON, and which columns they have.
#[derive(Debug, Default)]
pub(super) struct Rows {
    texts: Vec<String>,
    pub(super) fields: Fields,
    pub(super) broken: Vec<Broken>,
}

/// The rows of a store, as many and as much of them as is wanted.
pub(super) async fn rows(store: &Arc<dyn Store>, wanted: Wanted) -> PolarsResult<Rows> {
    let mut all = Rows::default();
    all.fields.expect("key");
    let most = wanted.rows;
    let mut read = std::pin::pin!(batches(store, move |rows: &mut Rows, key, status| {
        Row::with(key, status, |row| rows.add(row, wanted.fields.as_deref()))
    }));
    while all.texts.len() < most
        && let Some(some) = read.try_next().await.map_err(failed)?
    {
        all.texts.extend(some.made.texts);
        all.fields.merge(some.made.fields);
        all.broken.extend(some.broken);
    }
    all.texts.truncate(most);
    all.fields.settle();
    Ok(all)
}

impl Rows {
    fn add(&mut self, row: &Row<'_>, wanted: Option<&[String]>) {
        self.fields.observe(row.fields());
        let is_wanted = |name: &str| wanted.is_none_or(|wanted| wanted.iter().any(|of| of == name));
        let mut text = String::new();
        write_object(row.fields().filter(|(name, _)| is_wanted(name)), &mut text);
        text.shrink_to_fit();
        self.texts.push(text);
    }

    /// What there is only if all could be read.
    pub(super) fn whole(self) -> PolarsResult<Self> {
        match self.broken.first() {
            None => Ok(self),
            Some((None, why)) => Err(cannot_read(self.broken.len(), why)),
            Some((Some(key), why)) => {
                Err(cannot_read(self.broken.len(), &format!("`{key}`: {why}")))
            }
        }
    }

    /// The frame of these rows, in these types.
    pub(super) fn frame(mut self, fields: &Fields) -> PolarsResult<DataFrame> {
        // The last first, some at a time: taken apart, rows are several times as large, and what is done is let go.
        let mut parts = Vec::new();
        while !self.texts.is_empty() || parts.is_empty() {
            let begin =
                (self.texts.len() / TOGETHER * TOGETHER).min(self.texts.len().saturating_sub(1));
            parts.push(part(fields, &self.texts.split_off(begin))?);
        }
        let mut parts = parts.into_iter().rev();
        let mut frame = parts.next().unwrap_or_default();
        for part in parts {
            frame.vstack_mut_owned(part)?;
        }
        frame.rechunk_mut();
        Ok(frame)
    }
}

fn part(fields: &Fields, texts: &[String]) -> PolarsResult<DataFrame> {
    let rows: Result<Vec<Row<'_>>, String> = texts.iter().map(|text| Row::of_json(text)).collect();
    let rows = rows.map_err(failed)?;
    let values: Vec<Value<'_>> = rows.iter().map(Row::value).collect();
    column::frame(fields, &values)
}

/// Rows that are taken apart at once.
const TOGETHER: usize = 4096;
