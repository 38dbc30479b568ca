//! `Context`: everything of the run.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use crate::error::Result;
use crate::executor::call::{Call, Site};
use crate::executor::contract::Argument;
use crate::executor::input::{Input, Needs};
use crate::status::params_of;

/// Everything of the run, for executors that need more than their own arguments give.
///
/// The shared params are an input: when they change, executors that take `Context` run again.
///
/// ```
/// use scrapeflow::prelude::*;
///
/// #[derive(Deserialize)]
/// struct Shared { thumbnail: (u32, u32) }
///
/// #[executor]
/// async fn size(context: Context) -> Result<(u32, u32)> {
///     Ok(context.params::<Shared>()?.thumbnail)
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Context(Call);

impl Context {
    /// Where the run keeps its statuses: the directory, or another store's name.
    pub fn location(&self) -> String {
        self.site().scope.store.location()
    }

    /// The params that all tasks of the run share, as a `T`.
    ///
    /// # Errors
    /// If they don't fit; recorded on the task.
    pub fn params<T: DeserializeOwned>(&self) -> Result<T> {
        params_of(Some(self.site().scope.shared.as_deref().unwrap_or("{}")))
    }

    /// A value that the caller gave to the run with `state`.
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.site().scope.extensions.get()
    }

    fn site(&self) -> &Site {
        self.0.site()
    }

    #[cfg(feature = "fetch")]
    pub(crate) fn call(&self) -> &Call {
        &self.0
    }

    /// The name under which this executor is stored.
    pub fn executor(&self) -> &'static str {
        self.site().step().name
    }

    /// Whether the run forces this executor.
    pub fn is_forced(&self) -> bool {
        self.site().scope.settled[self.site().step].forced
    }

    /// The names of the executors that the run forces.
    pub fn forced(&self) -> impl Iterator<Item = &'static str> {
        let scope = &self.site().scope;
        let steps = scope.steps.iter().zip(&scope.settled);
        steps
            .filter(|(_, settled)| settled.forced)
            .map(|(step, _)| step.name)
    }

    /// What bounds one attempt of this executor.
    pub fn timeout(&self) -> std::time::Duration {
        self.site().scope.settled[self.site().step].timeout
    }

    /// Cancelled when the run is asked to stop: long work may end early, within the run's `grace`.
    pub fn cancellation(&self) -> CancellationToken {
        self.site().scope.stop.token()
    }

    /// Waits for something that is not this task's work (a quota, another system's turn): meanwhile its
    /// place among the `max_parallelism` goes to another task, and its deadline stands still.
    pub async fn aside<F: Future>(&self, wait: F) -> F::Output {
        self.site().seat.aside(wait).await
    }
}

impl<S> Argument<S> for Context {
    fn describe(needs: &mut Needs) {
        needs.input(Input::Shared);
        for describe in crate::features::IN_CONTEXT {
            describe(needs);
        }
    }

    async fn get(call: &Call) -> Result<Self> {
        Ok(Self(call.clone()))
    }
}
