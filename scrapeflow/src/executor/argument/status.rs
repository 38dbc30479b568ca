//! `Status`: the whole status as stored.

use crate::error::Result;
use crate::executor::call::Call;
use crate::executor::contract::Argument;
use crate::executor::input::Needs;
use crate::status::Status;

/// No input: whoever reads all there is would run again whenever anything ran.
impl<S> Argument<S> for Status {
    fn describe(_: &mut Needs) {}

    async fn get(call: &Call) -> Result<Self> {
        Ok(Self::clone(&call.site().status))
    }
}
