//! What an iterator or a stream of tasks may yield.

use std::error::Error;

use serde::Serialize;

use super::{Key, Task, TaskError};

/// What [`Tasks::from_iterator`] and [`Tasks::from_stream`] take: a [`Task`], a [`Key`] alone, a
/// pair of key and params, or a `Result` of one of these.
///
/// [`Tasks::from_iterator`]: crate::Tasks::from_iterator
/// [`Tasks::from_stream`]: crate::Tasks::from_stream
///
/// ```
/// use scrapeflow::{IntoTask, Task, TaskError};
///
/// struct Product {
///     page: String,
/// }
///
/// impl IntoTask for Product {
///     fn into_task(self) -> Result<Task, TaskError> {
///         Ok(Task::from_url(self.page))
///     }
/// }
/// # let page = "https://example.com/".to_owned();
/// # assert!(Product { page }.into_task()?.params().is_some());
/// # Ok::<(), TaskError>(())
/// ```
pub trait IntoTask {
    /// Turns it into a task.
    ///
    /// # Errors
    /// If it isn't one; the source of tasks adds where it was.
    fn into_task(self) -> Result<Task, TaskError>;
}

impl IntoTask for Task {
    fn into_task(self) -> Result<Task, TaskError> {
        Ok(self)
    }
}

/// By key alone, as [`Task::stored`].
impl IntoTask for Key {
    fn into_task(self) -> Result<Task, TaskError> {
        Ok(Task::stored(self))
    }
}

impl<K: AsRef<str>, P: Serialize> IntoTask for (K, P) {
    fn into_task(self) -> Result<Task, TaskError> {
        Task::new(self.0.as_ref(), &self.1)
    }
}

impl<T: IntoTask, E: Error + Send + Sync + 'static> IntoTask for Result<T, E> {
    fn into_task(self) -> Result<Task, TaskError> {
        self.map_err(TaskError::from_cause)?.into_task()
    }
}
