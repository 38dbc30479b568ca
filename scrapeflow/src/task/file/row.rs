//! The rule that makes a task of named values, the same for a JSON object and a CSV row.

use crate::task::{Key, Task, TaskError};

/// The values of one line: its `key`, its `url`, and the params so far.
#[derive(Debug, Default)]
pub(super) struct Row {
    key: Option<String>,
    url: Option<String>,
    /// JSON without its closing brace; empty while there is none.
    params: String,
}

impl Row {
    /// The key is the one value that isn't one of the params.
    pub(super) fn set_key(&mut self, key: String) {
        self.key = Some(key);
    }

    /// The URL, which has to be added to the params as well.
    pub(super) fn set_url(&mut self, url: String) {
        self.url = Some(url);
    }

    /// Adds one of the params, name and value as JSON.
    pub(super) fn add_param(&mut self, name: &str, value: &str) {
        self.params
            .push(if self.params.is_empty() { '{' } else { ',' });
        self.params.push_str(name);
        self.params.push(':');
        self.params.push_str(value);
    }

    /// The task that the values are.
    ///
    /// # Errors
    /// If there is neither key nor URL, the key cannot be one, or the URL that has to give the key
    /// is empty.
    pub(super) fn into_task(mut self) -> Result<Task, TaskError> {
        let key = match (&self.key, &self.url) {
            (Some(key), _) => Key::new(key)?,
            (None, Some(url)) if url.trim().is_empty() => {
                return Err(TaskError::new("the `url` is empty, and there is no `key`"));
            }
            (None, Some(url)) => Key::from_url(url),
            (None, None) => {
                return Err(TaskError::new(
                    "there is neither a `key` nor a `url`; a task needs one of them",
                ));
            }
        };
        if self.params.is_empty() {
            return Ok(Task::stored(key));
        }
        self.params.push('}');
        Ok(Task::assembled(key, Some(self.params)))
    }
}
