//! How values are laid out in a status file: as Python's
//! `json.dump(…, indent=2)` does it, so that files compare well line by line.
//!
//! Takes values that are to be written, or JSON that is there already, whose
//! white space it sets and nothing else; it believes that it is JSON.

use std::convert::Infallible;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::string::plain_length;

/// About where Python gives up nesting. Deeper lines start no further right,
/// so that hostile nesting can't square the size of a file.
const DEEPEST: usize = 1000;

/// The JSON of `value`, laid out as it looks as the value of a field.
///
/// # Errors
///
/// If its `Serialize` fails.
pub(crate) fn laid_out(value: &impl Serialize) -> serde_json::Result<String> {
    let mut out = Vec::with_capacity(512);
    let lines = Lines {
        level: 1,
        is_empty: true,
    };
    value.serialize(&mut Serializer::with_formatter(&mut out, lines))?;
    Ok(String::from_utf8(out).expect("serde_json writes UTF-8"))
}

/// One element a line, as [`indent`] has it: `PrettyFormatter` that can begin
/// inside of something, and doesn't square the size of what nests deeply.
struct Lines {
    level: usize,
    /// Whether nothing has come yet of what was opened last.
    is_empty: bool,
}

impl Lines {
    fn open<W: Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.level += 1;
        self.is_empty = true;
        out.write_all(bracket)
    }

    fn element<W: Write + ?Sized>(&mut self, out: &mut W, is_first: bool) -> io::Result<()> {
        self.is_empty = false;
        if !is_first {
            out.write_all(b",")?;
        }
        self.new_line(out)
    }

    fn close<W: Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.level -= 1;
        if !std::mem::take(&mut self.is_empty) {
            self.new_line(out)?;
        }
        out.write_all(bracket)
    }

    fn new_line<W: Write + ?Sized>(&self, out: &mut W) -> io::Result<()> {
        new_line(self.level, |text| out.write_all(text.as_bytes()))
    }
}

impl Formatter for Lines {
    fn begin_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.element(out, first)
    }

    fn end_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.element(out, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }
}

/// Appends `compact` with one element a line, indented by two spaces a level,
/// as it looks `level` levels deep. Empty objects and arrays stay on one line.
pub(crate) fn indent(out: &mut String, compact: &str, mut level: usize) {
    let bytes = compact.as_bytes();
    // What lies between two places that need white space is copied at once.
    let (mut at, mut copied) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        let after = at + 1;
        match byte {
            b'"' => {
                at += string_length(&bytes[at..]);
                continue;
            }
            b'{' | b'[' => {
                out.push_str(&compact[copied..after]);
                at = skip_space(bytes, after);
                copied = at;
                if let Some(b'}' | b']') = bytes.get(at) {
                    at += 1;
                } else {
                    level += 1;
                    push_line(out, level);
                }
                continue;
            }
            b'}' | b']' => {
                out.push_str(&compact[copied..at]);
                level = level.saturating_sub(1);
                push_line(out, level);
                copied = at;
            }
            b',' => {
                out.push_str(&compact[copied..after]);
                push_line(out, level);
                copied = after;
            }
            b':' => {
                out.push_str(&compact[copied..at]);
                out.push_str(": ");
                copied = after;
            }
            b' ' | b'\n' | b'\r' | b'\t' => {
                out.push_str(&compact[copied..at]);
                copied = after;
            }
            _ => {}
        }
        at = after;
    }
    out.push_str(&compact[copied..]);
}

fn push_line(out: &mut String, level: usize) {
    let Ok(()) = new_line(level, |text| {
        out.push_str(text);
        Ok::<(), Infallible>(())
    });
}

fn skip_space(bytes: &[u8], from: usize) -> usize {
    let space = bytes[from..]
        .iter()
        .take_while(|byte| b" \n\r\t".contains(byte));
    from + space.count()
}

/// How many of `bytes` the string takes up that they begin with, quotes included.
fn string_length(bytes: &[u8]) -> usize {
    let mut end = 1;
    loop {
        end += plain_length(&bytes[end..]);
        match bytes.get(end) {
            Some(b'"') => return end + 1,
            // Whatever it escapes doesn't end the string.
            Some(b'\\') => end = (end + 2).min(bytes.len()),
            Some(_) => end += 1,
            None => return end,
        }
    }
}

/// Ends the line and begins one that is `level` levels deep.
fn new_line<E>(level: usize, mut write: impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
    const SHALLOW: &str = "\n                    ";
    if let Some(line) = SHALLOW.get(..=2 * level) {
        return write(line);
    }
    write(SHALLOW)?;
    (SHALLOW.len() / 2..level.min(DEEPEST)).try_for_each(|_| write("  "))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::indent;

    fn check(compact: &str, level: usize, expected: &Expect) {
        let mut out = String::new();
        indent(&mut out, compact, level);
        expected.assert_eq(&out);
    }

    #[test]
    fn scalars_stay_as_they_are() {
        for scalar in [
            "null",
            "-1.5e-07",
            "NaN",
            r#""a: [1, {2}] \" \\""#,
            r#""""#,
            "{}",
            "[]",
        ] {
            let mut out = String::from("before ");
            indent(&mut out, scalar, 3);
            assert_eq!(out, format!("before {scalar}"));
        }
    }

    #[test]
    fn what_is_written_anew_looks_like_what_was_there() {
        for text in [
            r#"{"":{},"a":1,"b":[true,{"c":"x,y:{}"},[],{}]}"#,
            "[[],[[]],{}]",
            "{}",
            "null",
            r#""a\"b""#,
            &("[".repeat(60) + &"]".repeat(60)),
        ] {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            let mut expected = String::new();
            indent(&mut expected, text, 1);
            assert_eq!(super::laid_out(&value).unwrap(), expected);
        }
    }

    #[test]
    fn one_element_a_line() {
        check(
            r#"{"a":1,"b":[true,{"c":"x,y:{}"},[]],"":{}}"#,
            0,
            &expect![[r#"
                {
                  "a": 1,
                  "b": [
                    true,
                    {
                      "c": "x,y:{}"
                    },
                    []
                  ],
                  "": {}
                }"#]],
        );
    }

    #[test]
    fn a_value_inside_a_file_is_indented_from_its_second_line_on() {
        check(
            r#"{"size":53286}"#,
            1,
            &expect![[r#"
            {
                "size": 53286
              }"#]],
        );
    }

    #[test]
    fn white_space_that_is_already_there_makes_no_difference() {
        check(
            " [ 1 ,\n\t{ } , { \"a\" : [ ] } ]\n",
            0,
            &expect![[r#"
            [
              1,
              {},
              {
                "a": []
              }
            ]"#]],
        );
    }

    #[test]
    fn deep_nesting_stays_affordable() {
        let depth = 3 * super::DEEPEST;
        let compact = "[".repeat(depth) + "1" + &"]".repeat(depth);
        let mut out = String::new();
        indent(&mut out, &compact, 0);
        let widest = out.lines().map(str::len).max();
        assert_eq!(widest, Some(2 * super::DEEPEST + 1));
        assert_eq!(out.split_ascii_whitespace().collect::<String>(), compact);
    }

    #[test]
    fn text_that_is_not_json_does_no_harm() {
        for text in [
            "",
            " ",
            "]}",
            "\"",
            "\"\\",
            "\"a\\",
            "\"\\ä",
            "{\"a",
            "ä{",
            "[}",
            "\u{1}\"\u{1}",
        ] {
            indent(&mut String::new(), text, 0);
        }
    }
}
