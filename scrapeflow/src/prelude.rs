//! What a file with executors needs: `use scrapeflow::prelude::*;`.

pub use std::time::Duration;

pub use serde::{Deserialize, Serialize};

pub use crate::{
    Backoff, Bodies, Body, Class, Context, Durability, Error, Event, Executor, Files, HasBody, Key,
    OnUnhandled, Outcome, Output, Params, Previous, Progress, Report, Result, ResultExt,
    RetryFailed, Run, RunError, Saved, State, Status, Task, Tasks, Workflow, bail, ensure,
    executor, shutdown_signal, workflow,
};
#[cfg(feature = "fetch")]
pub use crate::{Fetch, Pace, Politeness, Scraped};
