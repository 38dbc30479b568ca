//! The words of a condition: which of them are columns, and what SQLite is given in their place.

use std::ops::Range;

use super::Wrong;
use crate::rows::Path;

/// A condition in SQLite's words.
#[derive(Debug, Clone)]
pub(super) struct Rewritten {
    /// With `?1` and so on in the place of columns.
    pub(super) sql: String,
    /// In the order of their numbers, each once, with where it first stands.
    pub(super) columns: Vec<(Path, Range<usize>)>,
    /// Where each word begins in `sql`, and where it stood.
    places: Vec<(usize, Range<usize>)>,
}

impl Rewritten {
    /// Where in the condition that stood what is at `at` in `sql`.
    pub(super) fn place(&self, at: usize) -> Range<usize> {
        let after = self.places.partition_point(|(begin, _)| *begin <= at);
        match after.checked_sub(1).and_then(|nth| self.places.get(nth)) {
            Some((_, place)) => place.clone(),
            None => 0..0,
        }
    }
}

/// What SQLite knows as a word of its expressions, and the types of its `cast`; everything else is a column or, before a
/// parenthesis, a function.
const KEYWORDS: [&str; 45] = [
    "and",
    "as",
    "between",
    "bigint",
    "binary",
    "blob",
    "boolean",
    "case",
    "cast",
    "char",
    "collate",
    "current_date",
    "current_time",
    "current_timestamp",
    "distinct",
    "double",
    "else",
    "end",
    "escape",
    "false",
    "float",
    "from",
    "glob",
    "in",
    "int",
    "integer",
    "is",
    "isnull",
    "like",
    "match",
    "nocase",
    "not",
    "notnull",
    "null",
    "numeric",
    "or",
    "real",
    "regexp",
    "rtrim",
    "text",
    "then",
    "true",
    "unsigned",
    "varchar",
    "when",
];

/// # Errors
/// If a quote or parenthesis isn't closed, or there is something that no expression has.
pub(super) fn rewrite(text: &str) -> Result<Rewritten, Wrong> {
    let mut rewritten = Rewritten {
        sql: String::with_capacity(text.len()),
        columns: Vec::new(),
        places: Vec::new(),
    };
    let mut at = 0;
    let mut open = 0_usize;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let wrong = |message: &str| Err(Wrong::new(text, message, at, first.len_utf8()));
        if let Some(length) = comment(rest) {
            at += length;
            continue;
        }
        match first {
            '(' => open += 1,
            // Or what follows would stand beside the condition.
            ')' => match open.checked_sub(1) {
                Some(less) => open = less,
                None => return wrong("nothing is open that this would close"),
            },
            _ => {}
        }
        let length = match first {
            '\'' | '"' => match string(rest) {
                Some(length) => length,
                None => return wrong("this quote is not closed"),
            },
            '`' => match Path::read(rest) {
                Some((_, length)) => length,
                None => return wrong("this quote is not closed"),
            },
            '0'..='9' => number(rest),
            _ if is_first(first) => match Path::read(rest) {
                Some((_, length)) => length,
                None => return wrong("a backtick after this is not closed"),
            },
            ';' | '?' | ':' | '@' | '$' | '#' | '[' | ']' | '{' | '}' | '\\' => {
                return wrong("no expression has this");
            }
            _ => first.len_utf8(),
        };
        let word = &rest[..length];
        let place = at..at + length;
        rewritten.places.push((rewritten.sql.len(), place.clone()));
        if first == '"' {
            rewritten.sql.push_str(&single_quoted(word));
        } else if first == '`' || (is_first(first) && is_column(word, &rest[length..])) {
            rewritten.column(word, place);
        } else {
            rewritten.sql.push_str(word);
        }
        at += length;
    }
    if rewritten.sql.trim().is_empty() {
        return Err(Wrong::new(text, "a condition is expected", 0, 0));
    }
    Ok(rewritten)
}

impl Rewritten {
    fn column(&mut self, word: &str, place: Range<usize>) {
        let Some((path, _)) = Path::read(word) else {
            return;
        };
        let known = self.columns.iter().position(|(of, _)| *of == path);
        let nth = known.unwrap_or_else(|| {
            self.columns.push((path, place));
            self.columns.len() - 1
        });
        self.sql.push('?');
        self.sql.push_str(&(nth + 1).to_string());
    }
}

fn is_first(character: char) -> bool {
    character.is_alphabetic() || character == '_'
}

fn is_column(word: &str, after: &str) -> bool {
    if word.contains(['.', '`']) {
        return true;
    }
    let lower = word.to_ascii_lowercase();
    !KEYWORDS.contains(&lower.as_str()) && !after.trim_start().starts_with('(')
}

/// How long a comment is, if one begins here; one that isn't closed goes to the end.
fn comment(text: &str) -> Option<usize> {
    let end = match text.get(..2)? {
        "--" => text.find('\n'),
        "/*" => text[2..].find("*/").map(|inside| inside + 4),
        _ => return None,
    };
    Some(end.unwrap_or(text.len()))
}

/// How long a string is, in whose quote it begins; a doubled quote belongs to it.
fn string(text: &str) -> Option<usize> {
    let quote = text.chars().next()?;
    let mut at = 1;
    loop {
        at += text[at..].find(quote)? + 1;
        match text[at..].strip_prefix(quote) {
            Some(_) => at += 1,
            None => return Some(at),
        }
    }
}

/// `"…"` as SQL has strings.
fn single_quoted(word: &str) -> String {
    let inside = word[1..word.len() - 1].replace("\"\"", "\"");
    format!("'{}'", inside.replace('\'', "''"))
}

/// How long a number is, with fraction and exponent.
fn number(text: &str) -> usize {
    let mut before = ' ';
    let ends = |c: char| {
        let sign = matches!(c, '+' | '-') && matches!(before, 'e' | 'E');
        let goes_on = c.is_ascii_alphanumeric() || c == '.' || c == '_' || sign;
        before = c;
        !goes_on
    };
    text.find(ends).unwrap_or(text.len())
}
