//! `Key`: the task's key.

use crate::error::Result;
use crate::executor::call::Call;
use crate::executor::contract::Argument;
use crate::executor::input::Needs;
use crate::task::Key;

impl<S> Argument<S> for Key {
    fn describe(_: &mut Needs) {}

    async fn get(call: &Call) -> Result<Self> {
        Ok(call.key().clone())
    }
}
