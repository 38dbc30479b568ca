//! Generated code gives no warnings, however many are asked for.

#![deny(
    warnings,
    clippy::pedantic,
    missing_docs,
    missing_debug_implementations,
    missing_copy_implementations,
    unreachable_pub,
    unused,
    unused_qualifications,
    unused_results,
    unused_lifetimes,
    single_use_lifetimes,
    unnameable_types,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    let_underscore_drop,
    non_local_definitions,
    nonstandard_style,
    redundant_imports,
    redundant_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    variant_size_differences,
    rust_2018_idioms
)]

use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

/// Parses.
///
/// # Errors
///
/// None.
#[executor(
    retries = 1,
    backoff = "1s",
    name = "parsed",
    timeout = "5s",
    version = 3,
    max_age = "1d"
)]
pub async fn parse(page: Body<scrape>, Params(least): Params<usize>) -> Result<bool> {
    drop(page);
    Ok(least > 0)
}

#[executor]
async fn nothing() -> Result<()> {
    Ok(())
}

mod inner {
    use super::parse;
    use scrapeflow::prelude::*;

    #[executor]
    pub(super) async fn inner(parsed: Output<parse>) -> Result<bool> {
        Ok(*parsed)
    }
}

#[executor]
async fn count(mut parsed: Output<parse>, _nothing: Output<nothing>) -> Result<bool> {
    parsed.0 = !parsed.0;
    Ok(*parsed)
}

workflow! {
    /// All.
    pub Parsed = scrape -> parse -> nothing -> inner::inner -> count;
}

pub(crate) fn main() {
    drop(Parsed::in_dir("parsed").force::<count>());
}
