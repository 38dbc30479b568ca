//! What there is to do: keys, tasks, and the sources that tasks come from.
//!
//! Data comes from the caller: values in memory ([`Tasks::from_urls`]), files
//! ([`Tasks::from_file`]), any iterator or stream, or the marker for what the store has
//! ([`Tasks::stored`]). It goes to the run as a list of [`Source`]s, and through [`Seen`] on the
//! way, which tells duplicates.
//!
//! What a task's params mean, whether it has run before, and where its files are is not known here;
//! nothing in this module touches the store or the network.

mod error;
mod file;
mod into_task;
mod key;
mod params;
mod seen;
mod source;
mod tasks;

use std::fmt;

use serde::Serialize;

pub use error::TaskError;
#[cfg(all(feature = "cli", any(test, fuzzing)))]
pub(crate) use file::{check_csv, check_jsonl, check_urls};
pub use into_task::IntoTask;
pub use key::Key;
pub(crate) use seen::{Admitted, Seen};
pub(crate) use source::Source;
pub use tasks::Tasks;

use crate::status::json;
use error::Place;

/// One thing to do: a [`Key`], and the params that say what to do.
///
/// ```
/// use scrapeflow::{Key, Task};
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct Lamp {
///     url: String,
///     watts: u32,
/// }
///
/// let lamp = Lamp { url: "https://example.com/lamp".to_owned(), watts: 40 };
/// let task = Task::new("lamp", &lamp)?;
/// assert_eq!(task.key().as_str(), "lamp");
/// assert_eq!(task.params(), Some(r#"{"url":"https://example.com/lamp","watts":40}"#));
/// # Ok::<(), scrapeflow::TaskError>(())
/// ```
#[derive(Clone)]
pub struct Task {
    key: Key,
    params: Option<Box<str>>,
    /// Where it comes from, for messages; boxed, since millions of tasks in memory have none.
    place: Option<Box<Place>>,
}

impl Task {
    /// A task with params: a struct, a map, or anything else that serializes to a JSON object.
    /// A number that JSON cannot write, such as NaN, becomes `null`.
    ///
    /// # Errors
    /// If the key cannot be one, or the params don't serialize to an object.
    pub fn new(
        key: impl TryInto<Key, Error: Into<TaskError>>,
        params: &(impl Serialize + ?Sized),
    ) -> Result<Self, TaskError> {
        let key = key.try_into().map_err(Into::into)?;
        match params::object(params) {
            Ok(params) => Ok(Self::assembled(key, Some(params))),
            Err(problem) => {
                Err(TaskError::new(format!("params of key `{key}` {problem}")).of(&key))
            }
        }
    }

    /// A task by key alone: it takes the params that the store has for that key.
    ///
    /// ```
    /// use scrapeflow::{Key, Task};
    ///
    /// let task = Task::stored(Key::new("lamp")?);
    /// assert_eq!(task.params(), None);
    /// # Ok::<(), scrapeflow::TaskError>(())
    /// ```
    pub fn stored(key: Key) -> Self {
        Self::assembled(key, None)
    }

    /// A task for one URL: its key is [`Key::from_url`], its params are `{"url": …}`.
    ///
    /// The URL isn't looked at: one that is invalid is recorded as such when it is fetched.
    ///
    /// ```
    /// use scrapeflow::{Key, Task};
    ///
    /// let task = Task::from_url("https://example.com/");
    /// assert_eq!(task.key(), &Key::from_url("https://example.com/"));
    /// assert_eq!(task.params(), Some(r#"{"url":"https://example.com/"}"#));
    /// ```
    pub fn from_url(url: impl AsRef<str>) -> Self {
        let url = url.as_ref();
        let mut params = String::with_capacity(url.len() + 10);
        params.push_str(r#"{"url":"#);
        json::quote(&mut params, url);
        params.push('}');
        Self::assembled(Key::from_url(url), Some(params))
    }

    /// The key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The params as JSON, an object; `None` in a task by key alone.
    pub fn params(&self) -> Option<&str> {
        self.params.as_deref()
    }

    /// Of params that are known to be a JSON object.
    fn assembled(key: Key, params: Option<String>) -> Self {
        Self {
            key,
            params: params.map(String::into_boxed_str),
            place: None,
        }
    }

    fn at(mut self, place: Place) -> Self {
        self.place = Some(Box::new(place));
        self
    }
}

/// The params are the caller's data and may hold secrets: only their size is told.
impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut task = f.debug_struct("Task");
        task.field("key", &self.key.as_str());
        match &self.params {
            Some(params) => task.field("params", &format_args!("{} bytes", params.len())),
            None => task.field("params", &format_args!("stored")),
        };
        // Where it comes from is for messages.
        task.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use expect_test::expect;

    use super::*;

    #[test]
    fn params_must_be_an_object() {
        fn told(params: &impl Serialize) -> String {
            match Task::new("a", params) {
                Ok(task) => format!("{}\n", task.params().unwrap()),
                Err(error) => {
                    assert_eq!(error.key(), Some("a"));
                    format!("{error}\n")
                }
            }
        }
        let told = [
            told(&BTreeMap::from([("x", f64::NAN)])),
            told(&BTreeMap::<&str, u8>::new()),
            told(&[1, 2]),
            told(&"text"),
            told(&7),
            told(&true),
            told(&()),
            told(&None::<u8>),
            told(&BTreeMap::from([([1], 2)])),
        ];
        expect![[r#"
            {"x":null}
            {}
            params of key `a` must be a JSON object, found an array; give a struct or a map
            params of key `a` must be a JSON object, found a string; give a struct or a map
            params of key `a` must be a JSON object, found a number; give a struct or a map
            params of key `a` must be a JSON object, found a boolean; give a struct or a map
            params of key `a` must be a JSON object, found null; give a struct or a map
            params of key `a` must be a JSON object, found null; give a struct or a map
            params of key `a` cannot be written as JSON: key must be a string
        "#]]
        .assert_eq(&told.concat());
    }

    #[test]
    fn a_url_is_quoted() {
        let task = Task::from_url("http://a/\"\\\n");
        assert_eq!(task.params(), Some(r#"{"url":"http://a/\"\\\n"}"#));
    }

    #[test]
    fn debug_keeps_params_to_itself() {
        expect![[r#"Task { key: "97dde32c1f7d1a61a166bff303e0de36", params: 31 bytes, .. }"#]]
            .assert_eq(&format!("{:?}", Task::from_url("http://user:secret@a/")));
        expect![[r#"Task { key: "a", params: stored, .. }"#]]
            .assert_eq(&format!("{:?}", Task::stored(Key::new("a").unwrap())));
    }
}
