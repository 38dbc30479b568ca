//! How values are laid out in a status file: as Python's
//! `json.dump(…, indent=2)` does it, so that files compare well line by line.
//!
//! Takes JSON as `serde_json` writes it, appends to the text that `rewrite`
//! makes. It sets white space and touches nothing else; it believes that its
//! input is JSON.

use super::string::plain_length;

/// About where Python gives up nesting. Deeper lines start no further right,
/// so that hostile nesting can't square the size of a file.
const DEEPEST: usize = 1000;

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
                    new_line(out, level);
                }
                continue;
            }
            b'}' | b']' => {
                out.push_str(&compact[copied..at]);
                level = level.saturating_sub(1);
                new_line(out, level);
                copied = at;
            }
            b',' => {
                out.push_str(&compact[copied..after]);
                new_line(out, level);
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
fn new_line(out: &mut String, level: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", level.min(DEEPEST)));
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
