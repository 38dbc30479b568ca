//! The grammar: goes through any JSON text once and tells a visitor what
//! stands where.
//!
//! `split` and `canonical` are its visitors. It keeps nothing of what it
//! passes but the open brackets, and doesn't care what names and values mean.

use std::ops::Range;

use super::brackets::{Bracket, Brackets};
use super::malformed::{Fault, Inside, Malformed, Wanted};
use super::scanner::Scanner;

/// Is told, in the order of the text, what stands where in it.
pub(super) trait Visitor {
    /// A member's name, without its quotes. Its value is told next.
    fn name(&mut self, raw: Range<usize>);
    /// A string (with its quotes), a number or a word.
    fn scalar(&mut self, raw: Range<usize>);
    /// An object or array begins with the byte at `start`.
    fn open(&mut self, bracket: Bracket, start: usize);
    /// The innermost object or array ends before the byte at `end`.
    fn close(&mut self, end: usize);
}

/// Walks through the one value that `text` consists of.
///
/// # Errors
///
/// If `text` isn't JSON with Python's three words. The visitor has then been
/// told what stands in front of the fault.
pub(super) fn walk(text: &str, visitor: &mut impl Visitor) -> Result<(), Malformed> {
    let mut scanner = Scanner::new(text);
    value(&mut scanner, visitor).map_err(|fault| Malformed::new(fault, text, scanner.at()))
}

/// Walks through one value and up to the end of the text. A fault is where the
/// scanner has stopped.
fn value(scanner: &mut Scanner<'_>, visitor: &mut impl Visitor) -> Result<(), Fault> {
    let mut open = Brackets::default();
    'value: loop {
        let byte = scanner.skip_space().ok_or_else(|| cut_off(&open))?;
        let start = scanner.at();
        if let Some(bracket) = Bracket::opened_by(byte) {
            visitor.open(bracket, start);
            open.push(bracket);
            scanner.step();
            if scanner.skip_space() != Some(bracket.closing()) {
                if bracket == Bracket::Object {
                    name(scanner, visitor, Wanted::NameOrBrace)?;
                }
                continue 'value;
            }
        } else {
            scanner.scalar()?;
            visitor.scalar(start..scanner.at());
        }
        // A value is complete. It may complete others, until a comma asks for the next.
        while let Some(bracket) = open.innermost() {
            match (scanner.skip_space(), bracket) {
                (Some(b','), Bracket::Array) => {
                    scanner.step();
                    continue 'value;
                }
                (Some(b','), Bracket::Object) => {
                    scanner.step();
                    name(scanner, visitor, Wanted::Name)?;
                    continue 'value;
                }
                (Some(byte), _) if byte == bracket.closing() => {
                    scanner.step();
                    open.pop();
                    visitor.close(scanner.at());
                }
                (Some(_), Bracket::Object) => return Err(Fault::Expected(Wanted::CommaOrBrace)),
                (Some(_), Bracket::Array) => return Err(Fault::Expected(Wanted::CommaOrBracket)),
                (None, _) => return Err(cut_off(&open)),
            }
        }
        return match scanner.skip_space() {
            Some(_) => Err(Fault::Expected(Wanted::End)),
            None => Ok(()),
        };
    }
}

/// Reads a member's name and the colon after it.
#[inline]
fn name(
    scanner: &mut Scanner<'_>,
    visitor: &mut impl Visitor,
    wanted: Wanted,
) -> Result<(), Fault> {
    expect(scanner, b'"', wanted)?;
    let start = scanner.at() + 1;
    scanner.string()?;
    visitor.name(start..scanner.at() - 1);
    expect(scanner, b':', Wanted::Colon)?;
    scanner.step();
    Ok(())
}

/// Goes up to `byte`, which must be the next after white space.
#[inline]
fn expect(scanner: &mut Scanner<'_>, byte: u8, wanted: Wanted) -> Result<(), Fault> {
    match scanner.skip_space() {
        Some(found) if found == byte => Ok(()),
        Some(_) => Err(Fault::Expected(wanted)),
        None => Err(Fault::CutOff(Inside::Object)),
    }
}

/// What it means that the text ends here.
#[cold]
fn cut_off(open: &Brackets) -> Fault {
    match open.innermost() {
        Some(Bracket::Object) => Fault::CutOff(Inside::Object),
        Some(Bracket::Array) => Fault::CutOff(Inside::Array),
        None => Fault::Empty,
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::{Bracket, Visitor, walk};

    /// Writes down what it is told.
    struct Transcript<'t>(&'t str, String);

    impl Transcript<'_> {
        fn note(&mut self, range: Range<usize>) {
            self.1 += &self.0[range];
            self.1 += " ";
        }
    }

    impl Visitor for Transcript<'_> {
        fn name(&mut self, raw: Range<usize>) {
            self.note(raw);
            self.1 += "= ";
        }

        fn scalar(&mut self, raw: Range<usize>) {
            self.note(raw);
        }

        fn open(&mut self, bracket: Bracket, start: usize) {
            assert_eq!(self.0.as_bytes()[start], bracket.opening());
            self.note(start..start + 1);
        }

        fn close(&mut self, end: usize) {
            self.note(end - 1..end);
        }
    }

    #[test]
    fn the_visitor_is_told_what_stands_where() {
        for (text, told) in [
            ("1", "1 "),
            (" \"a\" ", "\"a\" "),
            ("{}", "{ } "),
            ("[ ]", "[ ] "),
            ("[[],{}]", "[ [ ] { } ] "),
            (
                r#"{"a":{"b":[1,{"":2}]} , "c":[]}"#,
                "{ a = { b = [ 1 {  = 2 } ] } c = [ ] } ",
            ),
        ] {
            let mut transcript = Transcript(text, String::new());
            assert_eq!(walk(text, &mut transcript), Ok(()), "{text}");
            assert_eq!(transcript.1, told, "{text}");
        }
    }

    #[test]
    fn a_fault_is_found_where_it_is() {
        for (marked, fault) in [
            ("1 ^2", "expected the end of the text"),
            ("{} ^}", "expected the end of the text"),
            ("^]", "expected a value"),
            ("[1,^]", "expected a value"),
            ("[^,", "expected a value"),
            ("{\"a\":^}", "expected a value"),
            ("[1 ^2]", "expected `,` or `]`"),
            ("[{}^}", "expected `,` or `]`"),
            ("{\"a\":1^]", "expected `,` or `}`"),
            ("{\"a\":[]^:", "expected `,` or `}`"),
            ("{^,", "expected a name in quotes or `}`"),
            ("{^1:2}", "expected a name in quotes or `}`"),
            ("{\"a\":1,^}", "expected a name in quotes"),
            ("{\"a\" ^1}", "expected `:`"),
            ("{ ^", "cut off inside an object"),
            ("{\"a\"^", "cut off inside an object"),
            ("{\"a\":^", "cut off inside an object"),
            ("{\"a\":1,^", "cut off inside an object"),
            ("[{} ^", "cut off inside an array"),
            ("[^", "cut off inside an array"),
            ("{\"a^", "cut off inside a string"),
            ("[\"a^\\x\"]", "unknown escape"),
        ] {
            let (before, after) = marked.split_once('^').expect("it is marked");
            let text = before.to_owned() + after;
            let place = before.len();
            let malformed = walk(&text, &mut Transcript(&text, String::new())).expect_err(&text);
            let message = format!("{fault} at line 1, column {} (byte {place})", place + 1);
            assert_eq!(malformed.to_string(), message, "{text}");
        }
    }
}
