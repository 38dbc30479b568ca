//! What holds for every status, whoever wrote it, and for all that is merged into it.
//!
//! Statuses come from the fuzz target `status` and from its corpus, which every test run replays.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::merge::{Ended, News, Ran, merge};
use super::record::parse_time;
use super::{Layout, Meta, Part, Status, Verdict, json, spell_time};
use crate::error::{Class, Error};
use crate::task::Key;

/// Executors that the corpus has, one whose fields begin like another's, and one that nobody has run.
const STEPS: [&str; 4] = ["scrape", "scrape2", "parse", "new"];

/// Panics if `data` breaks a promise of this module.
pub(crate) fn check_invariants(data: &[u8]) {
    let layout = Arc::new(Layout::new(STEPS));
    let key = Key::new("key").expect("a key");
    let read =
        |bytes: &[u8]| Status::read(key.clone(), layout.clone(), Bytes::copy_from_slice(bytes));
    let status = match read(data) {
        Ok(status) => status,
        Err(broken) => return assert!(!broken.why.is_empty()),
    };
    assert_eq!(status.as_str().as_bytes(), data);
    for step in 0..STEPS.len() {
        check_record(&status, step);
    }
    let meta = Meta {
        attempts: 1,
        version: 2,
        ..Meta::default()
    };
    let error = Error::recorded(Class::Runtime, "no \"such\"\n\u{1}");
    for news in news(&meta, &error) {
        let merged = check_merged(&status, &news);
        let read = read(merged.as_str().as_bytes()).expect("a status");
        assert_eq!(read.fields, merged.fields, "it is where a reader finds it");
    }
}

/// What is told of an executor is one of few things, and a time is written as it is read.
fn check_record(status: &Status, step: usize) {
    let record = status.record(step);
    let meta = record.meta();
    if record.verdict() != Verdict::Error {
        assert!(meta.retryable.is_some() || !record.is_retryable(&meta));
    }
    let spelled: Meta = json::from_json(&meta.to_json()).expect("it was read so");
    assert_eq!(spelled, meta);
    if let Some(time) = record.last_run() {
        let written = spell_time(time);
        let read = parse_time(&written).expect("as it is written");
        assert_eq!(read.timestamp_micros(), time.timestamp_micros());
        assert_eq!(spell_time(read), written);
    }
}

/// News of each kind.
fn news<'a>(meta: &'a Meta, error: &'a Error) -> [News<'a>; 5] {
    let ran = |step, ended| {
        Some(Ran {
            step,
            at: DateTime::<Utc>::UNIX_EPOCH,
            ended,
            meta,
        })
    };
    [
        News {
            params: Some(r#"{"url":"b"}"#),
            ..News::default()
        },
        News {
            ran: ran(0, Ended::Success("{\n    \"size\": 1\n  }")),
            ..News::default()
        },
        News {
            ran: ran(1, Ended::Error(error)),
            skipped: &[0],
            ..News::default()
        },
        News {
            params: Some("{}"),
            ran: ran(3, Ended::Success("null")),
            skipped: &[0, 1, 2],
            ..News::default()
        },
        News {
            reset: &[0, 2],
            ..News::default()
        },
    ]
}

/// The news are in it and all else is as it was; a second time nothing changes.
pub(super) fn check_merged(status: &Status, news: &News<'_>) -> Status {
    let merged = merge(status, news);
    if status.at(Layout::NAME).is_none() {
        assert_eq!(merged.fields().next().as_deref(), Some("name"));
        assert_eq!(
            merged.get("name"),
            Some(&*json::quoted(status.key().as_str()))
        );
    }
    if let Some(params) = news.params {
        let canonical = |json| json::canonical(json, None);
        assert_eq!(
            merged.stored_params().map(canonical),
            Some(canonical(params))
        );
    }
    let mut touched: Vec<json::Label> = Vec::new();
    if let Some(ran) = &news.ran {
        let record = merged.record(ran.step);
        match ran.ended {
            Ended::Success(output) => {
                assert_eq!(record.verdict(), Verdict::Success);
                let canonical = |json| json::canonical(json, None);
                assert_eq!(record.output.map(canonical), Some(canonical(output)));
            }
            Ended::Error(_) => {
                assert_eq!(record.verdict(), Verdict::Error);
                assert_eq!(record.output, None);
            }
        }
        assert_eq!(
            record.last_run().map(|at| at.timestamp_micros()),
            Some(ran.at.timestamp_micros())
        );
        assert_eq!(&record.meta(), ran.meta);
        touched.extend(
            [Part::Output, Part::Status, Part::LastRun, Part::Meta]
                .map(|part| Layout::of(ran.step, part)),
        );
    }
    for step in news.skipped {
        assert_eq!(merged.record(*step).status.as_deref(), Some("SKIPPED"));
        touched.push(Layout::of(*step, Part::Status));
    }
    for step in news.reset {
        assert_eq!(merged.record(*step).verdict(), Verdict::Never);
        touched.push(Layout::of(*step, Part::Status));
    }
    for (step, meta) in news.noted {
        assert_eq!(&merged.record(*step).meta(), meta);
        touched.push(Layout::of(*step, Part::Meta));
    }
    if status.at(Layout::NAME).is_none() {
        touched.push(Layout::NAME);
    }
    if news.params.is_some() {
        touched.push(Layout::PARAMS);
    }
    assert_eq!(untouched(status, &touched), untouched(&merged, &touched));
    assert_eq!(
        merge(&merged, news).as_str(),
        merged.as_str(),
        "a second time nothing changes"
    );
    merged
}

/// Names and values of the other fields, as they are spelled and in their order.
fn untouched<'s>(status: &'s Status, touched: &[json::Label]) -> Vec<(&'s str, &'s str)> {
    let others = status
        .fields
        .iter()
        .filter(|field| field.label.is_none_or(|label| !touched.contains(&label)));
    others
        .map(|field| (field.raw_name(&status.text), field.raw_value(&status.text)))
        .collect()
}
