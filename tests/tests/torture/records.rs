//! What a place says of each page, after a look at whether it can be true.

use md5::{Digest, Md5};
use serde_json::{Value, json};

use crate::pages::{EXECUTORS, version_of, words};

/// What is on record of a page: the success of each executor, if it had one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record(pub(crate) [Option<Success>; 3]);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Success {
    /// Of the page that it was made of.
    pub(crate) version: u64,
    /// When, as the status says.
    at: String,
}

impl Record {
    /// Says what is wrong where the body isn't the one that the status names. All else that can be wrong ends the test.
    pub(crate) fn of(
        page: usize,
        status: Option<&[u8]>,
        body: Option<&[u8]>,
    ) -> Result<Self, &'static str> {
        let Some(status) = status else {
            return Ok(Self::default());
        };
        let status: Value = serde_json::from_slice(status)
            .unwrap_or_else(|error| panic!("the status of page {page} is broken: {error}"));
        assert_eq!(status["name"], json!(format!("page-{page}")));
        let Some(scraped) = success(&status, 0) else {
            assert!(
                success(&status, 1).is_none(),
                "page {page} was parsed: {status}"
            );
            return Ok(Self::default());
        };
        let body = body.ok_or("has no body")?;
        let named = [&status["scrape"]["size"], &status["scrape"]["content"]];
        if named != [&json!(body.len()), &json!(md5(body))] {
            return Err("has another body than its status says");
        }
        let versions = [
            Some(version_of(page, body)),
            status["parse"][3]
                .as_str()
                .and_then(|word| word.parse().ok()),
            status["count"]
                .as_u64()
                .map(|count| count - words(page, 0).len() as u64),
        ];
        let record = [Some(scraped), success(&status, 1), success(&status, 2)];
        let mut steps = record.into_iter().zip(versions);
        let record = std::array::from_fn(|_| {
            let (at, version) = steps.next()?;
            Some(Success {
                version: version?,
                at: at?,
            })
        });
        if let Some(parsed) = &record[1] {
            assert_eq!(
                status["parse"],
                json!(words(page, parsed.version)),
                "page {page}"
            );
        }
        let record = Self(record);
        // Nothing is made of what isn't there yet.
        let versions = record.versions();
        assert!(
            versions.is_sorted_by(|first, then| first >= then),
            "page {page}: {record:?}"
        );
        Ok(record)
    }

    /// Of successes of these versions.
    pub(crate) fn made_of(versions: &[u64]) -> Self {
        let at = String::new();
        Self(std::array::from_fn(|step| {
            let version = *versions.get(step)?;
            Some(Success {
                version,
                at: at.clone(),
            })
        }))
    }

    /// Checks that all is done, and of one version of the page.
    pub(crate) fn check_done(&self, page: usize) {
        let [scraped, parsed, counted] = self.versions();
        assert!(
            scraped.is_some() && scraped == parsed && parsed == counted,
            "page {page} is not done: {self:?}"
        );
    }

    pub(crate) fn versions(&self) -> [Option<u64>; 3] {
        let steps = self.0.each_ref();
        steps.map(|step| step.as_ref().map(|success| success.version))
    }
}

/// When an executor succeeded.
fn success(status: &Value, step: usize) -> Option<String> {
    let executor = EXECUTORS[step];
    match &status[format!("{executor}_status")] {
        Value::Null => None,
        Value::String(text) if ["SUCCESS", "SKIPPED"].contains(&text.as_str()) => {
            let last_run = &status[format!("{executor}_last_run")];
            Some(last_run.as_str().expect("a success has a time").to_owned())
        }
        other => panic!("nothing fails here but {other}"),
    }
}

fn md5(bytes: &[u8]) -> String {
    let hash: [u8; 16] = Md5::digest(bytes).into();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
