//! From status and settings to the facts that a decision is made from.
//!
//! Looks up only what may matter: of a step that runs anyway no fingerprint is computed, and no file of an
//! executor that could only be fetched again is looked at.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::decide::{Facts, Recorded, RetryFailed};
use super::input::{Input, Sources};
use super::settings::Settled;
use super::step::Step;
use crate::status::{Meta, Record, SavedFile, Status, Verdict};
use crate::store::{BodyName, Store, StoreError, StoreErrorKind};

/// A task as it was found and as it is now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now<'a> {
    pub(crate) start: Sources<'a>,
    pub(crate) now: Sources<'a>,
}

pub(crate) async fn facts(
    step: &Step,
    index: usize,
    settled: &Settled,
    retry_failed: RetryFailed,
    task: Now<'_>,
    at: DateTime<Utc>,
    store: &dyn Store,
) -> Result<Facts, StoreError> {
    let record = task.now.status.record(index);
    let verdict = record.verdict();
    let meta = record.meta();
    let success = verdict == Verdict::Success;
    let retryable = verdict == Verdict::Error && record.is_retryable(&meta);
    let stays = verdict == Verdict::Error && !retry_failed.includes(retryable);
    let (changed, damaged) = if (success || stays) && settled.selected && !settled.forced {
        let changed = changed(step, &meta, task);
        let damaged = match changed {
            None if success && !step.needs.network => {
                damaged(step, &record, &meta, task.now.status, store).await?
            }
            _ => None,
        };
        (changed, damaged)
    } else {
        (None, None)
    };
    Ok(Facts {
        selected: settled.selected,
        forced: settled.forced,
        retry_failed,
        version: settled.version,
        max_age: settled.max_age,
        now: at,
        record: Recorded {
            verdict,
            retryable,
            version: meta.version,
            last_run: settled.max_age.and_then(|_| record.last_run()),
            changed,
            damaged,
        },
    })
}

/// The first input that differs from what it was made of, or failed on: as it was recorded, else (in the
/// predecessor's directories) as it was when the run found the task.
fn changed(step: &Step, meta: &Meta, task: Now<'_>) -> Option<String> {
    let now = step.needs.fingerprints(&task.now);
    let before = made_of(step, meta, task.start);
    first_other(step, &before, &now).map(Cow::into_owned)
}

/// The first input whose fingerprints differ; an input that isn't there has an empty one.
fn first_other(
    step: &Step,
    before: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
) -> Option<Cow<'static, str>> {
    let mut names = step.needs.inputs.iter().map(Input::name);
    names.find(|name| {
        let print = |of| BTreeMap::get(of, name.as_ref()).map_or("", String::as_str);
        print(before) != print(now)
    })
}

/// Whether it is recorded of all inputs what a success was made of, or what failed on them.
fn is_recorded(step: &Step, meta: &Meta) -> bool {
    let mut names = step.needs.inputs.iter().map(Input::name);
    names.all(|name| meta.inputs.contains_key(name.as_ref()))
}

/// What a success was made of, or what failed on them.
fn made_of<'a>(
    step: &Step,
    meta: &'a Meta,
    start: Sources<'_>,
) -> Cow<'a, BTreeMap<String, String>> {
    if is_recorded(step, meta) {
        return Cow::Borrowed(&meta.inputs);
    }
    let mut inputs = step.needs.fingerprints(&start);
    for name in step.needs.inputs.iter().map(Input::name) {
        let recorded = meta.inputs.get(name.as_ref());
        // Also of what isn't there: once it is, it must not pass for unrecorded.
        let print = inputs.entry(name.into_owned()).or_default();
        if let Some(recorded) = recorded {
            print.clone_from(recorded);
        }
    }
    Cow::Owned(inputs)
}

/// The steps that ran, of which it is not recorded on what.
pub(crate) fn unrecorded(steps: &[Step], found: &Status) -> Vec<usize> {
    let lacks = |(index, step): &(usize, &Step)| {
        let record = found.record(*index);
        record.verdict() != Verdict::Never && !is_recorded(step, &record.meta())
    };
    let steps = steps.iter().enumerate().filter(lacks);
    steps.map(|(index, _)| index).collect()
}

/// Of the unrecorded steps those whose inputs are now others than when the task was found, with what they were then. Stored in
/// the write that changes the inputs, it keeps successes from passing for up to date after a kill, and failures for hopeless.
pub(crate) fn stale_readers(
    steps: &[Step],
    unrecorded: &[usize],
    status: &Status,
    start: Sources<'_>,
    after: Sources<'_>,
) -> Vec<(usize, Meta)> {
    let mut stale = Vec::new();
    for &index in unrecorded {
        let (step, record) = (&steps[index], status.record(index));
        if record.verdict() == Verdict::Never {
            continue;
        }
        let mut meta = record.meta();
        if let Cow::Owned(inputs) = made_of(step, &meta, start)
            && first_other(step, &inputs, &step.needs.fingerprints(&after)).is_some()
        {
            meta.inputs = inputs;
            stale.push((index, meta));
        }
    }
    stale
}

/// What is wrong with what an executor left, if anything.
async fn damaged(
    step: &Step,
    record: &Record<'_>,
    meta: &Meta,
    status: &Status,
    store: &dyn Store,
) -> Result<Option<String>, StoreError> {
    let output = record.output.unwrap_or("null");
    if let Err(why) = step.fits(output) {
        return Ok(Some(format!(
            "its stored output doesn't fit its type: {why}"
        )));
    }
    for file in &meta.files {
        if let Some(wrong) = damaged_file(file, status, store).await? {
            return Ok(Some(wrong));
        }
    }
    Ok(None)
}

/// What is wrong with a saved file: it is missing or not of its recorded size.
pub(crate) async fn damaged_file(
    file: &SavedFile,
    status: &Status,
    store: &dyn Store,
) -> Result<Option<String>, StoreError> {
    let Some(name) = body_name(file, status) else {
        return Ok(Some(not_of_task(file)));
    };
    Ok(match store.stat(&name).await {
        Ok(None) => Some(format!("`{name}` is missing")),
        Ok(Some(stat)) if stat.size != file.size => {
            let (is, was) = (stat.size, file.size);
            Some(format!("`{name}` has {is} bytes instead of {was}"))
        }
        Ok(Some(_)) => None,
        Err(error) if error.kind() == StoreErrorKind::Broken => Some(error.to_string()),
        Err(error) => return Err(error),
    })
}

pub(crate) fn not_of_task(file: &SavedFile) -> String {
    format!("`{}` is no file of this task", file.name)
}

/// Where a saved file is. A name that doesn't begin with the task's key was not written by us.
pub(crate) fn body_name(file: &SavedFile, status: &Status) -> Option<BodyName> {
    let suffix = file
        .name
        .strip_prefix(status.key().as_str())?
        .strip_prefix('.')?;
    BodyName::new(status.key(), suffix).ok()
}
