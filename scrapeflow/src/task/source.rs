//! One source of tasks, as the run sees it, and how each kind numbers its tasks for messages.

use std::fmt;
use std::path::Path;
use std::task::{Poll, ready};

use futures::stream::{self, BoxStream, Stream, StreamExt};

use super::error::Place;
use super::{IntoTask, Task, TaskError, file};

/// One source, as the run sees it.
pub(crate) enum Source {
    /// Checked already; may have duplicates.
    Memory {
        /// What they are, in the plural.
        what: &'static str,
        tasks: Vec<Task>,
    },
    /// To be pulled; ends after its first error.
    Lazy {
        /// A path, or a word such as "stream".
        name: String,
        stream: BoxStream<'static, Result<Task, TaskError>>,
        /// How many there are, if the source says so.
        len: Option<u64>,
    },
    /// What the store has.
    Stored,
}

impl Source {
    /// Makes a task of each item at once.
    ///
    /// # Errors
    /// The first one of `task`, with its position.
    pub(super) fn memory<T>(
        what: &'static str,
        items: impl IntoIterator<Item = T>,
        mut task: impl FnMut(T) -> Result<Task, TaskError>,
    ) -> Result<Self, TaskError> {
        let tasks = (1..)
            .zip(items)
            .map(|(position, item)| {
                task(item).map_err(|error| error.at(Place::Item { of: what, position }))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self::Memory { what, tasks })
    }

    /// The tasks of a file, which tell where they are by themselves.
    pub(super) fn file(
        path: &Path,
        tasks: impl Iterator<Item = Result<Task, TaskError>> + Send + 'static,
    ) -> Self {
        let name = path.display().to_string();
        if file::lets_wait(path) {
            Self::lazy(name, None, file::waited(tasks))
        } else {
            Self::lazy(name, None, stream::iter(tasks))
        }
    }

    /// The items of a stream, counted.
    pub(super) fn items<S>(what: &'static str, items: S) -> Self
    where
        S: Stream<Item: IntoTask + 'static> + Send + 'static,
    {
        let len = match items.size_hint() {
            (least, Some(most)) if least == most => Some(least as u64),
            _ => None,
        };
        let mut position = 0;
        let tasks = items.map(move |item| {
            position += 1;
            let place = Place::Item { of: what, position };
            match item.into_task() {
                Ok(task) => Ok(task.at(place)),
                Err(error) => Err(error.at(place)),
            }
        });
        Self::lazy(what.to_owned(), len, tasks)
    }

    fn lazy(
        name: String,
        len: Option<u64>,
        tasks: impl Stream<Item = Result<Task, TaskError>> + Send + 'static,
    ) -> Self {
        let mut tasks = Some(Box::pin(tasks));
        let until_error = stream::poll_fn(move |cx| {
            let Some(going) = &mut tasks else {
                return Poll::Ready(None);
            };
            let task = ready!(going.poll_next_unpin(cx));
            if !matches!(task, Some(Ok(_))) {
                // Closes the file, and never asks again an iterator that has failed.
                tasks = None;
            }
            Poll::Ready(task)
        });
        let stream = until_error.boxed();
        Self::Lazy { name, stream, len }
    }
}

/// Without tasks and their params: these are the caller's data.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory { what, tasks } => write!(f, "{} {what}", tasks.len()),
            Self::Lazy { name, .. } => f.write_str(name),
            Self::Stored => f.write_str("stored"),
        }
    }
}
