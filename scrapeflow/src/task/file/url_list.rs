//! A line of a file of URLs.

use crate::task::{Task, TaskError};

/// The task of a line, `None` if it is blank or a comment.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the shape that every format's lines have"
)]
pub(super) fn task(line: &str) -> Result<Option<Task>, TaskError> {
    let url = line.trim();
    let is_task = !url.is_empty() && !url.starts_with('#');
    Ok(is_task.then(|| Task::from_url(url)))
}
