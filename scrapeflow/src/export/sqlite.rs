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

/// Says which columns are called otherwise there: SQLite's differ by more than case.
pub(crate) async fn write(
    spill: Spill,
    named: bool,
    to: Destination,
) -> io::Result<Vec<(String, String)>> {
    let leaves = Leaves::of(spill.fields.clone(), named);
    let columns = leaves.columns.len();
    if columns > MOST {
        return Err(io::Error::other(format!(
            "a table of SQLite has at most {MOST} columns, and there are {columns}; choose some by --columns"
        )));
    }
    let scratch = to.scratch()?;
    let free = free_names(&leaves.columns);
    let definition = definition(&leaves.columns, &free);
    let renamed = leaves.columns.iter().zip(&free);
    let renamed = renamed.filter(|((name, _), free)| name != *free);
    let renamed = renamed.map(|((name, _), free)| (name.clone(), free.clone()));
    let renamed: Vec<(String, String)> = renamed.collect();
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
    to.take(scratch)?;
    Ok(renamed)
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

fn definition(columns: &[(String, Kind)], names: &[String]) -> String {
    let columns = columns.iter().zip(names).map(|((_, kind), name)| {
        let affinity = match kind {
            Kind::Bool | Kind::Int | Kind::BigInt => "INTEGER",
            Kind::Float => "REAL",
            _ => "TEXT",
        };
        format!("\"{}\" {affinity}", name.replace('"', "\"\""))
    });
    let columns: Vec<String> = columns.collect();
    format!("CREATE TABLE tasks ({})", columns.join(", "))
}

/// The columns' names, with a number where another has it already.
fn free_names(columns: &[(String, Kind)]) -> Vec<String> {
    let mut taken = HashSet::new();
    let free = |(name, _): &(String, Kind)| {
        let numbered = (2..).map(|nth| format!("{name}_{nth}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        let free = names.find(|name| taken.insert(name.to_lowercase()));
        free.expect("there are numbers without end")
    };
    columns.iter().map(free).collect()
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
