//! The fields of a status file: where each name and value stands in the text.
//!
//! Takes the text of a file, gives byte ranges into it, copies nothing. Which
//! fields are ours, and that one of ours must not stand there twice, is for
//! the status to know.

use std::ops::Range;

use super::brackets::Bracket;
use super::malformed::{Fault, Kind, Malformed};
use super::scanner::Scanner;
use super::walk::{Visitor, walk};

/// One field of the top-level object, as byte ranges into its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    /// The name as it is spelled, without its quotes.
    pub(crate) name: Range<u32>,
    /// The value as it is spelled, without white space around it.
    pub(crate) value: Range<u32>,
    /// By which the status knows it, if it does; kept when the file is rewritten.
    pub(crate) label: Option<Label>,
}

/// A number for each of the fields that are known.
pub(crate) type Label = u32;

impl Field {
    /// A field at these places.
    ///
    /// # Panics
    ///
    /// If a place lies 4 GiB or more into the text.
    pub(super) fn new(name: Range<usize>, value: Range<usize>, label: Option<Label>) -> Self {
        let place = |at: usize| u32::try_from(at).expect("a status file is shorter than 4 GiB");
        Self {
            name: place(name.start)..place(name.end),
            value: place(value.start)..place(value.end),
            label,
        }
    }

    /// The name in the field's own text, as it is spelled.
    pub(crate) fn raw_name<'t>(&self, text: &'t str) -> &'t str {
        &text[self.name.start as usize..self.name.end as usize]
    }

    /// The value in the field's own text, as it is spelled.
    pub(crate) fn raw_value<'t>(&self, text: &'t str) -> &'t str {
        &text[self.value.start as usize..self.value.end as usize]
    }
}

/// Splits the object that `text` consists of into its fields, in their order,
/// those with the same name included.
///
/// # Errors
///
/// If `text` isn't a JSON object as Python's `json` reads it, or begins with a
/// byte order mark.
pub(crate) fn split(text: &str) -> Result<Vec<Field>, Malformed> {
    if u32::try_from(text.len()).is_err() {
        return Err(Malformed::new(Fault::TooLong, text, 0));
    }
    if text.starts_with('\u{feff}') {
        return Err(Malformed::new(Fault::ByteOrderMark, text, 0));
    }
    let mut start = Scanner::new(text);
    if let Some(found) = start.skip_space().and_then(other_than_object) {
        return Err(Malformed::new(Fault::NotAnObject(found), text, start.at()));
    }
    // Three groups of four fields and the two in front fit.
    let mut top = TopLevel {
        fields: Vec::with_capacity(16),
        ..TopLevel::default()
    };
    walk(text, &mut top)?;
    Ok(top.fields)
}

/// What a value is that begins with `byte`, unless it is an object or nothing at all.
fn other_than_object(byte: u8) -> Option<Kind> {
    match byte {
        b'[' => Some(Kind::Array),
        b'"' => Some(Kind::String),
        b'-' | b'0'..=b'9' | b'N' | b'I' => Some(Kind::Number),
        b't' | b'f' => Some(Kind::Boolean),
        b'n' => Some(Kind::Null),
        _ => None,
    }
}

/// Collects the fields of the outermost object.
#[derive(Debug, Default)]
struct TopLevel {
    fields: Vec<Field>,
    depth: usize,
    /// The name and the start of the value of the field that is being passed.
    name: Range<usize>,
    start: usize,
}

impl Visitor for TopLevel {
    #[inline]
    fn name(&mut self, raw: Range<usize>) {
        if self.depth == 1 {
            self.name = raw;
        }
    }

    #[inline]
    fn scalar(&mut self, raw: Range<usize>) {
        if self.depth == 1 {
            self.fields.push(Field::new(self.name.clone(), raw, None));
        }
    }

    #[inline]
    fn open(&mut self, _: Bracket, start: usize) {
        if self.depth == 1 {
            self.start = start;
        }
        self.depth += 1;
    }

    #[inline]
    fn close(&mut self, end: usize) {
        self.depth -= 1;
        if self.depth == 1 {
            self.fields
                .push(Field::new(self.name.clone(), self.start..end, None));
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::split;

    /// The raw names and values, a field a line, or what is wrong.
    fn check(text: &str, expected: &Expect) {
        expected.assert_eq(&match split(text) {
            Ok(fields) => {
                let line = |field: &super::Field| {
                    field.raw_name(text).to_owned() + " = " + field.raw_value(text)
                };
                fields.iter().map(line).collect::<Vec<_>>().join("\n")
            }
            Err(malformed) => malformed.to_string(),
        });
    }

    #[test]
    fn names_and_values_stay_as_they_are_spelled() {
        check("{}", &expect![""]);
        check(" \r\n\t{ } \n", &expect![""]);
        check(
            r#"{"params":{"url": "}"},"l\u00e4nge" : [ 1,[{"a":[]}] ] , "": "\"\\" ,"n":-0.5e+10}"#,
            &expect![[r#"
                params = {"url": "}"}
                l\u00e4nge = [ 1,[{"a":[]}] ]
                 = "\"\\"
                n = -0.5e+10"#]],
        );
    }

    #[test]
    fn what_python_writes_is_accepted() {
        check(
            r#"{"a":NaN,"a":Infinity,"b":-Infinity,"c":"\ud800","d":123456789012345678901234567890,"e":1e-07,"f":null}"#,
            &expect![[r#"
                a = NaN
                a = Infinity
                b = -Infinity
                c = "\ud800"
                d = 123456789012345678901234567890
                e = 1e-07
                f = null"#]],
        );
    }

    #[test]
    fn what_is_not_an_object_is_named() {
        for (text, message) in [
            ("", "empty"),
            ("\r\n", "empty"),
            ("\u{feff}{}", "starts with a byte order mark (U+FEFF)"),
            (
                " [1",
                "expected an object, found an array at line 1, column 2 (byte 1)",
            ),
            (
                "\"",
                "expected an object, found a string at line 1, column 1 (byte 0)",
            ),
            (
                "-1",
                "expected an object, found a number at line 1, column 1 (byte 0)",
            ),
            (
                "NaN",
                "expected an object, found a number at line 1, column 1 (byte 0)",
            ),
            (
                "false",
                "expected an object, found a boolean at line 1, column 1 (byte 0)",
            ),
            (
                "null",
                "expected an object, found null at line 1, column 1 (byte 0)",
            ),
            ("<html>", "expected a value at line 1, column 1 (byte 0)"),
            (
                "{\n  \"a\" 1\n}",
                "expected `:` at line 2, column 7 (byte 8)",
            ),
            (
                "{\"a\": \"ä",
                "cut off inside a string at line 1, column 9 (byte 9)",
            ),
        ] {
            let malformed = split(text).expect_err(text);
            assert_eq!(malformed.to_string(), message, "{text:?}");
        }
    }

    #[test]
    fn nesting_has_no_bound() {
        let depth = 300_000;
        let value = "[{\"\":".repeat(depth) + "1" + &"}]".repeat(depth);
        let text = format!("{{\"a\":{value}}}");
        let fields = split(&text).expect("an object");
        assert!(fields.len() == 1 && fields[0].raw_value(&text) == value);
    }
}
