//! What is on record of one executor, read from its four fields.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use serde::{Deserialize, Serialize};

use super::json;
use crate::error::{Class, may_pass};

/// The four fields of an executor as they stand.
#[derive(Debug, Clone)]
pub(crate) struct Record<'a> {
    pub(crate) output: Option<&'a str>,
    pub(crate) status: Option<Cow<'a, str>>,
    pub(crate) last_run: Option<Cow<'a, str>>,
    pub(super) meta: Option<&'a str>,
}

/// How an executor's last run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Never,
    Success,
    Error,
}

/// `<executor>_meta`: the circumstances of the last run. Fields that we don't know (of a later version) are
/// dropped when it is written anew, which is when they are out of date.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Meta {
    #[serde(default)]
    pub(crate) attempts: u32,
    #[serde(default)]
    pub(crate) elapsed_ms: u64,
    /// 0 where none is recorded, as in the predecessor's directories.
    #[serde(default)]
    pub(crate) version: u32,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) inputs: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) files: Vec<SavedFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) http_status: Option<u16>,
    /// Of the request that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retryable: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_error: Option<String>,
}

/// A body that an executor saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedFile {
    /// `<key>.<suffix>`.
    pub(crate) name: String,
    /// In bytes.
    pub(crate) size: u64,
    /// In lower-case hex.
    pub(crate) md5: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Validators::is_empty")]
    pub(crate) validators: Validators,
}

/// By which a server tells whether a body has changed (RFC 9110, 8.8).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Validators {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_modified: Option<String>,
}

impl Validators {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Meta {
    /// As it is stored.
    pub(crate) fn to_json(&self) -> String {
        json::laid_out(self).expect("its fields are numbers, strings and maps of them")
    }
}

impl Record<'_> {
    /// `SKIPPED` means that an earlier success still stands. `FAILED…` and whatever else isn't a success is
    /// an error.
    pub(crate) fn verdict(&self) -> Verdict {
        match self.status.as_deref() {
            None => Verdict::Never,
            Some("SUCCESS" | "SKIPPED") => Verdict::Success,
            Some(_) => Verdict::Error,
        }
    }

    /// The circumstances; none where they are missing or not readable, as in the predecessor's directories.
    pub(crate) fn meta(&self) -> Meta {
        self.meta
            .and_then(|raw| json::from_json(raw).ok())
            .unwrap_or_default()
    }

    /// Whether the recorded error may not come again: as it was stored, else by what it says.
    pub(crate) fn is_retryable(&self, meta: &Meta) -> bool {
        meta.retryable
            .unwrap_or_else(|| self.passes().unwrap_or(false))
    }

    fn passes(&self) -> Option<bool> {
        let (class, message) = self
            .status
            .as_deref()?
            .strip_prefix("ERROR ")?
            .split_once("::")?;
        let status = message.strip_prefix("HTTP response ");
        match status.and_then(|status| status.parse().ok()) {
            Some(status) => Some(may_pass(status)),
            None => Some(Class::from_name(class)?.is_retryable()),
        }
    }

    pub(crate) fn last_run(&self) -> Option<DateTime<Utc>> {
        parse_time(self.last_run.as_deref()?)
    }
}

/// Whether this is the message of an executor that failed.
#[cfg(any(feature = "archive", feature = "cli"))]
pub(crate) fn is_failure(message: &str) -> bool {
    !matches!(message, "SUCCESS" | "SKIPPED")
}

/// Reads `2022-08-05 16:03:52.336815`, with or without the fraction. By hand, as it is written.
pub(crate) fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let bytes: &[u8; 19] = whole.as_bytes().try_into().ok()?;
    let separators = [(4, b'-'), (7, b'-'), (10, b' '), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, byte)| bytes[*at] != *byte) {
        return None;
    }
    let number = |at: std::ops::Range<usize>| digits(&bytes[at]);
    let date = NaiveDate::from_ymd_opt(number(0..4)?.cast_signed(), number(5..7)?, number(8..10)?)?;
    let nanoseconds = match fraction {
        None => 0,
        Some(fraction) if (1..=9).contains(&fraction.len()) => {
            let scale = 10_u32.pow(9 - u32::try_from(fraction.len()).ok()?);
            digits(fraction.as_bytes())? * scale
        }
        Some(_) => return None,
    };
    let time = date.and_hms_nano_opt(
        number(11..13)?,
        number(14..16)?,
        number(17..19)?,
        nanoseconds,
    )?;
    Some(time.and_utc())
}

/// At most nine of them.
fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + u32::from(byte - b'0'))
    })
}

/// Writes `2022-08-05 16:03:52.336815`. By hand: chrono reads its format string anew each time, which takes
/// longer than all the rest of a status.
pub(crate) fn spell_time(time: DateTime<Utc>) -> String {
    let year = u32::try_from(time.year()).unwrap_or_default();
    let mut text = String::with_capacity("2022-08-05 16:03:52.336815".len());
    for (number, digits, after) in [
        (year, 4, "-"),
        (time.month(), 2, "-"),
        (time.day(), 2, " "),
        (time.hour(), 2, ":"),
        (time.minute(), 2, ":"),
        (time.second(), 2, "."),
        (time.timestamp_subsec_micros(), 6, ""),
    ] {
        for place in (0..digits).rev() {
            let digit = number / 10_u32.pow(place) % 10;
            text.push(char::from_digit(digit, 10).unwrap_or('0'));
        }
        text.push_str(after);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(status: Option<&str>) -> Record<'_> {
        Record {
            output: None,
            status: status.map(Cow::Borrowed),
            last_run: None,
            meta: None,
        }
    }

    #[test]
    fn statuses_of_both_libraries_are_understood() {
        for (status, verdict, retryable) in [
            (None, Verdict::Never, false),
            (Some("SUCCESS"), Verdict::Success, false),
            (Some("SKIPPED"), Verdict::Success, false),
            (Some("FAILED"), Verdict::Error, false),
            (Some("FAILED out of luck"), Verdict::Error, false),
            (Some("ERROR TimeoutError::"), Verdict::Error, true),
            (
                Some("ERROR RuntimeError::HTTP response 503"),
                Verdict::Error,
                true,
            ),
            (
                Some("ERROR RuntimeError::HTTP response 404"),
                Verdict::Error,
                false,
            ),
            (
                Some("ERROR ClientConnectorDNSError::no"),
                Verdict::Error,
                true,
            ),
            (Some("ERROR KeyError::'url'"), Verdict::Error, false),
            (Some(""), Verdict::Error, false),
        ] {
            let record = record(status);
            assert_eq!(record.verdict(), verdict, "{status:?}");
            assert_eq!(
                record.is_retryable(&Meta::default()),
                retryable,
                "{status:?}"
            );
        }
    }

    #[test]
    fn times_are_read_with_and_without_fraction_and_written_with() {
        let time = parse_time("2022-08-05 16:03:52.336815").unwrap();
        assert_eq!(spell_time(time), "2022-08-05 16:03:52.336815");
        let whole = parse_time("2022-08-05 16:03:52").unwrap();
        assert_eq!(spell_time(whole), "2022-08-05 16:03:52.000000");
        let tenth = parse_time("2022-08-05 16:03:52.5").unwrap();
        assert_eq!(spell_time(tenth), "2022-08-05 16:03:52.500000");
        for none in [
            "yesterday",
            "",
            "2022-08-05 16:03:52.",
            "2022-08-05 16:03:52.x",
            "2022-08-05 16:03:52.1234567890",
            "2022-08-05T16:03:52",
            "2022-13-05 16:03:52",
            "2022-02-29 16:03:52",
            "2022-08-05 24:03:52",
            "2022-08-05 16:03:5é",
            "+022-08-05 16:03:52",
            "2022-08-05 16:03:52 ",
        ] {
            assert_eq!(parse_time(none), None, "{none}");
        }
    }
}
