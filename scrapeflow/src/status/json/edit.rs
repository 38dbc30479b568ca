//! Changed fields, and the file that they make of the old one.
//!
//! Takes the text of a file, its fields, and what the status has decided to
//! change; gives the whole new text and where its fields stand. What nobody
//! changes is copied byte for byte, white space between the fields aside.
//! Which fields belong together is not known here: the caller's order says it.

use super::field::{Field, Label};
use super::layout::indent;
use super::string::quote;

/// The one field whose place is fixed: in front.
const FIRST: &str = "name";

/// One field that is to have another value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edit<'a> {
    /// By which it is found in the old file.
    pub(crate) label: Label,
    /// How it is called if it is new.
    pub(crate) name: &'a str,
    /// None removes it.
    pub(crate) value: Option<Value<'a>>,
}

/// What a field is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// JSON however it is laid out, which is set right.
    Json(&'a str),
    /// JSON from [`laid_out`](super::laid_out).
    LaidOut(&'a str),
    /// A string, to be quoted.
    Text(&'a str),
}

/// Makes the file anew with `edits`, and says where its fields stand.
///
/// A changed field keeps its place and the spelling of its name. A new field
/// follows the one that the edit before it names, if that one was or is now
/// there, else it goes to the end. A new `name` goes in front, and is no
/// reason for others to follow it there.
///
/// # Panics
///
/// If the new text is 4 GiB or longer.
pub(crate) fn rewrite(text: &str, fields: &[Field], edits: &[Edit<'_>]) -> (String, Vec<Field>) {
    let mut pieces = Vec::with_capacity(fields.len() + edits.len());
    pieces.extend(fields.iter().map(Piece::Kept));
    let mut next = None;
    for edit in edits {
        next = apply(&mut pieces, edit, next).filter(|_| edit.name != FIRST);
    }
    let added: usize = edits.iter().map(room).sum();
    write(text, &pieces, text.len() + added)
}

/// One field of the new file.
#[derive(Debug, Clone, Copy)]
enum Piece<'a> {
    Kept(&'a Field),
    Changed(&'a Field, Value<'a>),
    Added(&'a Edit<'a>, Value<'a>),
}

impl Piece<'_> {
    fn label(&self) -> Option<Label> {
        match self {
            Self::Kept(old) | Self::Changed(old, _) => old.label,
            Self::Added(edit, _) => Some(edit.label),
        }
    }
}

/// Applies one edit. `next` is the place of a new field that follows the edit
/// before, if there is one; the place that follows this edit is returned.
fn apply<'a>(
    pieces: &mut Vec<Piece<'a>>,
    edit: &'a Edit<'a>,
    next: Option<usize>,
) -> Option<usize> {
    let place = pieces
        .iter()
        .position(|piece| piece.label() == Some(edit.label));
    match (place, edit.value) {
        (None, None) => None,
        (None, Some(value)) => {
            let place = if edit.name == FIRST {
                0
            } else {
                next.unwrap_or(pieces.len())
            };
            pieces.insert(place, Piece::Added(edit, value));
            Some(place + 1)
        }
        (Some(place), None) => {
            pieces.remove(place);
            Some(place)
        }
        (Some(place), Some(new)) => {
            pieces[place] = match pieces[place] {
                Piece::Kept(old) | Piece::Changed(old, _) => Piece::Changed(old, new),
                Piece::Added(edit, _) => Piece::Added(edit, new),
            };
            Some(place + 1)
        }
    }
}

/// About how long an edit's field is once it is laid out.
fn room(edit: &Edit<'_>) -> usize {
    let value = match edit.value {
        None => return 0,
        Some(Value::Text(text)) => text.len(),
        Some(Value::LaidOut(json)) => json.len(),
        Some(Value::Json(compact)) => compact.len() + compact.len() / 2,
    };
    edit.name.len() + value + 16
}

/// Writes the file as Python's `json.dump(…, indent=2)` does.
fn write(text: &str, pieces: &[Piece<'_>], capacity: usize) -> (String, Vec<Field>) {
    let mut out = String::with_capacity(capacity);
    let mut fields = Vec::with_capacity(pieces.len());
    out.push('{');
    for piece in pieces {
        out.push_str(if fields.is_empty() { "\n  " } else { ",\n  " });
        let name = out.len() + 1;
        match piece {
            Piece::Kept(old) | Piece::Changed(old, _) => {
                out.push('"');
                out.push_str(old.raw_name(text));
                out.push('"');
            }
            Piece::Added(edit, _) => quote(&mut out, edit.name),
        }
        let name = name..out.len() - 1;
        out.push_str(": ");
        let start = out.len();
        match piece {
            Piece::Kept(old) => out.push_str(old.raw_value(text)),
            Piece::Changed(_, value) | Piece::Added(_, value) => value.write(&mut out),
        }
        fields.push(Field::new(name, start..out.len(), piece.label()));
    }
    out.push_str(if fields.is_empty() { "}" } else { "\n}" });
    (out, fields)
}

impl Value<'_> {
    fn write(&self, out: &mut String) {
        match self {
            Self::Json(compact) => indent(out, compact, 1),
            Self::LaidOut(json) => out.push_str(json),
            Self::Text(text) => quote(out, text),
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::super::invariants::{assert_stands, labelled};
    use super::super::split;
    use super::{Edit, Value, rewrite};

    /// Edits are names and values; an empty value removes.
    fn check(text: &str, edits: &[(&'static str, &'static str)], expected: &Expect) {
        let names: Vec<&str> = edits.iter().map(|(name, _)| *name).collect();
        let edits: Vec<_> = (0..)
            .zip(edits)
            .map(|(label, &(name, value))| Edit {
                label,
                name,
                value: (!value.is_empty()).then_some(Value::Json(value)),
            })
            .collect();
        let mut fields = split(text).expect("the old text is an object");
        assert!(labelled(text, &mut fields, &names));
        let (new, new_fields) = rewrite(text, &fields, &edits);
        assert_stands(&new, &new_fields);
        expected.assert_eq(&new);
    }

    #[test]
    fn what_is_not_edited_is_copied_byte_for_byte() {
        check(
            "{\"l\\u00e4nge\":[1,\t2 ],\"x\" : NaN,\r\n\"x\":1e-07 , \"s\": \"\\ud800\\/\"}",
            &[],
            &expect![[r#"
                {
                  "l\u00e4nge": [1,	2 ],
                  "x": NaN,
                  "x": 1e-07,
                  "s": "\ud800\/"
                }"#]],
        );
    }

    #[test]
    fn a_file_from_nothing() {
        check("{}", &[], &expect!["{}"]);
        check(
            "{}",
            &[
                ("params", r#"{"url":"http://"}"#),
                ("name", "\"k\""),
                ("a\"b", "[]"),
            ],
            &expect![[r#"
            {
              "name": "k",
              "params": {
                "url": "http://"
              },
              "a\"b": []
            }"#]],
        );
    }

    #[test]
    fn a_changed_field_keeps_its_place_and_spelling_and_a_removed_one_leaves_none() {
        check(
            r#"{"params": {"url":""}, "p\u0061rse": 1, "parse_status": "SUCCESS", "z": 0}"#,
            &[("parse", r#"{"b":[1]}"#), ("params", ""), ("absent", "")],
            &expect![[r#"
                {
                  "p\u0061rse": {
                    "b": [
                      1
                    ]
                  },
                  "parse_status": "SUCCESS",
                  "z": 0
                }"#]],
        );
        check(r#"{"a": 1}"#, &[("a", "")], &expect!["{}"]);
    }

    #[test]
    fn a_new_field_follows_the_one_that_the_edit_before_it_names() {
        check(
            r#"{"params": 0, "scrape": 0, "scrape_last_run": 0, "parse": 0}"#,
            &[
                ("scrape", "1"),
                ("scrape_status", "1"),
                ("scrape_last_run", "1"),
                ("scrape_meta", "1"),
                ("scrape_more", "1"),
            ],
            &expect![[r#"
                {
                  "params": 0,
                  "scrape": 1,
                  "scrape_status": 1,
                  "scrape_last_run": 1,
                  "scrape_meta": 1,
                  "scrape_more": 1,
                  "parse": 0
                }"#]],
        );
        // In the place of one that went; but an edit of nothing leads nowhere, nor does `name`.
        check(
            r#"{"params": 0, "parse": 0, "z": 0}"#,
            &[
                ("name", "1"),
                ("new", "1"),
                ("parse", ""),
                ("parse_status", "1"),
                ("absent", ""),
                ("end", "1"),
            ],
            &expect![[r#"
                {
                  "name": 1,
                  "params": 0,
                  "parse_status": 1,
                  "z": 0,
                  "new": 1,
                  "end": 1
                }"#]],
        );
    }
}
