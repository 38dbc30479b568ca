//! A line of a JSONL file.

use std::collections::HashSet;
use std::ops::Range;

use serde::de::IgnoredAny;

use super::row::Row;
use crate::status::json;
use crate::task::{Task, TaskError, params};

/// The task of a line, `None` if it is blank. The values of params stay as they are written, so
/// that no number loses digits on its way into the status.
///
/// # Errors
/// If the line isn't one JSON object, names a field twice, or isn't a task.
pub(super) fn task(line: &str) -> Result<Option<Task>, TaskError> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Ok(None);
    }
    check(line)?;
    let fields = json::split(line).map_err(|error| refuse(&error.to_string()))?;
    let mut row = Row::default();
    let mut names = HashSet::with_capacity(fields.len());
    for field in fields {
        let value = piece(line, &field.value);
        let name = json::unescape(piece(line, &field.name));
        match &*name {
            "key" => row.set_key(text("key", value)?),
            "url" => row.set_url(text("url", value)?),
            _ => {}
        }
        if name != "key" {
            // As it is written, from quote to quote.
            row.add_param(
                piece(line, &(field.name.start - 1..field.name.end + 1)),
                value,
            );
        }
        if let Some(twice) = names.replace(name) {
            return Err(TaskError::new(format!(
                "the field `{twice}` comes twice; remove one"
            )));
        }
    }
    row.into_task().map(Some)
}

/// Refuses what isn't JSON: splitting alone would let `NaN` pass, which Python writes, and params
/// have to be JSON for everybody.
fn check(line: &str) -> Result<(), TaskError> {
    if !line.starts_with('{') {
        return Err(refuse("it doesn't begin with `{`"));
    }
    match serde_json::from_str::<IgnoredAny>(line) {
        Ok(_) => Ok(()),
        Err(error) => Err(refuse(&(located(&error) + &word(line, error.column())))),
    }
}

/// What `serde_json` says, without its line: that is always the first, while the one that counts is
/// the file's.
fn located(error: &serde_json::Error) -> String {
    let column = error.column();
    let message = error.to_string();
    let place = format!(" at line {} column {column}", error.line());
    match message.strip_suffix(&place) {
        Some(problem) => format!("{problem} at column {column}"),
        None => message,
    }
}

/// A remark if there is a word around a column that other languages take for a number.
fn word(line: &str, column: usize) -> String {
    let is_letter = |b: &u8| b.is_ascii_alphabetic();
    let bytes = line.as_bytes();
    let from = column.saturating_sub(1).min(bytes.len());
    let before = bytes[..from]
        .iter()
        .rev()
        .take_while(|b| is_letter(b))
        .count();
    let after = bytes[from..].iter().take_while(|b| is_letter(b)).count();
    // A column may fall inside a character; then there is no such word around it.
    match line.get(from - before..from + after) {
        Some(word @ ("NaN" | "Infinity")) => format!(" (`{word}` is not JSON; write `null`)"),
        _ => String::new(),
    }
}

fn refuse(problem: &str) -> TaskError {
    TaskError::new(format!("the line is not one JSON object: {problem}"))
}

fn piece<'a>(line: &'a str, range: &Range<u32>) -> &'a str {
    &line[range.start as usize..range.end as usize]
}

/// The text of a field that has to be a string.
fn text(name: &str, value: &str) -> Result<String, TaskError> {
    if !value.starts_with('"') {
        let kind = params::kind(value);
        return Err(TaskError::new(format!(
            "the `{name}` must be a string, found {kind}"
        )));
    }
    // Beyond unescaping, this finds halves of surrogate pairs, which are no text.
    serde_json::from_str(value)
        .map_err(|error| TaskError::new(format!("the `{name}` is not a text: {}", located(&error))))
}
