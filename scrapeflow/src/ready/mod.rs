//! Ready-made executors, for `use scrapeflow::ready::scrape;` and a place in a workflow.

mod page;

pub use page::{ScrapeParams, scrape};
