//! The tasks of a run as one stream: sources one after another, each key once.
//!
//! Tasks in memory are checked whole before the first is started; files, iterators and streams as they are
//! pulled. What tells duplicates is all that grows with the number of tasks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::ready;
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt, TryStreamExt};

use super::error::RunError;
use super::scope::Scope;
use crate::report::event::Event;
use crate::store::StoreErrorKind;
use crate::task::{Admitted, Key, Seen, Source, Task, TaskError, Tasks};

/// Tasks to be scheduled.
pub(crate) struct Pulled<'a> {
    pub(crate) stream: BoxStream<'a, Result<Task, RunError>>,
    /// How many, where that is known.
    pub(crate) known: Option<u64>,
}

/// All tasks; without a source, those that the store has.
///
/// # Errors
/// A bad task in memory: a key with two different params, or one that has neither params nor a status.
pub(crate) async fn pull(
    tasks: Option<Tasks>,
    limit: Option<u64>,
    scope: &Arc<Scope>,
) -> Result<Pulled<'_>, RunError> {
    let sources = tasks.map_or_else(|| vec![Source::Stored], Tasks::into_parts);
    let seen = Arc::new(Mutex::new(Seen::default()));
    let mut known = Some(0);
    let mut parts: Vec<BoxStream<'_, Result<Task, RunError>>> = Vec::new();
    for source in sources {
        match source {
            Source::Memory { tasks, .. } => {
                let checked = check(tasks, &seen, scope).await?;
                known = known.map(|known| known + checked.len() as u64);
                parts.push(stream::iter(checked).map(Ok).boxed());
            }
            Source::Lazy { stream, len, .. } => {
                known = known.zip(len).map(|(known, len)| known + len);
                parts.push(once_each(
                    stream.map(|task| task.map_err(RunError::from)),
                    &seen,
                    scope,
                ));
            }
            Source::Stored => {
                known = None;
                // A directory that is written to while it is listed may give a name twice.
                // One that was given with params is no duplicate.
                parts.push(unless_seen(stored(scope), &seen, drop).boxed());
            }
        }
    }
    let stream = stream::iter(parts).flatten();
    Ok(match limit {
        None => Pulled {
            stream: stream.boxed(),
            known,
        },
        Some(limit) => Pulled {
            stream: stream
                .take(usize::try_from(limit).unwrap_or(usize::MAX))
                .boxed(),
            known: known.map(|known| known.min(limit)),
        },
    })
}

/// Tasks in memory, all of them before any is started.
async fn check(tasks: Vec<Task>, seen: &Mutex<Seen>, scope: &Scope) -> Result<Vec<Task>, RunError> {
    let mut checked = Vec::with_capacity(tasks.len());
    for task in tasks {
        if !admit(&task, seen, |key| {
            scope.events.publish(&Event::Duplicate { key });
        })? {
            continue;
        }
        if task.params().is_none() {
            refuse_unknown(&task, scope).await?;
        }
        checked.push(task);
    }
    Ok(checked)
}

fn stored(scope: &Scope) -> BoxStream<'_, Result<Task, RunError>> {
    let tasks = scope.store.keys().filter_map(async |key| match key {
        Ok(key) => Some(Ok(Task::stored(key))),
        // No task has it.
        Err(error) if error.kind() == StoreErrorKind::Broken => {
            tracing::warn!(%error, "left alone");
            None
        }
        Err(error) => Some(Err(error.into())),
    });
    tasks.boxed()
}

/// Leaves out tasks that came before, stops at a bad one.
fn once_each<'a>(
    tasks: impl Stream<Item = Result<Task, RunError>> + Send + 'a,
    seen: &Arc<Mutex<Seen>>,
    scope: &'a Scope,
) -> BoxStream<'a, Result<Task, RunError>> {
    let news = unless_seen(tasks, seen, |key| {
        scope.events.publish(&Event::Duplicate { key });
    });
    let checked = news.and_then(async |task| {
        if task.params().is_none() {
            refuse_unknown(&task, scope).await?;
        }
        Ok(task)
    });
    checked.boxed()
}

/// Leaves out tasks that came before, and tells their keys.
fn unless_seen<'a>(
    tasks: impl Stream<Item = Result<Task, RunError>> + Send + 'a,
    seen: &Arc<Mutex<Seen>>,
    duplicate: impl Fn(Key) + Send + 'a,
) -> impl Stream<Item = Result<Task, RunError>> + Send + 'a {
    let seen = seen.clone();
    tasks.try_filter_map(move |task| {
        let is_new = admit(&task, &seen, &duplicate);
        ready(
            is_new
                .map(|is_new| is_new.then_some(task))
                .map_err(RunError::from),
        )
    })
}

/// Whether a task is new.
fn admit(task: &Task, seen: &Mutex<Seen>, duplicate: impl Fn(Key)) -> Result<bool, TaskError> {
    match lock(seen).admit(task)? {
        Admitted::New => Ok(true),
        Admitted::Duplicate => {
            duplicate(task.key().clone());
            Ok(false)
        }
    }
}

/// A panic elsewhere leaves it whole: every change is one insertion.
fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A key alone has to stand for something.
async fn refuse_unknown(task: &Task, scope: &Scope) -> Result<(), RunError> {
    let key = task.key();
    match scope.store.read(key).await {
        Ok(None) => Err(RunError::from(TaskError::about(
            task,
            format!(
                "key `{key}` is given alone and {} has no status of it; give its params too",
                scope.store.location()
            ),
        ))),
        // What is there but cannot be read is reported when the task's turn comes.
        _ => Ok(()),
    }
}
