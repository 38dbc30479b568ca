//! The name of a task, and what can be one.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use md5::{Digest, Md5};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};

use super::{TaskError, params};
use crate::digest::md5_hex;
use crate::status::json;

/// The name of a task: of its status, and of the files that belong to it. Cheap to clone.
///
/// A key begins file names (`<key>.status.json`), so it
/// - is not empty, and at most [`Key::MAX_BYTES`] long,
/// - has no `/`, no `\` and no control character,
/// - is neither `.` nor `..`,
/// - doesn't end in `.status`, which would let a file of one task pass for the status of another.
///
/// ```
/// use scrapeflow::Key;
///
/// let key = Key::new("lamp, 40 W")?;
/// assert_eq!(key.as_str(), "lamp, 40 W");
/// assert!(Key::new("lamps/40").is_err());
/// # Ok::<(), scrapeflow::TaskError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Arc<str>);

impl Key {
    /// The most bytes that a key can have: the 255 that file systems give a name, less the 12 of
    /// `.status.json`.
    pub const MAX_BYTES: usize = 255 - ".status.json".len();

    /// Checks that `key` can name a task.
    ///
    /// # Errors
    /// If it breaks one of the rules that stand at [`Key`]; the message says which.
    pub fn new(key: impl AsRef<str>) -> Result<Self, TaskError> {
        let key = key.as_ref();
        match refusal(key) {
            None => Ok(Self(key.into())),
            Some(refusal) => Err(TaskError::new(format!("key `{}` {refusal}", shown(key))).of(key)),
        }
    }

    /// The key of a URL: the MD5 of its text, in hex.
    ///
    /// ```
    /// use scrapeflow::Key;
    ///
    /// let key = Key::from_url("http://127.0.0.1:8099/std.html");
    /// assert_eq!(key.as_str(), "a195c406d8bcac189d220f992cb3c3d4");
    /// ```
    pub fn from_url(url: impl AsRef<str>) -> Self {
        Self::of_md5(url.as_ref())
    }

    /// The key of params: the MD5 of their JSON with sorted names and no white space, in hex. For
    /// tasks that a URL alone doesn't tell apart, such as POSTs to one address.
    ///
    /// ```
    /// use scrapeflow::Key;
    /// use std::collections::BTreeMap;
    ///
    /// let params = BTreeMap::from([("url", "https://example.com/api"), ("page", "2")]);
    /// assert_eq!(Key::from_params(&params)?.as_str(), "b27a3152c45edfa69214676a5bbaa6b6");
    /// # Ok::<(), scrapeflow::TaskError>(())
    /// ```
    ///
    /// # Errors
    /// If the params don't serialize to a JSON object.
    pub fn from_params(params: &(impl Serialize + ?Sized)) -> Result<Self, TaskError> {
        let raw = params::object(params)
            .map_err(|problem| TaskError::new(format!("params {problem}")))?;
        let canonical = json::canonical(&raw, None)
            .map_err(|error| TaskError::new(format!("params cannot be a key: {error}")))?;
        Ok(Self::of_md5(&canonical))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of_md5(text: &str) -> Self {
        // 32 hex digits break none of the rules.
        Self(md5_hex(text.as_bytes()).into())
    }
}

/// The rule that `key` breaks, if any, to follow its name in a message.
fn refusal(key: &str) -> Option<String> {
    if key.is_empty() {
        return Some("is empty; it names the task's files, so it needs a character".into());
    }
    if key == "." || key == ".." {
        return Some("names a folder; choose another".into());
    }
    if let Some(separator) = key.chars().find(|c| matches!(c, '/' | '\\')) {
        return Some(format!(
            "contains `{separator}`, which separates folders; replace it, or take `Key::from_url`"
        ));
    }
    if let Some(control) = key.chars().find(|c| c.is_control()) {
        let code = u32::from(control);
        return Some(format!(
            "contains the control character U+{code:04X}; remove it"
        ));
    }
    if key.ends_with(".status") {
        return Some("ends in `.status`, as only statuses do; choose another ending".into());
    }
    if key.len() > Key::MAX_BYTES {
        return Some(format!(
            "has {} bytes, more than the {} that fit a file name; shorten it, or take `Key::from_url`",
            key.len(),
            Key::MAX_BYTES
        ));
    }
    None
}

/// The key for a message: on one line, whatever is in it, and not too long a one.
fn shown(key: &str) -> String {
    const MOST: usize = 60;
    let escape = |c: char| match c {
        '"' | '\'' => c.to_string(),
        c => c.escape_debug().to_string(),
    };
    let mut shown: String = key.chars().take(MOST).map(escape).collect();
    if key.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// The MD5 of a text, its first byte highest.
pub(super) fn md5(text: &str) -> u128 {
    u128::from_be_bytes(Md5::digest(text).into())
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for Key {
    type Err = TaskError;

    fn from_str(key: &str) -> Result<Self, TaskError> {
        Self::new(key)
    }
}

impl TryFrom<&str> for Key {
    type Error = TaskError;

    fn try_from(key: &str) -> Result<Self, TaskError> {
        Self::new(key)
    }
}

impl TryFrom<String> for Key {
    type Error = TaskError;

    fn try_from(key: String) -> Result<Self, TaskError> {
        Self::new(key)
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
