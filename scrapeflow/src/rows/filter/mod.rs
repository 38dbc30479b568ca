//! Which rows are meant: `scrape.size > 1000 and parse_status = "SUCCESS"`.
//!
//! The language is SQLite's for expressions, and SQLite evaluates it: comparisons, `and`, `or`, `not`, `in`, `between`, `like`,
//! `glob`, `is null`, arithmetic, `case`, its functions. All that is done here is to find the columns in it (`words`),
//! which become parameters that each row gives its values for. An engine for tables would have to be told all columns and
//! given all rows before the first can be shown.

mod words;

use std::fmt;

use rusqlite::types::{Null, ToSqlOutput, Value as Sql, ValueRef};
use rusqlite::{Connection, ToSql};

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
            // On a line of its own, so that a comment doesn't hide the rest.
            sql: format!("SELECT ({}\n) IS TRUE", self.rewritten.sql),
            columns: self.columns(),
        };
        match evaluator.connection.prepare_cached(&evaluator.sql) {
            Ok(_) => {}
            Err(rusqlite::Error::SqlInputError { msg, offset, .. }) => {
                let sql = usize::try_from(offset).unwrap_or_default();
                let place = self.rewritten.place(sql.saturating_sub("SELECT (".len()));
                return Err(self.wrong(msg, place.start, place.len()));
            }
            // It ends too early, which SQLite finds at no place.
            Err(error) => return Err(self.wrong(error.to_string(), self.text.len(), 0)),
        }
        Ok(evaluator)
    }

    fn wrong(&self, message: impl Into<String>, place: usize, length: usize) -> Wrong {
        Wrong::new(&self.text, message, place, length)
    }
}

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
            .and_then(|mut asked| {
                asked.query_row(rusqlite::params_from_iter(values), |said| said.get(0))
            });
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

/// The message, then the expression with the culprit marked.
impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |text: &str| text.chars().map(|c| usize::from(!c.is_control())).sum();
        let text: String = self.text.chars().filter(|c| !c.is_control()).collect();
        let before: usize = width(&self.text[..self.place]);
        let marked: usize = width(&self.text[self.place..self.place + self.length]);
        f.write_str(&self.message)?;
        if text.trim().is_empty() {
            return Ok(());
        }
        writeln!(f)?;
        writeln!(f, "  {text}")?;
        write!(f, "  {:before$}{}", "", "^".repeat(marked.max(1)))
    }
}

#[cfg(test)]
mod tests;
