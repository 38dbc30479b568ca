//! Changed fields, and the file that they make of the old one.
//!
//! Takes the text of a file, its fields, and what the status has decided to
//! change; gives the whole new text. What nobody changes is copied byte for
//! byte, white space between the fields aside. Which fields belong together
//! is not known here: the caller's order says it.

use super::field::Field;
use super::piece::{Piece, write};

/// The one field whose place is fixed: in front.
const FIRST: &str = "name";

/// One field that is to have another value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edit<'a> {
    /// The field's name, as it reads.
    pub(crate) name: &'a str,
    /// Its value as compact JSON; none removes it.
    pub(crate) value: Option<&'a str>,
}

/// Makes the file anew with `edits`, and says where its fields stand.
///
/// A changed field keeps its place and the spelling of its name; of several
/// with that name the first remains. A new field follows the one that the edit
/// before it names, if that one was or is now there, else it goes to the end.
/// A new `name` goes in front, and is no reason for others to follow it there.
///
/// # Panics
///
/// If the new text is 4 GiB or longer.
pub(crate) fn rewrite(text: &str, fields: &[Field], edits: &[Edit<'_>]) -> (String, Vec<Field>) {
    let mut pieces = Vec::with_capacity(fields.len() + edits.len());
    pieces.extend(fields.iter().map(|field| Piece::kept(text, field)));
    let mut next = None;
    for edit in edits {
        next = apply(&mut pieces, edit, next).filter(|_| edit.name != FIRST);
    }
    let values = edits.iter().filter_map(|edit| edit.value);
    // Compact values about double when they are laid out.
    let added: usize = values.map(|value| 2 * value.len()).sum();
    write(&pieces, text.len() + added)
}

/// Applies one edit. `next` is the place of a new field that follows the edit
/// before, if there is one; the place that follows this edit is returned.
fn apply<'a>(pieces: &mut Vec<Piece<'a>>, edit: &Edit<'a>, next: Option<usize>) -> Option<usize> {
    let named = |piece: &Piece<'_>| piece.is_named(edit.name);
    let Some(place) = pieces.iter().position(named) else {
        let value = edit.value?;
        let place = if edit.name == FIRST {
            0
        } else {
            next.unwrap_or(pieces.len())
        };
        pieces.insert(place, Piece::added(edit.name, value));
        return Some(place + 1);
    };
    // Readers take the last of equal names, which would hide the new value.
    while let Some(last) = pieces.iter().rposition(named).filter(|&last| last > place) {
        pieces.remove(last);
    }
    let Some(value) = edit.value else {
        pieces.remove(place);
        return Some(place);
    };
    pieces[place].change(value);
    Some(place + 1)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::super::split;
    use super::{Edit, rewrite};

    /// Edits are names and values; an empty value removes.
    fn check(text: &str, edits: &[(&'static str, &'static str)], expected: &Expect) {
        let edit = |&(name, value): &(&'static str, &'static str)| Edit {
            name,
            value: (!value.is_empty()).then_some(value),
        };
        let edits: Vec<_> = edits.iter().map(edit).collect();
        let fields = split(text).expect("the old text is an object");
        let (new, new_fields) = rewrite(text, &fields, &edits);
        assert_eq!(split(&new), Ok(new_fields), "{new}");
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

    #[test]
    fn of_several_with_an_edited_name_one_remains() {
        let text = r#"{"x": 1, "a": 2, "\u0061": 3, "x": 4, "a": 5}"#;
        check(
            text,
            &[("a", "0"), ("b", "0")],
            &expect![[r#"
            {
              "x": 1,
              "a": 0,
              "b": 0,
              "x": 4
            }"#]],
        );
        check(
            text,
            &[("a", "")],
            &expect![[r#"
            {
              "x": 1,
              "x": 4
            }"#]],
        );
    }
}
