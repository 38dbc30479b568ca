//! `Params<T>`: the task's params as the executor's type reads them.

use std::fmt;
use std::ops::Deref;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Result;
use crate::executor::call::Call;
use crate::executor::contract::Argument;
use crate::executor::input::{Input, Needs};
use crate::status::params_of;

/// The task's params as a `T`.
///
/// What counts as an input is `T` serialized again: params that it doesn't read change nothing. Params that
/// don't fit are an error that is recorded on the executor.
///
/// ```
/// use scrapeflow::prelude::*;
///
/// #[derive(Serialize, Deserialize)]
/// struct Shop { url: String, country: Option<String> }
///
/// #[executor]
/// async fn domain(Params(shop): Params<Shop>) -> Result<String> {
///     Ok(shop.url.split('/').nth(2).recorded("the URL has no host")?.to_owned())
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Params<T>(pub T);

impl<S, T> Argument<S> for Params<T>
where
    T: Serialize + DeserializeOwned + Send,
{
    fn describe(needs: &mut Needs) {
        needs.input(Input::Params(project::<T>));
    }

    async fn get(call: &Call) -> Result<Self> {
        params_of(call.site().status.stored_params()).map(Self)
    }
}

/// The params as far as `T` reads them.
fn project<T: Serialize + DeserializeOwned>(params: &str) -> Result<String> {
    let read: T = params_of(Some(params))?;
    Ok(serde_json::to_string(&read)?)
}

impl<T> Deref for Params<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Params<T> {
    fn from(params: T) -> Self {
        Self(params)
    }
}

/// Params are the caller's data and stay out of logs.
impl<T> fmt::Debug for Params<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Params<{}>", std::any::type_name::<T>())
    }
}
