//! Documentation and attributes stay where they were written.

#![deny(warnings, missing_docs)]

use scrapeflow::prelude::*;

/// The number of characters.
///
/// # Errors
///
/// None.
///
/// ```
/// panic!("examples are run once, with the function");
/// ```
#[must_use = "it counts"]
#[executor(version = 2)]
#[inline]
pub async fn count(key: Key) -> Result<usize> {
    Ok(key.to_string().len())
}

#[executor]
#[allow(unused_variables)]
#[doc(hidden)]
pub async fn lazy(key: Key) -> Result<usize> {
    Ok(1)
}

#[executor]
#[cfg(any())]
async fn left_out(key: Nothing) -> Result<usize> {
    Ok(1)
}

#[cfg(any())]
#[executor]
async fn left_out(key: Nothing) -> Result<usize> {
    Ok(1)
}

#[executor]
#[deprecated = "use `count`"]
#[cfg_attr(all(), doc = "The size.\n\n# Errors\n\nNone.")]
pub async fn size(key: Key) -> Result<usize> {
    Ok(key.to_string().len())
}

workflow! {
    /// All of them.
    #[derive(PartialEq, Eq)]
    pub Numbers = count -> lazy;
}

#[allow(deprecated)]
mod old {
    use super::{count, size};
    use scrapeflow::prelude::*;

    workflow! {
        /// With what is deprecated.
        pub Old = size -> count;
    }
}

pub(crate) fn main() {
    let numbers = Numbers;
    assert_eq!(numbers, Numbers);
    let _ = old::Old::in_dir("old").force::<count>();
}
