//! Why a key, a task or a source of tasks is refused.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::Task;

/// A key, a task or a source of tasks that cannot be used.
///
/// The message names what it is about, so that it can be mended: the key, and the file and line or
/// the position where it comes from a source.
///
/// ```
/// use scrapeflow::Tasks;
///
/// let error = Tasks::from_keys(["lamp", "desk/oak"]).unwrap_err();
/// assert_eq!(error.source_name(), Some("keys"));
/// assert_eq!(error.position(), Some(2));
/// assert_eq!(error.key(), Some("desk/oak"));
/// assert!(error.to_string().starts_with("item 2 of the keys: key `desk/oak` contains `/`"));
/// ```
// One pointer: it is part of the result of every item of a source.
#[derive(Debug)]
pub struct TaskError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    place: Option<Place>,
    key: Option<String>,
    message: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

/// Where in a source of tasks something is.
#[derive(Debug, Clone)]
pub(super) enum Place {
    File(Arc<str>),
    /// A physical line, the first is 1.
    Line {
        file: Arc<str>,
        line: u64,
    },
    /// The first item is 1.
    Item {
        of: &'static str,
        position: u64,
    },
}

impl TaskError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            place: None,
            key: None,
            message: message.into(),
            cause: None,
        }))
    }

    /// Something about a task, wherever that comes from.
    pub(crate) fn about(task: &Task, message: impl Into<String>) -> Self {
        let error = Self::new(message).of(task.key());
        match &task.place {
            Some(place) => error.at(Place::clone(place)),
            None => error,
        }
    }

    /// An error of somebody else's; one of ours in disguise stays what it is.
    pub(super) fn from_cause(cause: impl Error + Send + Sync + 'static) -> Self {
        let cause: Box<dyn Error + Send + Sync> = Box::new(cause);
        match cause.downcast::<TaskError>() {
            Ok(error) => *error,
            Err(cause) => {
                let mut error = Self::new(String::new());
                error.0.cause = Some(cause);
                error
            }
        }
    }

    /// Names the key that it is about, valid or not.
    #[must_use]
    pub(super) fn of(mut self, key: impl AsRef<str>) -> Self {
        self.0.key = Some(key.as_ref().to_owned());
        self
    }

    /// Says in front of the cause what failed.
    #[must_use]
    pub(super) fn context(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// Says where it is. A place inside another one goes into the message.
    #[must_use]
    pub(super) fn at(mut self, place: Place) -> Self {
        if self.0.place.is_some() {
            let inner = self.to_string();
            self.0.message = inner;
            // Its message holds the cause's already.
            self.0.cause = None;
        }
        self.0.place = Some(place);
        self
    }

    /// The key that it is about, as it was given: it may be one that cannot be a key.
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// The source that it is in: a file's path, or a word like `stream` or `keys`.
    pub fn source_name(&self) -> Option<&str> {
        match self.0.place.as_ref()? {
            Place::File(file) | Place::Line { file, .. } => Some(file),
            Place::Item { of, .. } => Some(of),
        }
    }

    /// The line of the file that it is in; the first is 1.
    pub fn line(&self) -> Option<u64> {
        match self.0.place.as_ref()? {
            Place::Line { line, .. } => Some(*line),
            _ => None,
        }
    }

    /// The position of the item that it is about, in a source that isn't a file; the first is 1.
    pub fn position(&self) -> Option<u64> {
        match self.0.place.as_ref()? {
            Place::Item { position, .. } => Some(*position),
            _ => None,
        }
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.place {
            Some(Place::File(file)) => write!(f, "{file}: ")?,
            Some(Place::Line { file, line }) => write!(f, "{file}:{line}: ")?,
            Some(Place::Item { of, position }) => write!(f, "item {position} of the {of}: ")?,
            None => {}
        }
        f.write_str(&self.0.message)?;
        match &self.0.cause {
            Some(cause) if self.0.message.is_empty() => write!(f, "{cause}"),
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

impl Error for TaskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The message ends with the cause: as a source it would be said twice.
        self.0.cause.as_ref()?.source()
    }
}

/// So that a [`Key`](super::Key) can stand where anything that may become one does.
impl From<Infallible> for TaskError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::task::Key;

    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the queue is broken")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    fn outer() -> Outer {
        Outer("x".parse::<u8>().unwrap_err())
    }

    #[test]
    fn the_chain_of_causes_says_everything_once() {
        let error = TaskError::from_cause(outer()).context("cannot ask for more");
        expect!["cannot ask for more: the queue is broken"].assert_eq(&error.to_string());
        expect!["invalid digit found in string"].assert_eq(&error.source().unwrap().to_string());
    }

    #[test]
    fn one_of_ours_stays_what_it_is() {
        let error = TaskError::from_cause(Key::new("a/b").unwrap_err());
        assert_eq!(error.key(), Some("a/b"));
    }

    #[test]
    fn places_nest() {
        let inner = Place::Item {
            of: "keys",
            position: 2,
        };
        let outer_place = Place::Line {
            file: "tasks.jsonl".into(),
            line: 9,
        };
        let error = TaskError::from_cause(outer()).at(inner).at(outer_place);
        expect!["tasks.jsonl:9: item 2 of the keys: the queue is broken"]
            .assert_eq(&error.to_string());
        assert_eq!((error.line(), error.position()), (Some(9), None));
    }

    #[test]
    fn it_is_small_and_can_go_anywhere() {
        fn sendable<T: Send + Sync + 'static>() {}
        sendable::<TaskError>();
        assert_eq!(size_of::<TaskError>(), size_of::<usize>());
    }
}
