//! What became of an executor goes into the status: a pure function from the old status to the new.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::json::{self, Edit, quoted};
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
    /// With this output, as compact JSON.
    Success(&'a str),
    Error(&'a Error),
}

/// The status with the news in it. Fields that the news don't touch keep their bytes.
pub(crate) fn merge(status: &Status, news: &News<'_>) -> Status {
    let layout = &*status.layout;
    let mut edits = Edits::new(status);
    edits.quoted(Layout::NAME, "name", status.key.as_str(), Only::IfAbsent);
    // New fields follow the one that is edited before them: params that are there already are edited last.
    let is_new = status.stored_params().is_none();
    if let Some(params) = news.params.filter(|_| is_new) {
        edits.raw("params", Some(params));
    }
    if let Some(ran) = &news.ran {
        let name = |part| layout.field(ran.step, part);
        let (output, verdict) = match ran.ended {
            Ended::Success(json) => (Some(json), Cow::Borrowed("SUCCESS")),
            Ended::Error(error) => (
                None,
                Cow::Owned(format!("ERROR {}::{error}", error.class())),
            ),
        };
        edits.raw(name(Part::Output), output);
        edits.raw(name(Part::Status), Some(quoted(&verdict)));
        edits.raw(name(Part::LastRun), Some(quoted(&spell_time(ran.at))));
        edits.meta(name(Part::Meta), ran.meta);
    }
    for &step in news.skipped {
        let place = Layout::of(step, Part::Status);
        edits.quoted(
            place,
            layout.field(step, Part::Status),
            "SKIPPED",
            Only::IfOther,
        );
    }
    for (step, meta) in news.noted {
        // The field before it anchors a new one among its kin.
        edits.keep(
            Layout::of(*step, Part::LastRun),
            layout.field(*step, Part::LastRun),
        );
        edits.meta(layout.field(*step, Part::Meta), meta);
    }
    if let Some(params) = news.params.filter(|_| !is_new) {
        edits.raw("params", Some(params));
    }
    edits.apply(status)
}

#[derive(PartialEq, Clone, Copy)]
enum Only {
    IfAbsent,
    IfOther,
}

struct Edits<'a> {
    status: &'a Status,
    list: Vec<(&'a str, Option<Cow<'a, str>>)>,
}

impl<'a> Edits<'a> {
    fn new(status: &'a Status) -> Self {
        Self {
            status,
            list: Vec::with_capacity(8),
        }
    }

    fn raw(&mut self, name: &'a str, json: Option<impl Into<Cow<'a, str>>>) {
        self.list.push((name, json.map(Into::into)));
    }

    fn quoted(&mut self, place: usize, name: &'a str, text: &str, only: Only) {
        let needed = match self.status.at(place) {
            None => true,
            Some(raw) => only == Only::IfOther && super::string(raw).as_deref() != Some(text),
        };
        if needed {
            self.raw(name, Some(quoted(text)));
        }
    }

    fn meta(&mut self, name: &'a str, meta: &Meta) {
        let json =
            serde_json::to_string(meta).expect("its fields are numbers, strings and maps of them");
        self.raw(name, Some(json));
    }

    /// Names a field without changing what it says.
    fn keep(&mut self, place: usize, name: &'a str) {
        if let Some(raw) = self.status.at(place) {
            self.raw(name, Some(raw));
        }
    }

    fn apply(self, status: &Status) -> Status {
        let edits: Vec<Edit<'_>> = self
            .list
            .iter()
            .map(|(name, value)| Edit {
                name,
                value: value.as_deref(),
            })
            .collect();
        let (text, fields) = json::rewrite(&status.text, &status.fields, &edits);
        Status::indexed(status.key.clone(), status.layout.clone(), text, fields)
            .expect("an edit replaces a field of its name, so none is there twice")
    }
}

#[cfg(test)]
mod tests;
