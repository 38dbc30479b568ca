//! Goes over JSON text token by token: white space, strings, numbers, words.
//!
//! Takes the text from `walk` and gives it byte ranges. What may follow what
//! is `walk`'s affair, what a string or number means its reader's. The tokens
//! are those that Python's `json` reads: JSON's, and the bare words `NaN`,
//! `Infinity` and `-Infinity`.

use super::malformed::{Fault, Inside, Wanted};
use super::string::plain_length;

/// The bare words, `-Infinity` aside, which begins like a number.
const WORDS: [&[u8]; 5] = [b"true", b"false", b"null", b"NaN", b"Infinity"];

/// A place in a text.
#[derive(Debug)]
pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    /// Starts at the beginning of `text`.
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// How many bytes lie behind.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next byte.
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips white space and returns the byte after it, which stays ahead.
    #[inline]
    pub(super) fn skip_space(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
            at += 1;
        }
        self.at = at;
        bytes.get(at).copied()
    }

    /// Steps over the byte that `skip_space` has just returned.
    #[inline]
    pub(super) fn step(&mut self) {
        self.at += 1;
    }

    /// Steps over a string, number or word.
    ///
    /// # Errors
    ///
    /// If none stands here, or a broken one.
    #[inline]
    pub(super) fn scalar(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    /// Steps over the string whose opening quote is the next byte.
    ///
    /// # Errors
    ///
    /// If it has no end, a control character, or an escape that JSON doesn't know.
    #[inline]
    pub(super) fn string(&mut self) -> Result<(), Fault> {
        self.at += 1;
        loop {
            self.at += plain_length(&self.text.as_bytes()[self.at..]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(Fault::ControlCharacter),
                None => return Err(Fault::CutOff(Inside::String)),
            }
        }
    }

    /// Steps over an escape.
    fn escape(&mut self) -> Result<(), Fault> {
        let rest = &self.text.as_bytes()[self.at..];
        let (good, needed) = match rest.get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => (2, 2),
            Some(b'u') => {
                let digits = rest[2..]
                    .iter()
                    .take(4)
                    .take_while(|byte| byte.is_ascii_hexdigit());
                (2 + digits.count(), 6)
            }
            _ => (1, 2),
        };
        if good == needed {
            self.at += needed;
            return Ok(());
        }
        if good == rest.len() {
            self.at += good;
            return Err(Fault::CutOff(Inside::String));
        }
        Err(Fault::BadEscape)
    }

    /// Steps over a number, or `-Infinity`.
    fn number(&mut self) -> Result<(), Fault> {
        self.step_over(b"-");
        match self.peek() {
            Some(b'I') => return self.word(),
            // A zero in front stands alone: `012` is no number.
            Some(b'0') => {
                self.at += 1;
                if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                    return Err(Fault::BadNumber);
                }
            }
            _ => self.digits()?,
        }
        if self.step_over(b".") {
            self.digits()?;
        }
        if self.step_over(b"eE") {
            self.step_over(b"+-");
            self.digits()?;
        }
        Ok(())
    }

    /// Steps over one or more digits.
    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        match self.peek() {
            _ if self.at > start => Ok(()),
            None => Err(Fault::CutOff(Inside::Number)),
            Some(_) => Err(Fault::BadNumber),
        }
    }

    /// Steps over the next byte if it is one of `these`.
    fn step_over(&mut self, these: &[u8]) -> bool {
        let found = self.peek().is_some_and(|byte| these.contains(&byte));
        self.at += usize::from(found);
        found
    }

    /// Steps over a bare word.
    fn word(&mut self) -> Result<(), Fault> {
        let rest = &self.text.as_bytes()[self.at..];
        if let Some(word) = WORDS.iter().find(|word| rest.starts_with(word)) {
            self.at += word.len();
            return Ok(());
        }
        if !rest.is_empty() && WORDS.iter().any(|word| word.starts_with(rest)) {
            self.at = self.text.len();
            return Err(Fault::CutOff(Inside::Word));
        }
        Err(Fault::Expected(Wanted::Value))
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Inside, Scanner, Wanted};

    /// Scans one scalar: where the scanner stops, and why if it wasn't one.
    fn scan(text: &str) -> (usize, Option<Fault>) {
        let mut scanner = Scanner::new(text);
        let fault = scanner.scalar().err();
        (scanner.at(), fault)
    }

    #[test]
    fn a_scalar_ends_where_it_ends() {
        let numbers = "0 -0 7 1234567890 -0.5 0.0 10.25 1e5 1E+05 0e-0 -1.5e-07";
        let words = "true false null NaN Infinity -Infinity";
        let strings = r#""" "ä🦀" "\"" "\\" "\"\\\/\b\f\n\r\t\u00aF" "\ud800" "12345678""#;
        for scalar in [numbers, words, strings].join(" ").split(' ') {
            for behind in ["", ",", " ", "}", "]", "\n", "\"", "x"] {
                let text = scalar.to_owned() + behind;
                assert_eq!(scan(&text), (scalar.len(), None), "{text:?}");
            }
        }
    }

    #[test]
    fn the_scanner_stops_where_something_is_wrong() {
        for (texts, fault) in [
            (
                "^ ^} ^+1 ^.5 ^True ^nan -^Inf, ^'a'",
                Fault::Expected(Wanted::Value),
            ),
            (
                "0^1 -0^12 -^NaN -^-1 1.^, 1.^e5 1e+^, 2e^.5",
                Fault::BadNumber,
            ),
            ("-^ 1.^ 0e^ 0e-^", Fault::CutOff(Inside::Number)),
            ("tru^ n^ -Infini^", Fault::CutOff(Inside::Word)),
            (
                r#""^ "abc^ "\^ "\u12^ "\"^ "12345678^"#,
                Fault::CutOff(Inside::String),
            ),
            (
                r#""a^\x" "^\U0041" "^\u12" "^\u+123" "^\ä""#,
                Fault::BadEscape,
            ),
            (
                "\"a^\n\" \"^\0\" \"12345678^\t\" \"^\u{1f}",
                Fault::ControlCharacter,
            ),
        ] {
            for marked in texts.split(' ') {
                let (before, after) = marked.split_once('^').expect("it is marked");
                let stopped = scan(&(before.to_owned() + after));
                assert_eq!(stopped, (before.len(), Some(fault)), "{marked:?}");
            }
        }
    }

    #[test]
    fn only_json_has_a_say_in_what_is_white_space() {
        for (text, next) in [
            (" \t\r\n 1", Some(b'1')),
            ("1 ", Some(b'1')),
            ("\u{c}", Some(0xc)),
            ("\u{a0}", Some(0xc2)),
            (" ", None),
            ("", None),
        ] {
            assert_eq!(Scanner::new(text).skip_space(), next, "{text:?}");
        }
    }
}
