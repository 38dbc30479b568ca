//! Durations as they are written: `60s`, `1.5h`, and `500ms..30s` for a pair.

use std::time::Duration;

use syn::{Error, LitStr, Result};

use crate::executor::model::Backoff;

/// Nanoseconds in a unit.
const UNITS: [(&str, u128); 5] = [
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60 * 1_000_000_000),
    ("h", 3_600 * 1_000_000_000),
    ("d", 86_400 * 1_000_000_000),
];

/// A duration, longer than zero.
pub(super) fn check_duration(text: &LitStr, form: &str) -> Result<Duration> {
    read(&text.value()).ok_or_else(|| {
        let message = format!("expected a positive number and one of the units `ms`, `s`, `m`, `h`, `d`: `{form}`");
        Error::new(text.span(), message)
    })
}

/// A first pause, or a first and a longest.
pub(super) fn check_backoff(text: &LitStr, form: &str) -> Result<Backoff> {
    let part = |part: &str| check_duration(&LitStr::new(part, text.span()), form);
    let value = text.value();
    let Some((first, most)) = value.split_once("..") else {
        let first = part(&value)?;
        return Ok(Backoff { first, most: None });
    };
    let (first, most) = (part(first)?, part(most)?);
    if most < first {
        let message = format!("the longest pause is shorter than the first: `{form}`");
        return Err(Error::new(text.span(), message));
    }
    Ok(Backoff { first, most: Some(most) })
}

fn read(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(end);
    let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
    let tenths = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let nanos = digits.checked_mul(*scale)? / tenths;
    let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
    let rest = u32::try_from(nanos % 1_000_000_000).ok()?;
    (nanos > 0).then(|| Duration::new(seconds, rest))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
