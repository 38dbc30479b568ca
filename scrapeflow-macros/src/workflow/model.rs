//! A workflow in our own words.

use syn::Path;

use super::parse::Head;

/// Executors in their order, each once.
pub(super) struct Workflow<'a> {
    pub(super) head: &'a Head,
    pub(super) steps: Vec<&'a Path>,
}
