//! What a directory says of each page, after a look at whether it can be true.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::rc::Rc;

use md5::{Digest, Md5};
use serde_json::Value;

use crate::pages::{ALL, version_of, words};

/// The executors of the run.
const EXECUTORS: [&str; 3] = ["scrape", "parse", "count"];

/// What is on record of all pages; of one by its number.
#[derive(Default)]
pub(crate) struct Records(Vec<Rc<Record>>);

/// What is on record of one page.
#[derive(Default)]
pub(crate) struct Record {
    /// The files as they were read, so that they need no second look.
    status: Option<Vec<u8>>,
    body: Option<Vec<u8>>,
    /// When each executor succeeded, if it did.
    pub(crate) done: [Option<String>; 3],
    /// Of the page that was scraped.
    pub(crate) version: Option<u64>,
    words: Value,
    count: Value,
}

/// Whether a complete status that the store has not yet moved to its place counts: the next run moves it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pending {
    Counts,
    CannotBe,
}

impl Records {
    /// Reads a directory, in which what stands in `before` may not have changed.
    pub(crate) fn read(dir: &Path, before: &Self, pending: Pending) -> Self {
        let read = |page| {
            let (status, body) = (format!("page-{page}.status.json"), format!("page-{page}.scrape"));
            let found = (bytes(&dir.join(&status)), bytes(&dir.join(&body)));
            if let Some(known) = before.0.get(page)
                && (&known.status, &known.body) == (&found.0, &found.1)
            {
                return known.clone();
            }
            let own = dir.join(".scrapeflow");
            let mut record = Record::of(page, found.0.clone(), found.1.clone());
            if pending == Pending::Counts && record.is_err() {
                let waiting = bytes(&own.join(&status));
                assert!(waiting.is_some(), "{record:?}, and nothing waits to mend it");
                record = Record::of(page, waiting, bytes(&own.join(&body)).or(found.1));
            }
            Rc::new(record.unwrap())
        };
        Self((0..ALL).map(read).collect())
    }

    pub(crate) fn of(&self, page: usize) -> Rc<Record> {
        self.0.get(page).cloned().unwrap_or_default()
    }
}
