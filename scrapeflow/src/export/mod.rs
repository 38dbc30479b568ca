//! Rows into files that other tools read.
//!
//! Rows come in as JSON, one a line, spilled to a file of their own until all have been seen and each column has
//! its type (`spill`); then each format writes them in its own way, to a file that appears when it is complete
//! (`destination`). JSONL needs no types and is written at once.

pub(crate) mod csv;
pub(crate) mod destination;
mod leaves;
#[cfg(feature = "parquet")]
pub(crate) mod parquet;
pub(crate) mod spill;
pub(crate) mod sqlite;
