//! What holds for every `Retry-After`, whatever it is.
//!
//! Values come from the fuzz target `retry_after` and from its corpus, which every test run replays.

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use http::header::{HeaderMap, RETRY_AFTER};

use super::retry_after;

/// Panics if `value` breaks a promise of this module.
pub(crate) fn check_invariants(value: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(value) else {
        return;
    };
    let number = value.as_bytes().trim_ascii().to_owned();
    let headers = HeaderMap::from_iter([(RETRY_AFTER, value)]);
    let minute = Duration::from_secs(60);
    let now = SystemTime::UNIX_EPOCH;
    let (first, second) = (
        retry_after(&headers, now),
        retry_after(&headers, now + minute),
    );
    if !number.is_empty() && number.iter().all(u8::is_ascii_digit) {
        assert!(first.is_some(), "a number is one, however large");
        assert_eq!(first, second, "seconds don't depend on the time");
    } else if let Some(first) = first {
        assert_eq!(
            second,
            first.checked_sub(minute),
            "a date comes nearer, and is over once it has come"
        );
        let date = httpdate::fmt_http_date(now + first);
        let value = HeaderValue::try_from(date).expect("a date is a header");
        let spelled = HeaderMap::from_iter([(RETRY_AFTER, value)]);
        assert_eq!(retry_after(&spelled, now), Some(first), "as it is written");
    } else {
        assert_eq!(second, None, "what isn't understood is not, also later");
    }
}
