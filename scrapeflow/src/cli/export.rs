//! `export`: rows into a file that other tools read.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use futures::TryStreamExt;

use super::exit::Failure;
use super::out::Out;
use super::place::{Broken, open};
use super::select::{Made, Select, Selected};
use crate::export::destination::Destination;
use crate::export::spill::Spill;
use crate::export::{csv, sqlite};
use crate::rows::kind::{Fields, Kind};
use crate::rows::{Path, Row, Value};
use crate::status::json;
use crate::store::Store;

/// Writes tasks into a file for other tools: a row a task, a column a field
///
/// Types are told from all rows; a column whose values go into no one type holds JSON, and is named on standard error. CSV and
/// SQLite have nested columns by dotted path, with lists as JSON; in Parquet they are structs and lists.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  scrapeflow export pages -o pages.parquet
  scrapeflow export pages -o quotes.csv --explode parse --columns key,parse.text,parse.author
  scrapeflow export pages --format jsonl --where 'scrape.size > 1000' | jq .key")]
pub(super) struct ExportCommand {
    /// The directory of a run
    dir: PathBuf,
    /// The file; standard output unless given
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Which format; as the file's ending says unless given
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Replaces the file if it is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    select: Select,
    /// Columns by dotted path, with commas between; all unless given
    #[arg(long, value_name = "COLUMNS")]
    columns: Option<String>,
    /// A row for each element of this list, which then stands in its place
    #[arg(long, value_name = "COLUMN")]
    explode: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A JSON object a line
    Jsonl,
    Csv,
    Parquet,
    /// A database with a table `tasks`
    Sqlite,
}

/// Some rows, and which columns they have.
type Lines = (String, Fields);

impl ExportCommand {
    pub(super) async fn run(self, out: &mut Out) -> Result<u8, Failure> {
        let format = self.format()?;
        let store = open(&self.dir, out).await?;
        let columns = self.columns.as_deref().map(Path::read_list).transpose();
        let columns = columns.map_err(|wrong| Failure::usage(format!("--columns: {wrong}")))?;
        let explode = match self.explode.as_deref().map(Path::read) {
            None => None,
            Some(Some((path, length))) if Some(length) == self.explode.as_deref().map(str::len) => {
                Some(path)
            }
            Some(_) => return Err(Failure::usage("--explode: one column is expected")),
        };
        let others = columns.clone().unwrap_or_default();
        let selected = Arc::new(self.select.of(&store, &others, explode).await?);
        let to = Destination::new(self.output.as_deref(), self.force);
        let to = to.map_err(|error| {
            let file = self
                .output
                .as_deref()
                .unwrap_or(FilePath::new("standard output"));
            Failure::usage(format!("cannot write {}: {error}", file.display()))
        })?;
        let mut told = Told::default();
        let name = to.name().to_owned();
        let written = write(&store, &selected, columns, format, to, &mut told).await?;
        written.map_err(|error| {
            if is_closed(&error) {
                return Failure::nobody_reads();
            }
            Failure::store(format!(
                "cannot write {name}: {error}; nothing of it is kept"
            ))
        })?;
        told.tell(out, self.explode.as_deref())
    }

    fn format(&self) -> Result<Format, Failure> {
        let format = self.format.or_else(|| {
            let ending = self
                .output
                .as_deref()?
                .extension()?
                .to_str()?
                .to_ascii_lowercase();
            match ending.as_str() {
                "jsonl" | "ndjson" => Some(Format::Jsonl),
                "csv" => Some(Format::Csv),
                "parquet" => Some(Format::Parquet),
                "sqlite" | "sqlite3" | "db" => Some(Format::Sqlite),
                _ => None,
            }
        });
        let format = format.ok_or_else(|| {
            Failure::usage("say by --format what to write: jsonl, csv, parquet or sqlite")
        })?;
        if format == Format::Parquet && !cfg!(feature = "parquet") {
            return Err(Failure::usage(
                "this program was built without Parquet; build it with the feature `parquet` of scrapeflow",
            ));
        }
        Ok(format)
    }
}

/// Whether a pipe was closed, whatever writer of a format that was told first.
fn is_closed(error: &io::Error) -> bool {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
        {
            return true;
        }
        next = error.source();
    }
    false
}

async fn write(
    store: &Arc<dyn Store>,
    selected: &Arc<Selected>,
    columns: Option<Vec<Path>>,
    format: Format,
    mut to: Destination,
    told: &mut Told,
) -> Result<io::Result<()>, Failure> {
    let named = columns.is_some();
    let mut spill = match Spill::new() {
        Ok(spill) => spill,
        Err(error) => return Ok(Err(error)),
    };
    let columns = columns.map(|paths| {
        paths
            .into_iter()
            .map(|path| (path.to_string(), path))
            .collect()
    });
    let columns: Option<Vec<(String, Path)>> = columns;
    for (name, _) in columns.iter().flatten() {
        // Also of a directory without tasks.
        spill.fields.expect(name);
    }
    let mut rows = std::pin::pin!(selected.gather(store, move |row, lines: &mut Lines| {
        add(row, columns.as_deref(), lines, format != Format::Jsonl);
    }));
    while let Some(made) = rows.try_next().await? {
        let (lines, fields) = told.take(made);
        let added = match format {
            Format::Jsonl => to.write_all(lines.as_bytes()),
            _ => spill.add(&lines, fields),
        };
        if added.is_err() {
            return Ok(added);
        }
    }
    told.note_mixed(&spill.fields);
    Ok(match format {
        Format::Jsonl => to.finish(),
        Format::Csv => match csv::write(spill, named, &mut to).await {
            Ok(()) => to.finish(),
            Err(error) => Err(error),
        },
        Format::Sqlite => sqlite::write(spill, named, to).await,
        #[cfg(feature = "parquet")]
        Format::Parquet => match crate::export::parquet::write(spill, &mut to).await {
            Ok(()) => to.finish(),
            Err(error) => Err(error),
        },
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => Err(io::Error::other("built without Parquet")),
    })
}

/// Adds a row as a line of JSON, and its columns where they are wanted.
fn add(
    row: &Row<'_>,
    columns: Option<&[(String, Path)]>,
    (lines, fields): &mut Lines,
    typed: bool,
) {
    let members: Vec<(&str, Option<Value<'_>>)> = match columns {
        None => row
            .fields()
            .map(|(name, value)| (name, Some(value)))
            .collect(),
        Some(columns) => columns
            .iter()
            .map(|(name, path)| (name.as_str(), row.get(path)))
            .collect(),
    };
    for (nth, (name, value)) in members.iter().enumerate() {
        lines.push(if nth == 0 { '{' } else { ',' });
        json::quote(lines, name);
        lines.push(':');
        match value {
            Some(value) => value.write_json(lines),
            None => lines.push_str("null"),
        }
    }
    lines.push_str("}\n");
    if typed {
        fields.observe(
            members
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    }
}

/// What is said when all is written.
#[derive(Debug, Default)]
struct Told {
    rows: u64,
    without: u64,
    broken: Broken,
    mixed: Vec<String>,
}

impl Told {
    fn take<T>(&mut self, made: Made<T>) -> T {
        self.rows += made.count;
        self.without += made.without;
        self.broken.add(made.broken);
        made.of_rows
    }

    fn note_mixed(&mut self, fields: &Fields) {
        fields.each_path(|path, kind| {
            if *kind == Kind::Json {
                // Chosen columns are called by their paths already.
                self.mixed.push(path.names().collect::<Vec<_>>().join("."));
            }
        });
    }

    fn tell(self, out: &mut Out, explode: Option<&str>) -> Result<u8, Failure> {
        let rows = if self.rows == 1 { "row" } else { "rows" };
        let mut said = format!("{} {rows}", self.rows);
        if let Some(list) = explode.filter(|_| self.without > 0) {
            let _ = write!(
                said,
                "; {} tasks have nothing in a list `{list}`, and no row",
                self.without
            );
        }
        out.say(&said);
        if !self.mixed.is_empty() {
            out.warn(&super::out::shown(&format!(
                "as JSON, since their values go into no one type: {}",
                self.mixed.join(", ")
            )));
        }
        self.broken.told(out)
    }
}
