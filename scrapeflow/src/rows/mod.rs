//! The statuses of a store as rows: a task each, its fields by dotted path, whoever made them.
//!
//! Text comes in from a store, many statuses at a time (`batches`); each is taken apart once (`row`), and what is
//! asked of it is a `path` away. `filter` says which rows are meant, `kind` which type a column has when all
//! rows have been seen. Nothing here knows a workflow, so that directories of others are read as well.

#[cfg(any(feature = "parquet", feature = "polars"))]
pub(crate) mod array;
mod batches;
#[cfg(feature = "cli")]
pub(crate) mod columns;
#[cfg(feature = "cli")]
pub(crate) mod filter;
#[cfg(feature = "cli")]
mod follow;
#[cfg(all(feature = "cli", any(test, fuzzing)))]
mod invariants;
pub(crate) mod kind;
mod path;
mod row;
mod value;

#[cfg(feature = "cli")]
pub(crate) use batches::{Batch, batches_of};
pub(crate) use batches::{Broken, batches};
#[cfg(all(feature = "cli", any(test, fuzzing)))]
pub(crate) use invariants::check_invariants;
#[cfg(feature = "cli")]
pub(crate) use path::Path;
#[cfg(all(feature = "cli", any(test, fuzzing)))]
pub(crate) use path::check_invariants as check_columns;
pub(crate) use row::{Row, write_object};
pub(crate) use value::{Shape, Value};
