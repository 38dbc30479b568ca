//! The only paths that generated code may name. Not part of the public interface.

pub use crate::error::Error;
pub use crate::executor::call::Call;
pub use crate::executor::contract::*;
pub use crate::executor::input::Needs;
pub use crate::executor::settings::{Backoff, Options};
pub use crate::executor::step::Step;
pub use crate::workflow::Workflow;

#[cfg(any(test, fuzzing))]
pub mod fuzz;
