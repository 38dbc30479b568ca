//! A SQLite database with one table, `tasks`: nested columns by dotted path, lists as JSON, booleans as 0 and 1.

use std::collections::HashSet;
use std::io;

use futures::TryStreamExt;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};

use super::destination::Destination;
use super::leaves::{Leaf, leaves};
use super::spill::Spill;
use crate::rows::kind::Kind;
use crate::rows::{Row, Shape};

/// The most columns that SQLite has (`SQLITE_MAX_COLUMN`).
const MOST: usize = 2000;

pub(crate) async fn write(spill: Spill, named: bool, to: Destination) -> io::Result<()> {
    let leaves = leaves(&spill.fields, named);
    if leaves.len() > MOST {
        return Err(io::Error::other(format!(
            "a table of SQLite has at most {MOST} columns, and there are {}; choose some by --columns",
            leaves.len()
        )));
    }
    let scratch = to.scratch()?;
    let columns = leaves.len();
    let definition = definition(&leaves);
    let mut rows = std::pin::pin!(spill.rows(move |rows| {
        let rows = rows
            .iter()
            .map(|row| leaves.iter().map(|leaf| cell(row, leaf)).collect());
        rows.collect::<Vec<Vec<Sql>>>()
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

fn definition(leaves: &[Leaf]) -> String {
    let mut taken = HashSet::new();
    let columns: Vec<String> = leaves
        .iter()
        .map(|leaf| {
            let affinity = match leaf.kind {
                Kind::Bool | Kind::Int | Kind::BigInt => "INTEGER",
                Kind::Float => "REAL",
                _ => "TEXT",
            };
            format!(
                "\"{}\" {affinity}",
                free(&leaf.name, &mut taken).replace('"', "\"\"")
            )
        })
        .collect();
    format!("CREATE TABLE tasks ({})", columns.join(", "))
}

/// The name, or it with a number: SQLite's columns differ by more than case.
fn free(name: &str, taken: &mut HashSet<String>) -> String {
    let numbered = (2..).map(|nth| format!("{name}_{nth}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    let free = names.find(|name| taken.insert(name.to_lowercase()));
    free.expect("there are numbers without end")
}

fn cell(row: &Row<'_>, leaf: &Leaf) -> Sql {
    let Some(value) = leaf.value(row) else {
        return Sql::Null;
    };
    match (value.shape(), &leaf.kind) {
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
