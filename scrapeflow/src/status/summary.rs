//! How the executors of a store's tasks ended: the predecessor's `status_summary`.

use std::collections::BTreeMap;
use std::fmt;

use futures::TryStreamExt;

use super::{json, string};
use crate::report::table::Table;
use crate::store::{Store, StoreError};

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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    let mut columns: Vec<String> = Vec::new();
    let mut counts: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut broken = Vec::new();
    let mut keys = store.keys();
    while let Some(key) = keys.try_next().await? {
        let read = match store.read(&key).await {
            Ok(None) => continue,
            Ok(Some(bytes)) => messages(&bytes).map_err(|why| format!("`{key}` {why}")),
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok(messages) => {
                for (field, message) in messages {
                    let column = columns.iter().position(|c| *c == field).unwrap_or_else(|| {
                        columns.push(field);
                        columns.len() - 1
                    });
                    let row = counts.entry(message).or_default();
                    row.resize(row.len().max(column + 1), 0);
                    row[column] += 1;
                }
            }
            Err(why) if broken.len() < crate::EXAMPLES => broken.push(why),
            Err(_) => {}
        }
    }
    let mut rows: Vec<(String, Vec<u64>)> = counts.into_iter().collect();
    for (_, row) in &mut rows {
        row.resize(columns.len(), 0);
    }
    rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.iter().sum::<u64>()));
    Ok(Summary {
        columns,
        rows,
        broken,
    })
}

/// The messages of all executors of one status, by field.
fn messages(bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("is not UTF-8: {error}"))?;
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
