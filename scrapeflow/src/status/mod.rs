//! What is known of one task: its params, and of each executor the output, outcome, time and circumstances.
//!
//! [`Status`] is the text of a status.json with an index into it. It comes from the store, is changed only by
//! the pure `merge`, and goes back to the store. How JSON is spelled is known to `json` alone; which
//! executors there are is told by a [`Layout`].

#[cfg(any(test, fuzzing))]
mod invariants;
pub(crate) mod json;
mod layout;
pub(crate) mod merge;
mod record;
pub mod summary;
pub(crate) mod url;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::de::DeserializeOwned;

#[cfg(any(test, fuzzing))]
pub(crate) use invariants::check_invariants;
pub(crate) use layout::{Layout, Part};
#[cfg(any(feature = "archive", feature = "cli"))]
pub(crate) use record::is_failure;
#[cfg(feature = "rows")]
pub(crate) use record::parse_time;
pub(crate) use record::{Meta, Record, SavedFile, Validators, Verdict, spell_time};

use crate::error::{Class, Error, Result};
use crate::task::Key;

/// The whole status of a task as stored, read-only.
///
/// As an executor's argument it is no input: reading it doesn't make the executor run again when it changes.
///
/// ```
/// use scrapeflow::prelude::*;
///
/// #[executor]
/// async fn fields(status: Status) -> Result<Vec<String>> {
///     Ok(status.fields().map(|name| name.into_owned()).collect())
/// }
/// ```
#[derive(Clone)]
pub struct Status {
    key: Key,
    layout: Arc<Layout>,
    text: String,
    /// Those that are ours bear their place in the layout as a label.
    fields: Vec<json::Field>,
}

/// A status file that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) why: String,
}

impl Status {
    /// The status of a task that has none yet.
    pub(crate) fn empty(key: Key, layout: Arc<Layout>) -> Self {
        Self {
            key,
            layout,
            text: "{}".to_owned(),
            fields: Vec::new(),
        }
    }

    pub(crate) fn read(key: Key, layout: Arc<Layout>, bytes: Bytes) -> Result<Self, Broken> {
        let text = String::from_utf8(bytes.into()).map_err(|error| Broken {
            why: format!("is not UTF-8: {}", error.utf8_error()),
        })?;
        let mut fields = json::split(&text).map_err(|malformed| Broken {
            why: format!("is no JSON object: {malformed}"),
        })?;
        for nth in 0..fields.len() {
            let name = json::unescape(fields[nth].raw_name(&text));
            let Some(place) = layout.place(&name) else {
                continue;
            };
            if fields[..nth].iter().any(|field| field.label == Some(place)) {
                return Err(Broken {
                    why: format!("has the field `{name}` twice; remove one of them"),
                });
            }
            fields[nth].label = Some(place);
        }
        Ok(Self {
            key,
            layout,
            text,
            fields,
        })
    }

    /// The task's key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The names of all fields, in their order.
    pub fn fields(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.fields
            .iter()
            .map(|field| json::unescape(field.raw_name(&self.text)))
    }

    /// The JSON of a field as it stands in the file; the first, if there are several of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        if let Some(place) = self.layout.place(name) {
            return self.at(place);
        }
        self.fields
            .iter()
            .find(|field| json::unescape(field.raw_name(&self.text)) == name)
            .map(|field| field.raw_value(&self.text))
    }

    /// The task's params.
    ///
    /// # Errors
    /// If there are none or they don't fit `T`.
    pub fn params<T: DeserializeOwned>(&self) -> Result<T> {
        params_of(self.stored_params())
    }

    /// The whole status, as it stands in the file.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// The params' JSON. The predecessor's data frames write `NaN` for a cell that is missing.
    pub(crate) fn stored_params(&self) -> Option<&str> {
        self.at(Layout::PARAMS).filter(|raw| raw.starts_with('{'))
    }

    /// What is on record of the executor at `step`.
    pub(crate) fn record(&self, step: usize) -> Record<'_> {
        Record {
            output: self.at(Layout::of(step, Part::Output)),
            status: self.at(Layout::of(step, Part::Status)).and_then(string),
            last_run: self.at(Layout::of(step, Part::LastRun)).and_then(string),
            meta: self.at(Layout::of(step, Part::Meta)),
        }
    }

    /// Whether all these executors are marked as skipped.
    pub(crate) fn all_skipped(&self, steps: &[usize]) -> bool {
        let mut marks = steps.iter().map(|step| self.record(*step).status);
        marks.all(|mark| mark.as_deref() == Some("SKIPPED"))
    }

    fn at(&self, place: json::Label) -> Option<&str> {
        let mut fields = self.fields.iter();
        let field = fields.find(|field| field.label == Some(place))?;
        Some(field.raw_value(&self.text))
    }
}

/// Params as `T`; the error is recorded on the executor that asked.
pub(crate) fn params_of<T: DeserializeOwned>(json: Option<&str>) -> Result<T> {
    let json = json.ok_or_else(|| Error::recorded(Class::Runtime, "the task has no params"))?;
    json::from_json(json).map_err(|error| {
        Error::recorded(
            Class::Runtime,
            format!(
                "the task's params don't fit `{}`: {}",
                std::any::type_name::<T>(),
                json::misfit(&error)
            ),
        )
    })
}

/// What a JSON string says; `None` for other values (`null`, or `NaN` for a missing cell).
fn string(raw: &str) -> Option<Cow<'_, str>> {
    let inside = raw.strip_prefix('"')?.strip_suffix('"')?;
    Some(json::unescape(inside))
}

/// Params and outputs are the caller's data and stay out of logs.
impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Status")
            .field("key", &self.key)
            .field("bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}
