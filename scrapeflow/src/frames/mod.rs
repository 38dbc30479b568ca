//! Statuses as data frames of [polars](https://pola.rs), whoever made them: feature `polars`.
//!
//! [`read_status`] has a row a task and a column a field: `key` first, then `params` and what each executor returned as structs, its
//! `…_status`, and its `…_last_run` as a time. [`scan_status`] is the same, read when a query asks for it and only as far as
//! that needs. [`status_summary`] counts messages. [`write_status`] brings back what was changed.
//!
//! ```
//! use polars::prelude::*;
//! use scrapeflow::frames::{scan_status, write_status};
//! use scrapeflow::prelude::*;
//!
//! #[executor]
//! async fn measure(key: Key) -> Result<usize> { Ok(key.as_str().len()) }
//! workflow! { Lengths = measure; }
//!
//! # fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let dir = folder.path();
//! # let tasks = Tasks::from_pairs(["a", "bcd"].map(|key| (key, serde_json::json!({}))))?;
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(
//! Lengths::in_dir(dir).tasks(tasks).run()
//! # )?;
//! let long = scan_status(dir)?.filter(col("measure").gt(lit(2))).select([col("key"), col("measure")]);
//! let frame = long.collect()?;
//! assert_eq!(frame.shape(), (1, 2));
//! assert_eq!(frame.column("key")?.str()?.get(0), Some("bcd"));
//! # Ok(())
//! # }
//! ```
//!
//! # Types
//!
//! Types are told from all rows:
//!
//! | values | type |
//! | --- | --- |
//! | `true`, `false` | `Boolean` |
//! | whole numbers of 64 bits with a sign | `Int64` |
//! | numbers, some or all with a fraction | `Float64`; JSON where a whole number is too large to stay exact in it (beyond 2⁵³) |
//! | texts | `String`; `Datetime` in microseconds, of UTC and without a zone, for an executor's `…_last_run` |
//! | lists | `List` of what their elements are |
//! | objects | `Struct` of all names that were met; JSON if there are none or more than 256 of them, or they are nested deeper than 32 levels |
//! | values that go into no one of these | JSON |
//! | nothing, `null`, `NaN`, infinities | null; where there is nothing else, a `String` without values, or a `Datetime` in `…_last_run` |
//!
//! JSON is a `String` that holds each value as JSON, so that none is lost: texts in it have their quotes. Which columns came out so is in
//! [`Statuses::json`]. Neither the types that come out nor the order of columns and members depend on the order of the files.
//!
//! The types are those of polars 0.55, which is [`polars`] here; your own `polars` of that version adds what features you need.

mod cells;
mod column;
mod merged;
mod scan;
mod statuses;
mod write;

use std::path::Path;
use std::sync::Arc;

use polars::prelude::{
    DataFrame, IntoColumn, LazyFrame, NamedFrom, PolarsError, PolarsResult, Series,
};

pub use polars;
pub use statuses::Statuses;
pub use write::write_status;

use self::statuses::{Wanted, cannot_read, rows};
use crate::status::summary;
use crate::store::{self, Store};

/// All statuses of a directory, a row each, in no particular order.
///
/// # Errors
/// If the directory isn't there or cannot be listed, or a status is broken; says which, and why. To have the others all the same, use
/// [`Statuses::read`].
pub fn read_status(dir: impl AsRef<Path>) -> PolarsResult<DataFrame> {
    let store = store(dir.as_ref())?;
    let mut rows = blocking(rows(&store, Wanted::all()))?.whole()?;
    let fields = std::mem::take(&mut rows.fields);
    rows.frame(&fields)
}

/// All statuses of a directory, read when a query asks for them: columns that it doesn't need are not made, and reading ends with the rows
/// that it is limited to. To know the types, all statuses are looked at once before.
///
/// # Errors
/// As [`read_status`], also when the query is collected; then also if the directory has changed so much that values no longer go into the
/// types.
pub fn scan_status(dir: impl AsRef<Path>) -> PolarsResult<LazyFrame> {
    scan::scan(dir.as_ref())
}

/// How the executors of all tasks ended: a row for each message, the commonest first, with its count in the column
/// of each executor, `<executor>_status`. The first column, `status`, is the message.
///
/// # Errors
/// As [`read_status`].
pub fn status_summary(dir: impl AsRef<Path>) -> PolarsResult<DataFrame> {
    let store = store(dir.as_ref())?;
    let summary = blocking(async move { summary::of(&*store).await.map_err(failed) })?;
    if let Some(first) = summary.broken.first() {
        return Err(cannot_read(summary.broken.len(), first));
    }
    let messages = summary.rows.iter().map(|(message, _)| message.as_str());
    let messages: Vec<&str> = messages.collect();
    let height = messages.len();
    let mut columns = vec![Series::new("status".into(), messages).into_column()];
    for (nth, name) in summary.columns.iter().enumerate() {
        let counts: Vec<u64> = summary.rows.iter().map(|(_, counts)| counts[nth]).collect();
        columns.push(Series::new(name.as_str().into(), counts).into_column());
    }
    DataFrame::new(height, columns)
}

/// The store in a directory that is there.
fn store(dir: &Path) -> PolarsResult<Arc<dyn Store>> {
    match std::fs::metadata(dir) {
        Ok(meta) if meta.is_dir() => Ok(store::at(dir)),
        Ok(_) => Err(failed(format!("{} is no directory", dir.display()))),
        Err(error) => Err(failed(format!("cannot read {}: {error}", dir.display()))),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what errors are mapped by"
)]
fn failed(what: impl ToString) -> PolarsError {
    PolarsError::ComputeError(what.to_string().into())
}

/// Does asynchronous work for callers who aren't, on a thread of its own: they may be on one that must not wait.
fn blocking<T: Send>(work: impl Future<Output = PolarsResult<T>> + Send) -> PolarsResult<T> {
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build();
            runtime.map_err(failed)?.block_on(work)
        });
        worker
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
