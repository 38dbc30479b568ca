//! `Status`: the whole status as stored.

use crate::error::{Class, Error, Result};
use crate::executor::call::Call;
use crate::executor::contract::{Argument, Executor, Stored};
use crate::executor::input::Needs;
use crate::status::{Status, json};

/// No input: whoever reads all there is would run again whenever anything ran.
impl<S> Argument<S> for Status {
    fn describe(_: &mut Needs) {}

    async fn get(call: &Call) -> Result<Self> {
        Ok(Self::clone(&call.site().status))
    }
}

impl Status {
    /// What executor `E` returned, if it is stored.
    ///
    /// # Errors
    /// If it doesn't fit the type of its output.
    pub fn output<E: Executor>(&self) -> Result<Option<E::Output>> {
        let Some(json) = self.get(E::NAME) else {
            return Ok(None);
        };
        E::Output::from_json(json).map(Some).map_err(|error| {
            Error::recorded(
                Class::Runtime,
                format!(
                    "the stored output `{}` doesn't fit its type: {}",
                    E::NAME,
                    json::misfit(&error)
                ),
            )
        })
    }
}
