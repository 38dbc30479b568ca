//! Where tasks come from.
//!
//! Values in memory are checked whole when a source is made of them, so that a run never starts on
//! a list with a mistake in it. Files, iterators and streams may be longer than memory: they are
//! pulled as the run goes on, and end with their first bad item.
//!
//! Whether a task came before, in the same source or in another one, isn't known here but to
//! [`Seen`]; only pairs that contradict each other are found at once.

use std::fmt;
use std::path::Path;

use futures::stream::{self, Stream};
use serde::Serialize;

use super::{IntoTask, Key, Seen, Source, Task, TaskError, file};

/// The tasks of a run.
///
/// ```
/// use scrapeflow::Tasks;
/// use std::collections::BTreeMap;
///
/// let lamps = Tasks::from_pairs([
///     ("lamp", BTreeMap::from([("url", "https://example.com/lamp")])),
///     ("desk lamp", BTreeMap::from([("url", "https://example.com/desk-lamp")])),
/// ])?;
/// let tasks = Tasks::from_urls(["https://example.com/"])?.and(lamps).and(Tasks::stored());
/// # drop(tasks);
/// # Ok::<(), scrapeflow::TaskError>(())
/// ```
pub struct Tasks(Vec<Source>);

impl Tasks {
    /// Tasks of pairs of key and params, or of a map.
    ///
    /// ```
    /// use scrapeflow::Tasks;
    /// use serde::Serialize;
    /// use std::collections::HashMap;
    ///
    /// #[derive(Serialize)]
    /// struct Search {
    ///     url: &'static str,
    ///     page: u32,
    /// }
    ///
    /// let url = "https://example.com/search";
    /// let pages = (1..=9).map(|page| (format!("page {page}"), Search { url, page }));
    /// let tasks = Tasks::from_pairs(pages)?;
    /// let tasks = Tasks::from_pairs(HashMap::from([("first", Search { url, page: 1 })]))?;
    /// # drop(tasks);
    /// # Ok::<(), scrapeflow::TaskError>(())
    /// ```
    ///
    /// # Errors
    /// If a key cannot be one, params don't serialize to a JSON object, or one key comes with two
    /// different params.
    pub fn from_pairs<K, P>(pairs: impl IntoIterator<Item = (K, P)>) -> Result<Self, TaskError>
    where
        K: AsRef<str>,
        P: Serialize,
    {
        let mut seen = Seen::default();
        let source = Source::memory("pairs", pairs, |pair| {
            let task = pair.into_task()?;
            seen.admit(&task)?;
            Ok(task)
        })?;
        Ok(Self(vec![source]))
    }

    /// Tasks by key alone: they take the params that the store has.
    ///
    /// ```
    /// use scrapeflow::Tasks;
    ///
    /// let again = Tasks::from_keys(["lamp", "desk lamp"])?;
    /// # drop(again);
    /// # Ok::<(), scrapeflow::TaskError>(())
    /// ```
    ///
    /// # Errors
    /// If a key cannot be one.
    pub fn from_keys<K: AsRef<str>>(keys: impl IntoIterator<Item = K>) -> Result<Self, TaskError> {
        let source = Source::memory("keys", keys, |key| Key::new(key).map(Task::stored))?;
        Ok(Self(vec![source]))
    }

    /// A task for each URL, as [`Task::from_url`] makes it. The run collapses equal ones, and
    /// counts them.
    ///
    /// ```
    /// use scrapeflow::Tasks;
    ///
    /// let pages = (1..=9).map(|page| format!("https://example.com/page/{page}/"));
    /// let tasks = Tasks::from_urls(pages)?;
    /// # drop(tasks);
    /// # Ok::<(), scrapeflow::TaskError>(())
    /// ```
    ///
    /// # Errors
    /// If a URL is empty. One that is otherwise no URL is recorded as such when it is fetched.
    pub fn from_urls<U: AsRef<str>>(urls: impl IntoIterator<Item = U>) -> Result<Self, TaskError> {
        let source = Source::memory("URLs", urls, |url| {
            let url = url.as_ref();
            if url.trim().is_empty() {
                return Err(TaskError::new("the URL is empty; leave it out"));
            }
            Ok(Task::from_url(url))
        })?;
        Ok(Self(vec![source]))
    }

    /// Tasks of a file, in the format that its extension names: [`.jsonl` or `.ndjson`], [`.csv`],
    /// or a list of URLs in [`.txt`].
    ///
    /// # Errors
    /// If the extension is another one, or the file cannot be opened.
    ///
    /// [`.jsonl` or `.ndjson`]: Tasks::from_jsonl
    /// [`.csv`]: Tasks::from_csv
    /// [`.txt`]: Tasks::from_url_list
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, TaskError> {
        let path = path.as_ref();
        match file::Format::of(path)? {
            file::Format::Jsonl => Self::from_jsonl(path),
            file::Format::Csv => Self::from_csv(path),
            file::Format::UrlList => Self::from_url_list(path),
        }
    }

    /// Tasks of a file of JSON objects, one a line; `-` is standard input.
    ///
    /// An object has a `key`, a `url`, or both, both strings. Where there is no `key`, the key is
    /// that of the `url`. The params are all fields but `key`, as they stand; an object of nothing
    /// but a `key` is a task by key alone. Blank lines are skipped.
    ///
    /// ```
    /// use scrapeflow::Tasks;
    ///
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("lamps.jsonl");
    /// std::fs::write(&path, r#"
    /// {"url": "https://example.com/lamp"}
    /// {"key": "desk lamp", "url": "https://example.com/desk-lamp", "watts": 40}
    /// {"key": "an old one"}
    /// "#)?;
    /// let tasks = Tasks::from_jsonl(&path)?;
    /// # drop(tasks);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be opened. It is read as the run goes on, and a line that is no task
    /// stops the run there.
    pub fn from_jsonl(path: impl AsRef<Path>) -> Result<Self, TaskError> {
        let path = path.as_ref();
        Ok(Self(vec![Source::file(path, file::jsonl(path)?)]))
    }

    /// Tasks of a CSV file with a header row; `-` is standard input.
    ///
    /// There is a column `key`, `url`, or both, with the meaning that they have in [JSONL]. The
    /// params are all columns but `key`, as strings. Cells are separated by commas and quoted by
    /// `"`; blank lines are skipped.
    ///
    /// ```
    /// use scrapeflow::Tasks;
    ///
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("lamps.csv");
    /// std::fs::write(&path, r#"
    /// url,name
    /// https://example.com/lamp,"Lamp, 40 W"
    /// https://example.com/desk-lamp,Desk lamp
    /// "#)?;
    /// let tasks = Tasks::from_csv(&path)?;
    /// # drop(tasks);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be opened, or its header has neither column or one twice. It is read as
    /// the run goes on, and a row that is no task stops the run there.
    ///
    /// [JSONL]: Tasks::from_jsonl
    pub fn from_csv(path: impl AsRef<Path>) -> Result<Self, TaskError> {
        let path = path.as_ref();
        Ok(Self(vec![Source::file(path, file::csv(path)?)]))
    }

    /// A task for each line of a file of URLs; `-` is standard input. Blank lines, and lines that begin with `#`, are
    /// skipped.
    ///
    /// # Errors
    /// If the file cannot be opened. It is read as the run goes on, and a line that isn't UTF-8
    /// stops the run there.
    pub fn from_url_list(path: impl AsRef<Path>) -> Result<Self, TaskError> {
        let path = path.as_ref();
        Ok(Self(vec![Source::file(path, file::url_list(path)?)]))
    }

    /// Tasks of any iterator, pulled as the run goes on. It should not block for long.
    ///
    /// ```
    /// use scrapeflow::{Task, Tasks};
    ///
    /// let pages = (1_u64..).map(|page| Task::from_url(format!("https://example.com/page/{page}/")));
    /// let tasks = Tasks::from_iterator(pages);
    /// # drop(tasks);
    /// ```
    pub fn from_iterator<I>(tasks: I) -> Self
    where
        I: IntoIterator<Item: IntoTask + 'static, IntoIter: Send + 'static>,
    {
        Self(vec![Source::items("iterator", stream::iter(tasks))])
    }

    /// Tasks of any stream, such as the rows of a database or the messages of a queue, pulled as
    /// the run goes on.
    ///
    /// ```
    /// use futures::stream::{self, StreamExt};
    /// use scrapeflow::{Task, Tasks};
    ///
    /// let rows = stream::iter(["https://example.com/"]).map(Ok::<_, std::io::Error>);
    /// let tasks = Tasks::from_stream(rows.map(|row| row.map(Task::from_url)));
    /// # drop(tasks);
    /// ```
    pub fn from_stream<S>(tasks: S) -> Self
    where
        S: Stream<Item: IntoTask + 'static> + Send + 'static,
    {
        Self(vec![Source::items("stream", tasks)])
    }

    /// The tasks that the store has, with the params that it has for them.
    ///
    /// Where they are combined with other sources, they come last, so that params that are given
    /// there are the ones that count.
    pub fn stored() -> Self {
        Self(vec![Source::Stored])
    }

    /// These tasks, then those.
    #[must_use]
    pub fn and(mut self, other: Tasks) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The sources in the order in which they are to be pulled.
    pub(crate) fn into_parts(self) -> Vec<Source> {
        let (stored, mut parts): (Vec<_>, Vec<_>) = self
            .0
            .into_iter()
            .partition(|source| matches!(source, Source::Stored));
        parts.extend(stored.into_iter().next());
        parts
    }
}

/// Lists the sources, without tasks and their params: these are the caller's data.
impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tasks")?;
        f.debug_list().entries(&self.0).finish()
    }
}

#[cfg(test)]
pub(super) mod tests;
