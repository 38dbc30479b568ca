//! An executor in our own words: what is wrong cannot be said in them.

use std::time::Duration;

use syn::{Ident, Type};

use super::parse::Function;

/// An executor that keeps every rule that its tokens can show.
pub(super) struct Executor<'a> {
    pub(super) function: &'a Function,
    /// Under which it is stored.
    pub(super) name: String,
    pub(super) options: Options,
    pub(super) arguments: Vec<&'a Type>,
    pub(super) output: &'a Type,
}

/// What the attribute says; `None` where it says nothing.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) timeout: Option<Duration>,
    pub(super) retries: Option<u32>,
    pub(super) backoff: Option<Backoff>,
    pub(super) version: Option<u32>,
    pub(super) max_age: Option<Duration>,
}

/// Pauses before retries.
#[derive(Debug)]
pub(super) struct Backoff {
    pub(super) first: Duration,
    /// The longest; the runtime's default if nothing is said.
    pub(super) most: Option<Duration>,
}

impl<'a> Executor<'a> {
    pub(super) fn ident(&self) -> &'a Ident {
        &self.function.signature.ident
    }
}
