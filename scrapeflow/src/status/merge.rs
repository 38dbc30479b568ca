//! What became of an executor goes into the status: a pure function from the old status to the new.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::json::{self, Edit, Label, Value};
use super::{Layout, Meta, Part, Status, spell_time};
use crate::error::Error;

/// What is new about a task.
#[derive(Debug, Default)]
pub(crate) struct News<'a> {
    /// Params that replace the stored ones, as compact JSON.
    pub(crate) params: Option<&'a str>,
    /// The executor that ran.
    pub(crate) ran: Option<Ran<'a>>,
    /// Executors whose earlier success stands, in a task where another ran.
    pub(crate) skipped: &'a [usize],
    /// Executors whose circumstances are noted without a run of theirs.
    pub(crate) noted: &'a [(usize, Meta)],
    /// Executors whose end is forgotten, so that they run again; what they made stays until they do.
    pub(crate) reset: &'a [usize],
}

/// How an executor ended.
#[derive(Debug)]
pub(crate) struct Ran<'a> {
    pub(crate) step: usize,
    pub(crate) at: DateTime<Utc>,
    pub(crate) ended: Ended<'a>,
    pub(crate) meta: &'a Meta,
}

#[derive(Debug)]
pub(crate) enum Ended<'a> {
    /// With this output, as [`json::laid_out`] writes it.
    Success(&'a str),
    Error(&'a Error),
}

/// The status with the news in it. Fields that the news don't touch keep their bytes.
pub(crate) fn merge(status: &Status, news: &News<'_>) -> Status {
    let spelled = news.ran.as_ref().map(Spelled::of);
    let noted: Vec<String> = news.noted.iter().map(|(_, meta)| meta.to_json()).collect();
    let mut edits = Edits {
        status,
        list: Vec::with_capacity(8),
    };
    edits.name();
    // New fields follow the one that is edited before them: params that are there already are edited last.
    let is_new = status.stored_params().is_none();
    if let Some(params) = news.params.filter(|_| is_new) {
        edits.set(Layout::PARAMS, "params", Value::Json(params));
    }
    if let (Some(ran), Some(spelled)) = (&news.ran, &spelled) {
        let output = match ran.ended {
            Ended::Success(json) => Some(Value::LaidOut(json)),
            Ended::Error(_) => None,
        };
        edits.of(ran.step, Part::Output, output);
        edits.of(ran.step, Part::Status, Some(Value::Text(&spelled.verdict)));
        edits.of(ran.step, Part::LastRun, Some(Value::Text(&spelled.at)));
        edits.of(ran.step, Part::Meta, Some(Value::LaidOut(&spelled.meta)));
    }
    for &step in news.skipped {
        edits.skipped(step);
    }
    for &step in news.reset {
        edits.of(step, Part::Status, None);
    }
    for ((step, _), meta) in news.noted.iter().zip(&noted) {
        // The field before it anchors a new one among its kin.
        edits.keep(*step, Part::LastRun);
        edits.of(*step, Part::Meta, Some(Value::LaidOut(meta)));
    }
    if let Some(params) = news.params.filter(|_| !is_new) {
        edits.set(Layout::PARAMS, "params", Value::Json(params));
    }
    let (text, fields) = json::rewrite(&status.text, &status.fields, &edits.list);
    Status {
        key: status.key.clone(),
        layout: status.layout.clone(),
        text,
        fields,
    }
}

/// How an executor ended, as it is stored.
struct Spelled {
    verdict: Cow<'static, str>,
    at: String,
    meta: String,
}

impl Spelled {
    fn of(ran: &Ran<'_>) -> Self {
        Self {
            verdict: match ran.ended {
                Ended::Success(_) => Cow::Borrowed("SUCCESS"),
                Ended::Error(error) => Cow::Owned(format!("ERROR {}::{error}", error.class())),
            },
            at: spell_time(ran.at),
            meta: ran.meta.to_json(),
        }
    }
}

struct Edits<'a> {
    status: &'a Status,
    list: Vec<Edit<'a>>,
}

impl<'a> Edits<'a> {
    fn set(&mut self, label: Label, name: &'a str, value: impl Into<Option<Value<'a>>>) {
        let value = value.into();
        self.list.push(Edit { label, name, value });
    }

    /// Another value for a field of an executor, or none.
    fn of(&mut self, step: usize, part: Part, value: Option<Value<'a>>) {
        let name = self.status.layout.field(step, part);
        self.set(Layout::of(step, part), name, value);
    }

    fn name(&mut self) {
        if self.status.at(Layout::NAME).is_none() {
            let key = Value::Text(self.status.key.as_str());
            self.set(Layout::NAME, "name", key);
        }
    }

    fn skipped(&mut self, step: usize) {
        if self.status.record(step).status.as_deref() != Some("SKIPPED") {
            self.of(step, Part::Status, Some(Value::Text("SKIPPED")));
        }
    }

    /// Names a field without changing what it says.
    fn keep(&mut self, step: usize, part: Part) {
        if let Some(raw) = self.status.at(Layout::of(step, part)) {
            self.of(step, part, Some(Value::LaidOut(raw)));
        }
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
