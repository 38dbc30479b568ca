//! `/headers…`: the good page under unusual headers.

use super::{Query, Refusal, good};
use crate::Answer;

/// More than the HTTP clients that there are accept unless told otherwise.
const HUGE: usize = 1024 * 1024;

pub(super) fn given(query: &Query) -> Answer {
    query
        .own()
        .fold(good(), |answer, (name, value)| answer.header(name, value))
}

pub(super) fn repeated() -> Answer {
    good()
        .header("Set-Cookie", "first=1")
        .header("X-Twice", "one")
        .header("Set-Cookie", "second=2; Path=/")
        .header("X-Twice", "two")
}

pub(super) fn huge(query: &Query) -> Result<Answer, Refusal> {
    let value = "x".repeat(query.number("size")?.unwrap_or(HUGE));
    let count: usize = query.number("count")?.unwrap_or(1);
    Ok((1..=count).fold(good(), |answer, number| {
        answer.header(&format!("X-Huge-{number}"), &value)
    }))
}
