//! The fields of a file that is about to be written.
//!
//! Takes fields of the old file and changed values from `rewrite`, gives the
//! new text and where its fields stand in it. Why a piece is kept or changed,
//! and why it comes where it does, is not known here.

use std::borrow::Cow;

use super::field::Field;
use super::layout::indent;
use super::string::{quote, unescape};

/// One field of the new file.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    /// The name as it reads.
    name: Cow<'a, str>,
    /// The name as the old file spells it.
    raw_name: Option<&'a str>,
    value: Value<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    /// As the old file spells it.
    Kept(&'a str),
    /// Compact, still to be laid out.
    Changed(&'a str),
}

impl<'a> Piece<'a> {
    /// A field of the old file, whose text this is.
    pub(super) fn kept(text: &'a str, field: &Field) -> Self {
        let raw_name = field.raw_name(text);
        Self {
            name: unescape(raw_name),
            raw_name: Some(raw_name),
            value: Value::Kept(field.raw_value(text)),
        }
    }

    /// A field that the old file doesn't have, with a compact value.
    pub(super) fn added(name: &'a str, compact: &'a str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            raw_name: None,
            value: Value::Changed(compact),
        }
    }

    /// Gives it another value. The name keeps its spelling.
    pub(super) fn change(&mut self, compact: &'a str) {
        self.value = Value::Changed(compact);
    }

    /// Whether its name reads as `name`, however it is spelled.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.name == name
    }
}

/// Writes the file as Python's `json.dump(…, indent=2)` does, in a text that
/// is expected to take `capacity` bytes.
///
/// # Panics
///
/// If it is 4 GiB or longer.
pub(super) fn write(pieces: &[Piece<'_>], capacity: usize) -> (String, Vec<Field>) {
    let mut out = String::with_capacity(capacity);
    let mut fields = Vec::with_capacity(pieces.len());
    out.push('{');
    for piece in pieces {
        out.push_str(if fields.is_empty() { "\n  " } else { ",\n  " });
        let name = out.len() + 1;
        match piece.raw_name {
            Some(raw) => out.extend(["\"", raw, "\""]),
            None => quote(&mut out, &piece.name),
        }
        let name = name..out.len() - 1;
        out.push_str(": ");
        let value = out.len();
        match piece.value {
            Value::Kept(raw) => out.push_str(raw),
            Value::Changed(compact) => indent(&mut out, compact, 1),
        }
        fields.push(Field::new(name, value..out.len()));
    }
    out.push_str(if fields.is_empty() { "}" } else { "\n}" });
    (out, fields)
}
