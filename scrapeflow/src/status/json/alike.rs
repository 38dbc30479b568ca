//! Two texts that differ in white space only.

/// Whether two JSON texts are the same but for white space outside of strings. Cheaper than comparing their
/// canonical spellings, and true of most that are the same: a `false` says nothing.
pub(crate) fn is_spelled_alike(a: &str, b: &str) -> bool {
    Dense::of(a).eq(Dense::of(b))
}

/// The bytes of a JSON text without white space outside of strings.
struct Dense<'a> {
    bytes: std::slice::Iter<'a, u8>,
    in_string: bool,
    escaped: bool,
}

impl<'a> Dense<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            bytes: text.as_bytes().iter(),
            in_string: false,
            escaped: false,
        }
    }
}

impl Iterator for Dense<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        for &byte in self.bytes.by_ref() {
            if self.in_string {
                if self.escaped {
                    self.escaped = false;
                } else if byte == b'\\' {
                    self.escaped = true;
                } else if byte == b'"' {
                    self.in_string = false;
                }
                return Some(byte);
            }
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                self.in_string = byte == b'"';
                return Some(byte);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::is_spelled_alike;

    #[test]
    fn white_space_counts_inside_of_strings_only() {
        for (a, b, alike) in [
            (
                r#"{"a": [1, 2]}"#,
                "{\n  \"a\": [\n    1,\n    2\n  ]\n}",
                true,
            ),
            (r#"{"a":"b c"}"#, r#"{"a":"bc"}"#, false),
            (r#"{"a":"\" c"}"#, r#"{"a":"\"c"}"#, false),
            (r#"{"a":"\\" }"#, r#"{"a":"\\"}"#, true),
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, false),
            ("{}", "{} ", true),
            ("{}", "{", false),
        ] {
            assert_eq!(is_spelled_alike(a, b), alike, "{a} and {b}");
        }
    }
}
