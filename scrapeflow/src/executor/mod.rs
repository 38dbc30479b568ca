//! Executors: what they are, what they take, when they run and how they are called.
//!
//! `contract` holds the traits that `#[executor]` and `workflow!` generate code against; `argument` what an
//! executor can take; `decide` says run or skip; `call` runs attempts; `classify` names failures.

pub(crate) mod argument;
pub(crate) mod call;
pub(crate) mod classify;
pub(crate) mod contract;
pub(crate) mod decide;
pub(crate) mod facts;
pub(crate) mod input;
pub(crate) mod settings;
pub(crate) mod step;
