//! `ls`: a row a task.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use futures::TryStreamExt;

use super::exit::Failure;
use super::out::{Out, json_shown, shown};
use super::place::{Unreadable, open};
use super::select::{Select, Selected, cell, executors};
use super::table::Listing;
use crate::rows::{Path, Row, Shape, write_object};
use crate::store::Store;

/// Lists tasks, a row each
///
/// On a terminal rows are cut to its width; elsewhere tabs stand between their cells, uncut.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  scrapeflow ls pages --failed
  scrapeflow ls pages --where 'scrape.size > 1000 and parse_status = \"SUCCESS\"'
  scrapeflow ls pages --columns key,scrape.size --sort scrape.size --reverse --limit 10")]
pub(super) struct LsCommand {
    /// The directory of a run
    dir: PathBuf,
    #[command(flatten)]
    select: Select,
    /// Columns by dotted path, with commas between: key, params.url and how each executor ended unless given
    #[arg(long, value_name = "COLUMNS")]
    columns: Option<String>,
    /// Sorts by this column: numbers by size, before texts; tasks without any last. As the directory has them unless given
    #[arg(long, value_name = "COLUMN")]
    sort: Option<String>,
    /// Sorts the other way round
    #[arg(long, requires = "sort")]
    reverse: bool,
    /// At most so many rows
    #[arg(long, value_name = "ROWS")]
    limit: Option<usize>,
    /// Prints a JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

/// A task as it is listed.
struct Listed {
    /// As cells, or as JSON.
    cells: Vec<String>,
    sort: Sort,
}

/// Tasks that are meant.
#[derive(Default)]
struct Found {
    rows: Vec<Listed>,
    /// How executors ended of which nothing was known when the columns were chosen.
    others: BTreeSet<String>,
}

impl Found {
    fn note_others(&mut self, row: &Row<'_>, head: &[String]) {
        let statuses = row.fields().map(|(name, _)| name);
        let statuses = statuses.filter(|name| name.ends_with("_status"));
        for name in statuses {
            let shown = || Path::new([name]).to_string();
            if !head.iter().any(|of| of == name || *of == shown()) && !self.others.contains(name) {
                self.others.insert(shown());
            }
        }
    }
}

/// By what a row is sorted.
#[derive(Debug, PartialEq)]
enum Sort {
    Number(f64),
    Text(String),
    Nothing,
}

impl LsCommand {
    pub(super) async fn run(self, out: &mut Out) -> Result<u8, Failure> {
        let store = open(&self.dir, out).await?;
        let columns = self.columns.as_deref().map(Path::read_list).transpose();
        let columns = columns.map_err(|wrong| Failure::usage(format!("--columns: {wrong}")))?;
        let sort = self.sort.as_deref().map(Path::read_list).transpose();
        let sort = sort.map_err(|wrong| Failure::usage(format!("--sort: {wrong}")))?;
        let sort = match sort.as_deref() {
            None => None,
            Some([path]) => Some(path.clone()),
            Some(_) => return Err(Failure::usage("--sort: rows are sorted by one column")),
        };
        let asked: Vec<Path> = columns.iter().flatten().chain(&sort).cloned().collect();
        let selected = Arc::new(self.select.of(&store, &asked, None).await?);
        let columns = columns.unwrap_or_else(|| usual(&selected));
        self.list(out, &store, &selected, columns, sort).await
    }

    async fn list(
        self,
        out: &mut Out,
        store: &Arc<dyn Store>,
        selected: &Arc<Selected>,
        columns: Vec<Path>,
        sort: Option<Path>,
    ) -> Result<u8, Failure> {
        let head: Vec<String> = columns.iter().map(ToString::to_string).collect();
        let mut listing = (!self.json).then(|| Listing::new(head.clone()));
        let is_sorted = sort.is_some();
        let (as_json, is_usual) = (self.json, self.columns.is_none());
        let mut rows = std::pin::pin!(selected.gather(store, move |row, found: &mut Found| {
            if is_usual {
                found.note_others(row, &head);
            }
            found.rows.push(Listed {
                cells: if as_json {
                    vec![object(row, &head, &columns)]
                } else {
                    columns.iter().map(|path| cell(row, path)).collect()
                },
                sort: sort
                    .as_ref()
                    .map_or(Sort::Nothing, |path| Sort::of(row, path)),
            });
        }));
        let mut left = self.limit.unwrap_or(usize::MAX);
        let mut broken = Unreadable::default();
        let mut all: Vec<Listed> = Vec::new();
        let mut others = BTreeSet::new();
        while left > 0
            && let Some(some) = rows.try_next().await?
        {
            broken.add(some.broken);
            let found = some.made.of_rows;
            others.extend(found.others);
            if is_sorted {
                all.extend(found.rows);
                self.keep_first(&mut all, false);
            } else {
                let taken: Vec<_> = found.rows.into_iter().take(left).collect();
                left -= taken.len();
                print(out, &mut listing, taken)?;
            }
        }
        if is_sorted {
            self.keep_first(&mut all, true);
            print(out, &mut listing, all)?;
        }
        if let Some(listing) = listing {
            listing.end(out)?;
        }
        out.flush()?;
        if !others.is_empty() {
            // Rows were shown before it was met.
            let others: Vec<String> = others.into_iter().collect();
            out.warn(&shown(&format!(
                "some of these tasks have further columns: say --columns {}",
                others.join(",")
            )));
        }
        broken.told(out)
    }

    /// Sorts what there is, and forgets what is past the limit; until the end only where that is much.
    fn keep_first(&self, rows: &mut Vec<Listed>, at_end: bool) {
        const MUCH: usize = 10_000;
        let limit = self.limit.unwrap_or(usize::MAX);
        if !at_end && rows.len() < limit.saturating_add(MUCH) {
            return;
        }
        rows.sort_by(|a, b| a.sort.compare(&b.sort, self.reverse));
        rows.truncate(limit);
    }
}

/// What is listed unless something else is asked for.
fn usual(selected: &Selected) -> Vec<Path> {
    let url = Path::new(["params", "url"]);
    let mut columns = vec![Path::new(["key"])];
    if selected.columns.has(&url) {
        columns.push(url);
    }
    let executors = executors(&selected.columns);
    columns.extend(
        executors
            .iter()
            .map(|name| Path::new([format!("{name}_status")])),
    );
    columns
}

fn print(out: &mut Out, listing: &mut Option<Listing>, rows: Vec<Listed>) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    match listing {
        Some(listing) => {
            let cells: Vec<_> = rows.into_iter().map(|row| row.cells).collect();
            listing.rows(out, &cells)?;
        }
        None => {
            for object in rows.into_iter().flat_map(|row| row.cells) {
                if out.is_terminal() {
                    out.data(&json_shown(&object))?;
                } else {
                    out.data(&object)?;
                }
                out.data("\n")?;
            }
        }
    }
    out.flush()
}

fn object(row: &Row<'_>, names: &[String], columns: &[Path]) -> String {
    let names = names.iter().map(String::as_str);
    let values = columns.iter().map(|path| row.get(path));
    let mut object = String::new();
    write_object(names.zip(values), &mut object);
    object
}

impl Sort {
    fn of(row: &Row<'_>, path: &Path) -> Self {
        let Some(value) = row.get(path) else {
            return Self::Nothing;
        };
        match value.shape() {
            Shape::Null => Self::Nothing,
            Shape::Number(raw) => raw.parse().map_or(Self::Nothing, Self::Number),
            _ => Self::Text(cell(row, path)),
        }
    }

    /// What isn't there comes last either way.
    fn compare(&self, other: &Self, reverse: bool) -> Ordering {
        let order = match (self, other) {
            (Self::Nothing, Self::Nothing) => return Ordering::Equal,
            (Self::Nothing, _) => return Ordering::Greater,
            (_, Self::Nothing) => return Ordering::Less,
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        };
        if reverse { order.reverse() } else { order }
    }
}
