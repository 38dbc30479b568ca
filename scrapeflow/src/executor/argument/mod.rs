//! What an executor can take: each argument type in a file of its own.
//!
//! The signature is the contract: what an executor doesn't take, it cannot do. An argument says what it
//! needs when the workflow is set up ([`Argument::describe`]) and is made from the task's status and the run
//! for each attempt ([`Argument::get`]).
//!
//! [`Argument::describe`]: crate::executor::contract::Argument::describe
//! [`Argument::get`]: crate::executor::contract::Argument::get

mod body;
mod context;
mod files;
mod key;
mod output;
mod params;
mod previous;
mod state;
mod status;
mod text;

pub use body::{Bodies, Body};
pub use context::Context;
pub use files::{FileWriter, Files, Saved};
pub use output::Output;
pub use params::Params;
pub use previous::Previous;
pub use state::State;
#[cfg(feature = "fetch")]
pub(crate) use text::decode;
#[cfg(any(test, fuzzing))]
pub(crate) use text::{check_content_type, check_invariants as check_text};

use crate::error::{Class, Error};

/// What an executor left can't be used, with what helps. That doesn't hold the key: it may say anything, to a shell as well.
fn unusable(executor: &str, wrong: &str) -> Error {
    Error::recorded(
        Class::Runtime,
        format!(
            "{wrong}; run `{executor}` again: on it by `scrapeflow reset DIR --executor {executor} --where 'key = \"KEY\"'`, on all tasks by force::<{executor}>()"
        ),
    )
}
