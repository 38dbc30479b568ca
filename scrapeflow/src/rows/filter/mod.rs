//! Which rows are meant: `scrape.size > 1000 and parse_status = "SUCCESS"`.
//!
//! The language is SQLite's for expressions, and SQLite evaluates it: comparisons, `and`, `or`, `not`, `in`, `between`, `like`,
//! `glob`, `is null`, arithmetic, `case`, its functions. All that is done here is to find the columns in it (`words`),
//! which become parameters that each row gives its values for. An engine for tables would have to be told all columns and
//! given all rows before the first can be shown.

#[cfg(any(test, fuzzing))]
mod invariants;
mod words;

use std::fmt;

use rusqlite::types::{Null, ToSqlOutput, Value as Sql, ValueRef};
use rusqlite::{Connection, ToSql};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

#[cfg(any(test, fuzzing))]
pub(crate) use self::invariants::check_invariants;
use self::words::{Rewritten, rewrite};
use super::{Path, Row, Shape, Value};

/// A condition on rows.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    text: String,
    rewritten: Rewritten,
}

/// What is wrong with a condition, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    text: String,
    message: String,
    /// In bytes.
    place: usize,
    length: usize,
}

impl Filter {
    /// # Errors
    /// If it isn't an expression.
    pub(crate) fn new(text: &str) -> Result<Self, Wrong> {
        let rewritten = rewrite(text)?;
        let filter = Self {
            text: text.to_owned(),
            rewritten,
        };
        filter.evaluator()?;
        Ok(filter)
    }

    /// The columns that it asks about.
    pub(crate) fn columns(&self) -> Vec<Path> {
        let columns = &self.rewritten.columns;
        columns.iter().map(|(path, _)| path.clone()).collect()
    }

    /// That this column, one of those that it asks about, is not there.
    pub(crate) fn unknown(&self, column: &Path, mut message: String) -> Wrong {
        let found = self.rewritten.columns.iter().find(|(of, _)| of == column);
        let place = found.map_or(0..0, |(_, place)| place.clone());
        let name = &self.text[place.clone()];
        if name.contains('-') && !name.contains('`') {
            message.push_str(" (a minus has blanks around it)");
        }
        self.wrong(message, place.start, place.len())
    }

    /// What can be asked about rows, by one thread at a time.
    ///
    /// # Errors
    /// If it isn't an expression.
    pub(crate) fn evaluator(&self) -> Result<Evaluator, Wrong> {
        let connection =
            Connection::open_in_memory().map_err(|error| self.wrong(error.to_string(), 0, 0))?;
        let evaluator = Evaluator {
            connection,
            sql: format!("{BEFORE}{})", self.rewritten.sql),
            columns: self.columns(),
        };
        match evaluator.connection.prepare_cached(&evaluator.sql) {
            Ok(_) => {}
            Err(rusqlite::Error::SqlInputError { msg, offset, .. }) => {
                let sql = usize::try_from(offset).unwrap_or_default();
                if sql >= evaluator.sql.len() - 1 {
                    // At the parenthesis that closes ours.
                    return Err(self.wrong("it ends too early", self.text.len(), 0));
                }
                let place = self.rewritten.place(sql.saturating_sub(BEFORE.len()));
                return Err(self.wrong(self.in_its_words(&msg), place.start, place.len()));
            }
            // It ends too early, which SQLite finds at no place.
            Err(error) => return Err(self.wrong(error.to_string(), self.text.len(), 0)),
        }
        Ok(evaluator)
    }

    /// A message of SQLite's, with columns in the place of their parameters.
    fn in_its_words(&self, message: &str) -> String {
        let Some((before, rest)) = message.split_once("\"?") else {
            return message.to_owned();
        };
        let Some((number, after)) = rest.split_once('"') else {
            return message.to_owned();
        };
        let nth = number
            .parse()
            .ok()
            .and_then(|nth: usize| nth.checked_sub(1));
        match nth.and_then(|nth| self.rewritten.columns.get(nth)) {
            Some((path, _)) => format!("{before}`{path}`{after}"),
            None => message.to_owned(),
        }
    }

    fn wrong(&self, message: impl Into<String>, place: usize, length: usize) -> Wrong {
        Wrong::new(&self.text, message, place, length)
    }
}

/// What SQLite is given before the condition. Where no aggregates may stand, which have nothing to count.
const BEFORE: &str = "SELECT 1 WHERE (";

/// A condition, ready to be asked.
#[derive(Debug)]
pub(crate) struct Evaluator {
    connection: Connection,
    sql: String,
    columns: Vec<Path>,
}

impl Evaluator {
    /// Whether a row fulfils it.
    ///
    /// # Errors
    /// What a function of SQLite says of this row's values.
    pub(crate) fn is_true(&self, row: &Row<'_>) -> Result<bool, String> {
        let values = self.columns.iter().map(|path| Bound(row.get(path)));
        let said = self
            .connection
            .prepare_cached(&self.sql)
            .and_then(|mut asked| asked.exists(rusqlite::params_from_iter(values)));
        said.map_err(|error| error.to_string())
    }
}

/// A value as SQLite knows it: lists and objects are their JSON.
struct Bound<'a>(Option<Value<'a>>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let Some(value) = self.0 else {
            return Null.to_sql();
        };
        Ok(match value.shape() {
            Shape::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Shape::Bool(is) => ToSqlOutput::Borrowed(ValueRef::Integer(is.into())),
            Shape::Number(raw) => ToSqlOutput::Owned(number(raw)),
            Shape::Text(_) => {
                ToSqlOutput::Owned(Sql::Text(value.text().unwrap_or_default().into_owned()))
            }
            Shape::List | Shape::Object => ToSqlOutput::Owned(Sql::Text(value.json())),
        })
    }
}

/// Whole numbers as such while they fit.
fn number(raw: &str) -> Sql {
    match (raw.parse(), raw.parse()) {
        (Ok(whole), _) => Sql::Integer(whole),
        (_, Ok(real)) => Sql::Real(real),
        _ => Sql::Null,
    }
}

impl Wrong {
    fn new(text: &str, message: impl Into<String>, place: usize, length: usize) -> Self {
        Self {
            text: text.to_owned(),
            message: message.into(),
            place,
            length,
        }
    }
}

/// The message, then as much of the expression as a line takes, with the culprit marked.
impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.text.trim().is_empty() {
            return Ok(());
        }
        let on_a_line = |text: &str| text.replace(char::is_control, " ");
        let before = last_columns(&on_a_line(&self.text[..self.place]));
        let from_there = on_a_line(&self.text[self.place..]);
        let after = first_columns(&from_there);
        let marked = on_a_line(&self.text[self.place..self.place + self.length]);
        let marked = first_columns(&marked).width().max(1);
        writeln!(f)?;
        writeln!(f, "  {before}{after}")?;
        write!(f, "  {}{}", " ".repeat(before.width()), "^".repeat(marked))
    }
}

/// How much is shown before and after the culprit's begin, in columns of a terminal.
const SHOWN: usize = 60;

fn first_columns(text: &str) -> String {
    let mut room = SHOWN;
    let fits = |character: &char| {
        let left = room.checked_sub(character.width().unwrap_or_default());
        room = left.unwrap_or_default();
        left.is_some()
    };
    let first: String = text.chars().take_while(fits).collect();
    if first.len() < text.len() {
        first + "…"
    } else {
        first
    }
}

fn last_columns(text: &str) -> String {
    let backwards: String = text.chars().rev().collect();
    first_columns(&backwards).chars().rev().collect()
}

#[cfg(test)]
mod tests;
