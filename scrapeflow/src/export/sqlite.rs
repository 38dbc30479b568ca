//! A SQLite database with one table, `tasks`: nested columns by dotted path, lists as JSON, booleans as 0 and 1.

use std::collections::HashSet;
use std::io;

use futures::TryStreamExt;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};

use super::destination::Destination;
use super::leaves::Leaves;
use super::spill::Spill;
use crate::rows::kind::Kind;
use crate::rows::{Shape, Value};

/// The most columns that SQLite has (`SQLITE_MAX_COLUMN`).
const MOST: usize = 2000;

pub(crate) async fn write(spill: Spill, named: bool, to: Destination) -> io::Result<()> {
    let leaves = Leaves::of(spill.fields.clone(), named);
    let columns = leaves.columns.len();
    if columns > MOST {
        return Err(io::Error::other(format!(
            "a table of SQLite has at most {MOST} columns, and there are {columns}; choose some by --columns"
        )));
    }
    let scratch = to.scratch()?;
    let definition = definition(&leaves.columns);
    let mut rows = std::pin::pin!(spill.rows(move |rows| {
        let cells = |row| {
            let mut cells = Vec::with_capacity(columns);
            leaves.of_row(row, |kind, value| cells.push(cell(kind, value)));
            cells
        };
        rows.iter().map(cells).collect::<Vec<Vec<Sql>>>()
    })?);
    let mut database = Database::new(&scratch, &definition, columns).map_err(io::Error::other)?;
    while let Some(rows) = rows.try_next().await? {
        database.insert(rows).map_err(io::Error::other)?;
    }
    database.finish().map_err(io::Error::other)?;
    to.take(scratch)
}

struct Database {
    connection: Connection,
    insert: String,
}

impl Database {
    fn new(place: &std::path::Path, definition: &str, columns: usize) -> rusqlite::Result<Self> {
        let connection = Connection::open(place)?;
        // The file appears when it is complete, so a journal would save nothing.
        connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN")?;
        connection.execute_batch(definition)?;
        let places = vec!["?"; columns].join(",");
        Ok(Self {
            connection,
            insert: format!("INSERT INTO tasks VALUES ({places})"),
        })
    }

    fn insert(&mut self, rows: Vec<Vec<Sql>>) -> rusqlite::Result<()> {
        let mut insert = self.connection.prepare_cached(&self.insert)?;
        for row in rows {
            insert.execute(params_from_iter(row))?;
        }
        Ok(())
    }

    fn finish(self) -> rusqlite::Result<()> {
        self.connection.execute_batch("COMMIT")?;
        self.connection.close().map_err(|(_, error)| error)
    }
}

fn definition(columns: &[(String, Kind)]) -> String {
    let mut taken = HashSet::new();
    let columns = columns.iter().map(|(name, kind)| {
        let affinity = match kind {
            Kind::Bool | Kind::Int | Kind::BigInt => "INTEGER",
            Kind::Float => "REAL",
            _ => "TEXT",
        };
        format!(
            "\"{}\" {affinity}",
            free(name, &mut taken).replace('"', "\"\"")
        )
    });
    let columns: Vec<String> = columns.collect();
    format!("CREATE TABLE tasks ({})", columns.join(", "))
}

/// The name, or it with a number: SQLite's columns differ by more than case.
fn free(name: &str, taken: &mut HashSet<String>) -> String {
    let numbered = (2..).map(|nth| format!("{name}_{nth}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    let free = names.find(|name| taken.insert(name.to_lowercase()));
    free.expect("there are numbers without end")
}

fn cell(kind: &Kind, value: Option<Value<'_>>) -> Sql {
    let Some(value) = value else {
        return Sql::Null;
    };
    match (value.shape(), kind) {
        (Shape::Null, _) => Sql::Null,
        (Shape::Bool(is), Kind::Bool) => Sql::Integer(is.into()),
        (Shape::Number(raw), Kind::Int | Kind::BigInt) => {
            raw.parse().map_or(Sql::Null, Sql::Integer)
        }
        (Shape::Number(raw), Kind::Float) => raw.parse().map_or(Sql::Null, Sql::Real),
        (Shape::Text(_), Kind::Text | Kind::Time) => {
            Sql::Text(value.text().unwrap_or_default().into_owned())
        }
        _ => Sql::Text(value.json()),
    }
}
