//! `export`: rows into a file that other tools read.

use std::fmt::Write as _;
use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use futures::TryStreamExt;

use super::exit::Failure;
use super::out::{Out, counted, json_shown, shown, text_shown};
use super::place::{Unreadable, open};
use super::select::{Made, Select, Selected};
use crate::export::destination::Destination;
use crate::export::spill::Spill;
use crate::export::{csv, sqlite};
use crate::rows::kind::Fields;
use crate::rows::{Batch, Path, Row, Value, write_object};
use crate::store::Store;

/// Writes tasks into a file for other tools: a row a task, a column a field
///
/// Types are told from all rows, whichever are chosen; a column whose values go into no one type holds JSON, and is named on standard error. CSV and
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
        let to = self.destination(out, format)?;
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
        let mut told = Told::new(self.explode);
        match format {
            Format::Jsonl => stream(&store, &selected, columns, to, &mut told).await?,
            _ => write(&store, &selected, columns, format, to, &mut told).await?,
        }
        told.tell(out)
    }

    fn destination(&self, out: &Out, format: Format) -> Result<Destination, Failure> {
        let Some(file) = &self.output else {
            let is_text = matches!(format, Format::Jsonl | Format::Csv);
            return match out.is_terminal() {
                true if !is_text => Err(Failure::usage(
                    "a terminal cannot show this format: name a file by -o, or say > FILE",
                )),
                true if format == Format::Jsonl => Ok(Destination::output(Some(json_shown))),
                true => Ok(Destination::output(Some(text_shown))),
                false => Ok(Destination::output(None)),
            };
        };
        Destination::file(file, self.force).map_err(|error| {
            let message = format!("cannot write {}: {error}", file.display());
            match error.kind() {
                io::ErrorKind::AlreadyExists | io::ErrorKind::IsADirectory => {
                    Failure::usage(message)
                }
                _ => Failure::store(message),
            }
        })
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
            let ending = self.output.as_deref().and_then(FilePath::extension);
            let why = match ending {
                Some(ending) => format!("`.{}` tells no format; ", ending.display()),
                None => String::new(),
            };
            Failure::usage(format!(
                "{why}say by --format what to write: jsonl, csv, parquet or sqlite"
            ))
        })?;
        if format == Format::Parquet && !cfg!(feature = "parquet") {
            return Err(Failure::usage(
                "this program was built without Parquet; build it with the feature `parquet` of scrapeflow",
            ));
        }
        Ok(format)
    }
}

/// Why an export could not be written; that a pipe was closed is no failure, whatever writer of a format was told first.
fn cannot(to: &Destination) -> impl Fn(io::Error) -> Failure + use<> {
    let to = to.name().to_owned();
    move |error| {
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(cause) = next {
            let is_closed = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
            if cause.downcast_ref().is_some_and(is_closed) {
                return Failure::nobody_reads();
            }
            next = cause.source();
        }
        Failure::store(format!("cannot write {to}: {error}"))
    }
}

/// Rows as they come: each line says itself what is in it.
async fn stream(
    store: &Arc<dyn Store>,
    selected: &Arc<Selected>,
    columns: Option<Vec<Path>>,
    mut to: Destination,
    told: &mut Told,
) -> Result<(), Failure> {
    let cannot = cannot(&to);
    let columns = columns.map(named);
    let mut rows = std::pin::pin!(selected.gather(store, move |row, lines: &mut String| {
        add(members(row, columns.as_deref()), lines);
    }));
    while let Some(some) = rows.try_next().await? {
        to.write_text(&told.take(some)).map_err(&cannot)?;
    }
    told.check()?;
    to.finish().map_err(&cannot)
}

/// Rows once all have been seen, those that aren't meant included, so that types and columns are the same whatever is.
async fn write(
    store: &Arc<dyn Store>,
    selected: &Arc<Selected>,
    columns: Option<Vec<Path>>,
    format: Format,
    mut to: Destination,
    told: &mut Told,
) -> Result<(), Failure> {
    let cannot = cannot(&to);
    let are_named = columns.is_some();
    let columns = columns.map(named);
    let mut spill = Spill::beside(&to).map_err(&cannot)?;
    // Also where there are no rows.
    match &columns {
        Some(columns) => columns
            .iter()
            .for_each(|(name, _)| spill.fields.expect(name)),
        None => spill.fields.expect("key"),
    }
    let each = move |row: &Row<'_>, is_meant: bool, (lines, fields): &mut Lines| {
        let members = members(row, columns.as_deref());
        fields.observe(members.iter().copied());
        if is_meant {
            add(members, lines);
        }
    };
    let mut rows = std::pin::pin!(selected.gather_all(store, each));
    while let Some(some) = rows.try_next().await? {
        let (lines, fields) = told.take(some);
        spill.add(&lines, fields).map_err(&cannot)?;
    }
    told.check()?;
    spill.fields.settle();
    told.mixed = spill.fields.mixed(are_named);
    match format {
        Format::Csv => csv::write(spill, are_named, &mut to)
            .await
            .map_err(&cannot)?,
        Format::Sqlite => {
            told.renamed = sqlite::write(spill, are_named, to).await.map_err(&cannot)?;
            return Ok(());
        }
        #[cfg(feature = "parquet")]
        Format::Parquet => {
            let written = crate::export::parquet::write(spill, &mut to).await;
            written.map_err(&cannot)?;
        }
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => {}
        Format::Jsonl => {}
    }
    to.finish().map_err(&cannot)
}

/// Chosen columns are called by their paths.
fn named(paths: Vec<Path>) -> Vec<(String, Path)> {
    let named = paths.into_iter().map(|path| (path.to_string(), path));
    named.collect()
}

/// The columns of a row, each with its place among all.
fn members<'r>(
    row: &'r Row<'_>,
    columns: Option<&'r [(String, Path)]>,
) -> Vec<(&'r str, Option<Value<'r>>)> {
    match columns {
        None => {
            let fields = row.fields();
            fields.map(|(name, value)| (name, Some(value))).collect()
        }
        Some(columns) => {
            let columns = columns.iter();
            columns
                .map(|(name, path)| (name.as_str(), row.get(path)))
                .collect()
        }
    }
}

/// Adds a row as a line of JSON.
fn add(members: Vec<(&str, Option<Value<'_>>)>, lines: &mut String) {
    write_object(members, lines);
    lines.push('\n');
}

/// What is said when all is written.
#[derive(Debug)]
struct Told {
    explode: Option<String>,
    rows: u64,
    lists: u64,
    without: u64,
    broken: Unreadable,
    mixed: Vec<String>,
    renamed: Vec<(String, String)>,
}

impl Told {
    fn new(explode: Option<String>) -> Self {
        Self {
            explode,
            rows: 0,
            lists: 0,
            without: 0,
            broken: Unreadable::default(),
            mixed: Vec::new(),
            renamed: Vec::new(),
        }
    }

    fn take<T>(&mut self, some: Batch<Made<T>>) -> T {
        self.rows += some.made.count;
        self.lists += some.made.lists;
        self.without += some.made.without;
        self.broken.add(some.broken);
        some.made.of_rows
    }

    /// All rows have been seen.
    fn check(&self) -> Result<(), Failure> {
        match &self.explode {
            Some(list) if self.lists == 0 && self.without > 0 => Err(Failure::usage(format!(
                "--explode: `{list}` is no list in any task; leave it away for a row a task"
            ))),
            _ => Ok(()),
        }
    }

    fn tell(self, out: &mut Out) -> Result<u8, Failure> {
        let mut said = counted(self.rows, "row", "rows");
        if let Some(list) = self.explode.filter(|_| self.without > 0) {
            let (tasks, have) = (
                counted(self.without, "task", "tasks"),
                if self.without == 1 { "has" } else { "have" },
            );
            let _ = write!(
                said,
                "; {tasks} {have} nothing in a list `{list}`, and no row"
            );
        }
        out.say(&said);
        if !self.mixed.is_empty() {
            out.warn(&shown(&format!(
                "as JSON, since their values go into no one type: {}",
                self.mixed.join(", ")
            )));
        }
        for (name, other) in &self.renamed {
            out.warn(&shown(&format!(
                "the column `{name}` is `{other}` there: columns of SQLite differ by more than case"
            )));
        }
        self.broken.told(out)
    }
}
