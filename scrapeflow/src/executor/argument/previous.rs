//! `Previous`: the executor's own last success.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;

use crate::error::Result;
use crate::executor::call::Call;
use crate::executor::contract::Argument;
use crate::executor::input::Needs;
use crate::status::{Verdict, json};

/// What this executor itself returned when it last succeeded on this task, if it did and has not failed
/// since. No input.
///
/// ```
/// use scrapeflow::prelude::*;
///
/// #[executor]
/// async fn seen(previous: Previous) -> Result<u32> {
///     Ok(previous.output::<u32>().unwrap_or(0) + 1)
/// }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// assert_eq!(seen(Previous::none()).await.unwrap(), 1);
/// assert_eq!(seen(Previous::new(&41).unwrap()).await.unwrap(), 42);
/// # });
/// ```
#[derive(Clone)]
pub struct Previous(Option<Success>);

#[derive(Clone)]
struct Success {
    output: String,
    at: Option<DateTime<Utc>>,
}

impl Previous {
    /// No success, for tests.
    pub fn none() -> Self {
        Self(None)
    }

    /// A success with this output, for tests.
    ///
    /// # Errors
    /// If it doesn't serialize.
    pub fn new(output: &impl serde::Serialize) -> Result<Self> {
        Ok(Self(Some(Success {
            output: serde_json::to_string(output)?,
            at: None,
        })))
    }

    /// The output as a `T`; `None` if there is none or it doesn't fit (an older version may have returned
    /// another type).
    pub fn output<T: DeserializeOwned>(&self) -> Option<T> {
        json::from_json(&self.0.as_ref()?.output).ok()
    }

    /// When that was. Directories of the Python library have local times, so there it is right within 14 hours.
    pub fn last_run(&self) -> Option<DateTime<Utc>> {
        self.0.as_ref()?.at
    }
}

impl<S> Argument<S> for Previous {
    fn describe(_: &mut Needs) {}

    async fn get(call: &Call) -> Result<Self> {
        let site = call.site();
        let record = site.status.record(site.step);
        let success = record
            .output
            .filter(|_| record.verdict() == Verdict::Success);
        Ok(Self(success.map(|output| Success {
            output: output.to_owned(),
            at: record.last_run(),
        })))
    }
}

/// The output stays out of logs.
impl std::fmt::Debug for Previous {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Previous")
            .field("is_some", &self.0.is_some())
            .field("last_run", &self.last_run())
            .finish()
    }
}
