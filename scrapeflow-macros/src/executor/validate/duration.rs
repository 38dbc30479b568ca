//! Durations as they are written: `60s`, `1.5h`, and `500ms..30s` for a pair.

use std::time::Duration;

use crate::executor::model::Backoff;

/// Nanoseconds in a unit.
const UNITS: [(&str, u128); 5] = [
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60 * 1_000_000_000),
    ("h", 3_600 * 1_000_000_000),
    ("d", 86_400 * 1_000_000_000),
];

/// A duration longer than zero, or what was expected.
pub(super) fn duration(text: &str) -> Result<Duration, &'static str> {
    match read(text) {
        None => Err("a number and one of the units `ms`, `s`, `m`, `h`, `d`"),
        Some(Duration::ZERO) => Err("a duration longer than zero"),
        Some(duration) => Ok(duration),
    }
}

/// A first pause, or a first and a longest, or what was expected.
pub(super) fn backoff(text: &str) -> Result<Backoff, &'static str> {
    let Some((first, most)) = text.split_once("..") else {
        let first = duration(text)?;
        return Ok(Backoff { first, most: None });
    };
    let (first, most) = (duration(first)?, duration(most)?);
    if most < first {
        return Err("a longest pause that is not shorter than the first");
    }
    Ok(Backoff {
        first,
        most: Some(most),
    })
}

fn read(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(end);
    let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    if !is_digits(whole) || !is_digits(decimals) {
        return None;
    }
    let digits: u128 = format!("{whole}{decimals}").parse().ok()?;
    let divisor = 10_u128.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    let nanos = digits.checked_mul(*scale)? / divisor;
    let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
    let rest = u32::try_from(nanos % 1_000_000_000).ok()?;
    Some(Duration::new(seconds, rest))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
