//! CSV files: which column is what, and a task of each row.

use std::borrow::Cow;
use std::collections::HashSet;

use super::lines::Lines;
use super::row::Row;
use super::rows::Rows;
use crate::status::json::quoted;
use crate::task::{Task, TaskError};

/// The tasks of a CSV file, after its header.
#[derive(Debug)]
pub(super) struct Csv {
    rows: Rows,
    columns: Vec<Column>,
}

#[derive(Debug)]
enum Column {
    Key,
    Url,
    /// With its name as JSON.
    Param(String),
}

impl Csv {
    /// Reads the header.
    ///
    /// # Errors
    /// If there is none, it names neither `key` nor `url`, or it names a column twice.
    pub(super) fn new(lines: Lines) -> Result<Self, TaskError> {
        let mut rows = Rows::new(lines);
        if !rows.advance()? {
            return Err(TaskError::new("there is no header row").at(rows.file()));
        }
        let names: Vec<_> = rows.cells().collect();
        let columns = columns(&names).map_err(|error| error.at(rows.place()))?;
        drop(names);
        Ok(Self { rows, columns })
    }

    fn task(&self) -> Result<Task, TaskError> {
        let cells = self.rows.cells();
        if cells.len() != self.columns.len() {
            return Err(TaskError::new(format!(
                "the row has {}, the header {}; a cell with a comma or a line break needs quotes",
                counted(cells.len()),
                self.columns.len()
            )));
        }
        let mut row = Row::default();
        for (column, cell) in self.columns.iter().zip(cells) {
            match column {
                Column::Key => row.set_key(cell.into_owned()),
                Column::Url => {
                    row.add_param(r#""url""#, &quoted(&cell));
                    row.set_url(cell.into_owned());
                }
                Column::Param(name) => row.add_param(name, &quoted(&cell)),
            }
        }
        row.into_task()
    }
}

impl Iterator for Csv {
    type Item = Result<Task, TaskError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.rows.advance() {
            Ok(false) => None,
            Ok(true) => Some(match self.task() {
                Ok(task) => Ok(task.at(self.rows.place())),
                Err(error) => Err(error.at(self.rows.place())),
            }),
            Err(error) => Some(Err(error)),
        }
    }
}

fn columns(names: &[Cow<'_, str>]) -> Result<Vec<Column>, TaskError> {
    let mut known = HashSet::with_capacity(names.len());
    if let Some(twice) = names.iter().find(|name| !known.insert(&***name)) {
        let problem = format!("two columns are named `{twice}`; rename or remove one");
        return Err(TaskError::new(problem));
    }
    if !known.contains("key") && !known.contains("url") {
        let found = names.join("`, `");
        return Err(TaskError::new(format!(
            "the header needs a column `key` or `url`, found `{found}`; columns are separated by commas"
        )));
    }
    let column = |name: &Cow<'_, str>| match &**name {
        "key" => Column::Key,
        "url" => Column::Url,
        name => Column::Param(quoted(name)),
    };
    Ok(names.iter().map(column).collect())
}

fn counted(cells: usize) -> String {
    match cells {
        1 => "1 cell".to_owned(),
        cells => format!("{cells} cells"),
    }
}
