//! What is wrong with a text that isn't JSON, and where.
//!
//! `Scanner` and `split` say which byte they stopped at; here it becomes the
//! line and column that an editor shows. The name of the file is not known
//! here: whoever read it puts that in front.

use std::fmt;

/// Why a text could not be read: what is wrong, and where.
///
/// Reads well after a file's name and a colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed {
    fault: Fault,
    offset: usize,
    line: usize,
    column: usize,
}

/// What is wrong with a text, without the place. Small, so that the results of
/// the scanner travel in registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing but white space.
    Empty,
    /// UTF-8 as some editors write it, with U+FEFF in front.
    ByteOrderMark,
    /// More than the ranges of a field can address.
    TooLong,
    /// JSON, but not an object.
    NotAnObject(Kind),
    /// The text ends too early.
    CutOff(Inside),
    /// Something else stands here.
    Expected(Wanted),
    /// A backslash that begins none of JSON's escapes.
    BadEscape,
    /// U+0000 to U+001F as themselves inside a string.
    ControlCharacter,
    /// A number that JSON spells differently or not at all.
    BadNumber,
}

/// What a value is instead of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Array,
    String,
    Number,
    Boolean,
    Null,
}

/// What is not over when the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inside {
    Object,
    Array,
    String,
    Number,
    Word,
}

/// What should stand in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Value,
    Name,
    NameOrBrace,
    Colon,
    CommaOrBrace,
    CommaOrBracket,
    End,
}

impl Malformed {
    /// Finds line and column of the byte at `offset`. Lines end with `\n`;
    /// columns count characters.
    #[cold]
    pub(super) fn new(fault: Fault, text: &str, offset: usize) -> Self {
        let before = &text[..offset];
        let last_line = before.rsplit('\n').next().unwrap_or_default();
        Self {
            fault,
            offset,
            line: before.split('\n').count(),
            column: last_line.chars().count() + 1,
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)?;
        match self.fault {
            // About the text as a whole: a place adds nothing.
            Fault::Empty | Fault::ByteOrderMark | Fault::TooLong => Ok(()),
            _ => write!(
                f,
                " at line {}, column {} (byte {})",
                self.line, self.column, self.offset
            ),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty",
            Self::ByteOrderMark => "starts with a byte order mark (U+FEFF)",
            Self::TooLong => "4 GiB or longer",
            Self::NotAnObject(Kind::Array) => "expected an object, found an array",
            Self::NotAnObject(Kind::String) => "expected an object, found a string",
            Self::NotAnObject(Kind::Number) => "expected an object, found a number",
            Self::NotAnObject(Kind::Boolean) => "expected an object, found a boolean",
            Self::NotAnObject(Kind::Null) => "expected an object, found null",
            Self::CutOff(Inside::Object) => "cut off inside an object",
            Self::CutOff(Inside::Array) => "cut off inside an array",
            Self::CutOff(Inside::String) => "cut off inside a string",
            Self::CutOff(Inside::Number) => "cut off inside a number",
            Self::CutOff(Inside::Word) => "cut off inside a word",
            Self::Expected(Wanted::Value) => "expected a value",
            Self::Expected(Wanted::Name) => "expected a name in quotes",
            Self::Expected(Wanted::NameOrBrace) => "expected a name in quotes or `}`",
            Self::Expected(Wanted::Colon) => "expected `:`",
            Self::Expected(Wanted::CommaOrBrace) => "expected `,` or `}`",
            Self::Expected(Wanted::CommaOrBracket) => "expected `,` or `]`",
            Self::Expected(Wanted::End) => "expected the end of the text",
            Self::BadEscape => "unknown escape",
            Self::ControlCharacter => "control character in a string",
            Self::BadNumber => "bad number",
        })
    }
}

impl std::error::Error for Malformed {}

#[cfg(test)]
mod tests {
    use super::{Fault, Malformed, Wanted};

    #[test]
    fn the_place_is_the_one_that_an_editor_shows() {
        for (text, offset, place) in [
            ("x", 0, "line 1, column 1 (byte 0)"),
            ("{\n  x", 4, "line 2, column 3 (byte 4)"),
            ("{\n", 2, "line 2, column 1 (byte 2)"),
            ("{\r\n\r\n x", 6, "line 3, column 2 (byte 6)"),
            ("\"äöü\" x", 9, "line 1, column 7 (byte 9)"),
        ] {
            let malformed = Malformed::new(Fault::Expected(Wanted::Colon), text, offset);
            assert_eq!(
                malformed.to_string(),
                format!("expected `:` at {place}"),
                "{text:?}"
            );
        }
    }
}
