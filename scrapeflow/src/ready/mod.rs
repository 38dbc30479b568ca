//! Ready-made executors, for `use scrapeflow::ready::scrape;` and a place in a workflow.

#[cfg(feature = "images")]
mod images;
#[cfg(feature = "images")]
pub mod local;
mod page;

#[cfg(feature = "images")]
pub use images::{parse_image, thumbnail};
pub use page::{ScrapeParams, scrape};
