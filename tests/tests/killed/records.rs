//! What a directory says of each page, after a look at whether it can be true.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::rc::Rc;

use md5::{Digest, Md5};
use serde_json::{Value, json};

use crate::pages::{ALL, version_of, words};

/// The executors of the run.
const EXECUTORS: [&str; 3] = ["scrape", "parse", "count"];

/// What is on record of all pages.
#[derive(Default)]
pub(crate) struct Records(Vec<Rc<Record>>);

/// What is on record of one page.
#[derive(Default)]
pub(crate) struct Record {
    /// Of status and body as they were read; of those on their way, none.
    stamps: [Option<Stamp>; 2],
    /// When each executor succeeded, if it did.
    pub(crate) done: [Option<String>; 3],
    /// Of the page that was scraped.
    pub(crate) version: Option<u64>,
    /// What `parse` and `count` returned.
    outputs: [Value; 2],
}

/// Tells that a file is as it was, given that nobody writes when it is read: its number, length and time.
type Stamp = (u64, u64, i64, i64);

/// Whether a body may be ahead of its status while the new status waits, complete, for the next run to move
/// it to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ahead {
    Allowed,
    Forbidden,
}

impl Records {
    /// Reads a directory; what is as it was `before` is as good as it was then.
    pub(crate) fn read(dir: &Path, before: &Self, ahead: Ahead) -> Self {
        let own = dir.join(".scrapeflow");
        let read = |page: usize| {
            let (status, body) = (
                format!("page-{page}.status.json"),
                format!("page-{page}.scrape"),
            );
            let place = [dir.join(&status), dir.join(&body)];
            let stamps = place.each_ref().map(|path| stamp(path));
            if let Some(known) = before.0.get(page)
                && known.stamps == stamps
            {
                return known.clone();
            }
            let [placed_status, placed_body] = place.map(|path| bytes(&path));
            Rc::new(
                match Record::of(page, placed_status.as_deref(), placed_body.as_deref()) {
                    Ok(record) => Record { stamps, ..record },
                    Err(wrong) => {
                        let waiting = bytes(&own.join(&status)).filter(|_| ahead == Ahead::Allowed);
                        let waiting = waiting.unwrap_or_else(|| panic!("page {page} {wrong}"));
                        let body = bytes(&own.join(&body)).or(placed_body);
                        let record = Record::of(page, Some(&waiting), body.as_deref());
                        record.unwrap_or_else(|wrong| panic!("page {page} on its way {wrong}"))
                    }
                },
            )
        };
        Self((0..ALL).map(read).collect())
    }

    /// Of one page.
    pub(crate) fn of(&self, page: usize) -> Rc<Record> {
        self.0.get(page).cloned().unwrap_or_default()
    }
}

impl Record {
    /// Says what is wrong where the body isn't the one that the status names.
    fn of(page: usize, status: Option<&[u8]>, body: Option<&[u8]>) -> Result<Self, &'static str> {
        let mut record = Self::default();
        let Some(status) = status else {
            return Ok(record);
        };
        let mut status: Value = serde_json::from_slice(status)
            .unwrap_or_else(|error| panic!("the status of page {page} is broken: {error}"));
        record.done = EXECUTORS.map(|executor| success(&status, executor));
        if record.done[0].is_some() {
            let body = body.ok_or("has no body")?;
            let scraped = [&status["scrape"]["size"], &status["scrape"]["content"]];
            if scraped != [&json!(body.len()), &json!(md5(body))] {
                return Err("has another body than its status says");
            }
            record.version = Some(version_of(page, body));
        }
        record.outputs = ["parse", "count"].map(|executor| status[executor].take());
        Ok(record)
    }

    /// Checks that all is done, and of one version of the page.
    pub(crate) fn check_done(&self, page: usize) {
        assert!(
            self.done.iter().all(Option::is_some),
            "page {page}: {:?}",
            self.done
        );
        let words = self.version.map(|version| words(page, version));
        let words = words.expect("a page that was scraped");
        assert_eq!(
            self.outputs,
            [json!(words), json!(words.len())],
            "page {page}"
        );
    }
}

/// When an executor succeeded.
fn success(status: &Value, executor: &str) -> Option<String> {
    match &status[format!("{executor}_status")] {
        Value::Null => None,
        Value::String(text) if ["SUCCESS", "SKIPPED"].contains(&text.as_str()) => {
            let last_run = &status[format!("{executor}_last_run")];
            Some(last_run.as_str().expect("a success has a time").to_owned())
        }
        other => panic!("nothing fails here but {other}"),
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let about = there(fs::metadata(path), path)?;
    Some((about.ino(), about.len(), about.mtime(), about.mtime_nsec()))
}

fn bytes(path: &Path) -> Option<Vec<u8>> {
    there(fs::read(path), path)
}

/// Nothing but its absence may keep a file from being read.
fn there<T>(found: io::Result<T>, path: &Path) -> Option<T> {
    match found {
        Ok(found) => Some(found),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => panic!("cannot read {}: {error}", path.display()),
    }
}

fn md5(bytes: &[u8]) -> String {
    let hash: [u8; 16] = Md5::digest(bytes).into();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
