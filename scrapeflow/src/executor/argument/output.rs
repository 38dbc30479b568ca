//! `Output<E>`: what an earlier executor returned.

use std::fmt;
use std::ops::Deref;

use super::unusable;
use crate::error::Result;
use crate::executor::call::Call;
use crate::executor::contract::{Argument, Executor, Provides};
use crate::executor::input::{Input, Needs};

/// What executor `E` returned. Compiles only where `E` comes earlier in the workflow.
///
/// Its JSON is an input (fields named `response_headers` left out, which differ at every fetch): when it
/// changes, the reader runs again.
///
/// ```
/// use scrapeflow::prelude::*;
///
/// #[executor]
/// async fn words(page: Body<scrapeflow::ready::scrape>) -> Result<Vec<String>> {
///     Ok(page.text().split_whitespace().map(str::to_owned).collect())
/// }
///
/// #[executor]
/// async fn count(words: Output<words>) -> Result<usize> {
///     Ok(words.len())
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// assert_eq!(count(Output(vec!["a".into(), "b".into()])).await.unwrap(), 2);
/// # });
/// ```
pub struct Output<E: Executor>(pub E::Output);

impl<S: Provides<E>, E: Executor> Argument<S> for Output<E> {
    fn describe(needs: &mut Needs) {
        needs.input(Input::Output(E::NAME));
    }

    async fn get(call: &Call) -> Result<Self> {
        let wrong = match call.site().status.output::<E>() {
            Ok(Some(output)) => return Ok(Self(output)),
            Ok(None) => format!("there is no output of `{}`", E::NAME),
            Err(error) => error.to_string(),
        };
        Err(unusable(E::NAME, &wrong))
    }
}

impl<E: Executor> Output<E> {
    /// The output itself.
    pub fn into_inner(self) -> E::Output {
        self.0
    }
}

impl<E: Executor> Deref for Output<E> {
    type Target = E::Output;

    fn deref(&self) -> &E::Output {
        &self.0
    }
}

impl<E: Executor> fmt::Debug for Output<E>
where
    E::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Output").field(&self.0).finish()
    }
}
