//! `r#` is how Rust spells a name; it is stored without.

use scrapeflow::prelude::*;

#[executor]
async fn r#match(key: Key) -> Result<String> {
    Ok(key.to_string())
}

/// Reads a raw one.
#[executor]
async fn r#async(found: Output<r#match>) -> Result<usize> {
    Ok(found.len())
}

workflow! {
    r#Try = r#match -> r#async;
}

pub(crate) fn main() {
    assert_eq!(r#Try::NAME, "Try");
    let _ = r#Try::in_dir("tries").force::<r#match>();
}
