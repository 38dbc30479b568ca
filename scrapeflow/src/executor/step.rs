//! An executor as a step of a workflow, its types erased.

use std::any::TypeId;
use std::fmt;

use futures::future::BoxFuture;

use super::call::Call;
use super::contract::{Executor, Runs, Stored};
use super::input::Needs;
use super::settings::Options;
use crate::error::Result;
use crate::status::json;

/// What a run needs to know of one executor.
pub struct Step {
    pub(crate) name: &'static str,
    pub(crate) executor: TypeId,
    pub(crate) options: Options,
    pub(crate) needs: Needs,
    call: fn(Call) -> BoxFuture<'static, Result<String>>,
    fits: fn(&str) -> Result<(), String>,
}

impl Step {
    /// Executor `E` at a place of a workflow where `S` says which outputs there are.
    pub fn of<S, E: Runs<S>>() -> Self {
        let mut needs = Needs::default();
        E::describe(&mut needs);
        Self {
            name: E::NAME,
            executor: TypeId::of::<E>(),
            options: E::OPTIONS,
            needs,
            call: E::call,
            fits: fits::<E>,
        }
    }

    /// Runs one attempt.
    pub(crate) fn call(&self, call: Call) -> BoxFuture<'static, Result<String>> {
        (self.call)(call)
    }

    /// Whether a stored output still reads as the executor's type.
    pub(crate) fn fits(&self, output: &str) -> Result<(), String> {
        (self.fits)(output)
    }
}

fn fits<E: Executor>(output: &str) -> Result<(), String> {
    E::Output::from_json(output)
        .map(drop)
        .map_err(|error| json::misfit(&error))
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("name", &self.name)
            .field("needs", &self.needs)
            .finish_non_exhaustive()
    }
}
