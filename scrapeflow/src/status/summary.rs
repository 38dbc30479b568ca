//! How the executors of a store's tasks ended: the predecessor's `status_summary`.

use std::collections::BTreeMap;
use std::fmt;

use futures::StreamExt;
use serde::Serialize;

use super::{json, string};
use crate::report::table::Table;
use crate::store::{Outcomes, Store, StoreError, StoreErrorKind};

/// Rows are status messages, columns are executors, cells are counts, largest rows first. It prints as an
/// aligned table.
///
/// ```
/// use scrapeflow::{Key, store::{MemoryStore, Store}, summary};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let store = MemoryStore::new();
/// let status = r#"{"name": "a", "scrape": {}, "scrape_status": "SUCCESS"}"#;
/// store.save(&Key::new("a").unwrap(), status, vec![]).await.unwrap();
///
/// let table = summary::of(&store).await.unwrap();
/// assert_eq!(table.to_string(), "         scrape_status\nSUCCESS              1\n");
/// # });
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// `<executor>_status`, in the order in which they were met.
    pub columns: Vec<String>,
    /// A message, and its count in each column.
    pub rows: Vec<(String, Vec<u64>)>,
    /// Statuses that cannot be read, and why; the first hundred.
    pub broken: Vec<String>,
}

/// Reads all statuses of a store, one after another.
///
/// # Errors
/// If the store cannot be listed. A status that cannot be read is in [`Summary::broken`].
pub async fn of(store: &dyn Store) -> Result<Summary, StoreError> {
    if let Some(outcomes) = store.outcomes() {
        return Ok(Counts::of_outcomes(outcomes.await?).summary());
    }
    let mut counts = Counts::default();
    let mut broken = Vec::new();
    let mut keys = store.keys();
    while let Some(key) = keys.next().await {
        let counted = match key {
            Ok(key) => match store.read(&key).await {
                Ok(None) => continue,
                Ok(Some(bytes)) => counts.count(&bytes).map_err(|why| format!("`{key}` {why}")),
                Err(error) => Err(error.to_string()),
            },
            Err(error) if error.kind() == StoreErrorKind::Broken => Err(error.to_string()),
            Err(error) => return Err(error),
        };
        if let Err(why) = counted
            && broken.len() < crate::EXAMPLES
        {
            broken.push(why);
        }
    }
    Ok(Summary {
        broken,
        ..counts.summary()
    })
}

/// A summary in the making.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    columns: Vec<String>,
    rows: BTreeMap<String, Vec<u64>>,
}

impl Counts {
    /// Counts one status.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(crate) fn count(&mut self, status: &[u8]) -> Result<(), String> {
        for (column, message) in messages(status)? {
            self.add(&column, &message, 1);
        }
        Ok(())
    }

    /// What a store knows without its statuses being read.
    pub(crate) fn of_outcomes(outcomes: Outcomes) -> Self {
        let mut counts = Self::default();
        for (messages, count) in outcomes.into_iter().filter(|(_, count)| *count > 0) {
            for (column, message) in messages {
                counts.add(&column, &message, count);
            }
        }
        counts
    }

    /// Counts what others have counted.
    #[cfg(feature = "cli")]
    pub(crate) fn merge(&mut self, others: &Self) {
        // Columns first, in their order.
        for column in &others.columns {
            self.column(column);
        }
        for (message, counts) in &others.rows {
            for (column, count) in others.columns.iter().zip(counts) {
                self.add(column, message, *count);
            }
        }
    }

    /// The largest rows first.
    pub(crate) fn summary(self) -> Summary {
        let mut rows: Vec<(String, Vec<u64>)> = self.rows.into_iter().collect();
        for (_, row) in &mut rows {
            row.resize(self.columns.len(), 0);
        }
        rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.iter().sum::<u64>()));
        Summary {
            columns: self.columns,
            rows,
            broken: Vec::new(),
        }
    }

    fn add(&mut self, column: &str, message: &str, count: u64) {
        let column = self.column(column);
        let row = match self.rows.get_mut(message) {
            Some(row) => row,
            None => self.rows.entry(message.to_owned()).or_default(),
        };
        row.resize(row.len().max(column + 1), 0);
        row[column] += count;
    }

    fn column(&mut self, name: &str) -> usize {
        let known = self.columns.iter().position(|column| column == name);
        known.unwrap_or_else(|| {
            self.columns.push(name.to_owned());
            self.columns.len() - 1
        })
    }
}

/// The messages of all executors of one status, by field.
pub(crate) fn messages(status: &[u8]) -> Result<Vec<(String, String)>, String> {
    let text = std::str::from_utf8(status).map_err(|error| format!("is not UTF-8: {error}"))?;
    let fields =
        json::split(text).map_err(|malformed| format!("is no JSON object: {malformed}"))?;
    Ok(fields
        .iter()
        .filter_map(|field| {
            let name = json::unescape(field.raw_name(text));
            let message = string(field.raw_value(text))?;
            name.ends_with("_status")
                .then(|| (name.into_owned(), message.into_owned()))
        })
        .collect())
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![
            [String::new()]
                .into_iter()
                .chain(self.columns.clone())
                .collect::<Vec<_>>(),
        ];
        for (message, counts) in &self.rows {
            // Messages are what sites and servers said: nothing in them may steer a terminal.
            let message = message
                .escape_debug()
                .to_string()
                .replace("\\'", "'")
                .replace("\\\"", "\"");
            rows.push(
                [message]
                    .into_iter()
                    .chain(counts.iter().map(u64::to_string))
                    .collect(),
            );
        }
        write!(f, "{}", Table(&rows))?;
        for why in &self.broken {
            writeln!(f, "broken: {}", why.escape_debug())?;
        }
        Ok(())
    }
}
