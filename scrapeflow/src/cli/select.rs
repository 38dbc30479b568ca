//! Which rows a command is about: `--where`, `--failed`, `--explode`.

use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use futures::stream::{BoxStream, Stream, StreamExt};

use super::exit::Failure;
use crate::rows::columns::columns;
use crate::rows::filter::{Evaluator, Filter};
use crate::rows::kind::Fields;
use crate::rows::{Batch, Path, Row, Shape, batches_of};
use crate::status::is_failure;
use crate::store::{Store, StoreError};
use crate::task::Key;

#[derive(Debug, Clone, Default, Args)]
pub(super) struct Select {
    /// Only tasks of which an executor's last run failed
    #[arg(long)]
    pub(super) failed: bool,
    /// Only rows for which this is true: an expression of SQLite's, with columns by dotted path, such as
    /// 'scrape.size > 1000 and parse_status = "SUCCESS"'
    #[arg(long = "where", value_name = "CONDITION")]
    pub(super) condition: Option<String>,
}

/// What is selected, checked against the columns that there are.
#[derive(Debug)]
pub(super) struct Selected {
    failed: bool,
    filter: Option<Filter>,
    explode: Option<Path>,
    /// One for each thread that is at work.
    evaluators: Mutex<Vec<Evaluator>>,
    /// Those that were met until all that are asked about were.
    pub(super) columns: Fields,
}

/// What was made of some rows.
#[derive(Debug, Default)]
pub(super) struct Made<T> {
    pub(super) of_rows: T,
    /// Rows that were meant.
    pub(super) count: u64,
    /// Tasks with a list to explode.
    pub(super) lists: u64,
    /// Tasks that are meant and have no list, or an empty one.
    pub(super) without: u64,
    wrong: Option<String>,
}

impl Select {
    /// Checks the condition and the names of `others`, further columns that are asked about.
    pub(super) async fn of(
        &self,
        store: &Arc<dyn Store>,
        others: &[Path],
        explode: Option<Path>,
    ) -> Result<Selected, Failure> {
        let filter = self.condition.as_deref().map(Filter::new).transpose();
        let filter = filter.map_err(|wrong| Failure::usage(format!("--where: {wrong}")))?;
        let in_filter = filter.as_ref().map(Filter::columns).unwrap_or_default();
        // What is in the elements of a list stands in its place.
        let exploded = |mut columns: Fields| {
            if let Some(list) = &explode {
                columns.explode(list);
            }
            columns
        };
        let are_met = |columns: &Fields| {
            let columns = exploded(columns.clone());
            let mut asked = in_filter.iter().chain(others).chain(&explode);
            asked.all(|path| columns.has(path))
        };
        let columns = exploded(columns(store, are_met).await?);
        // In a store without tasks nothing is known, and nothing asked for.
        if !columns.is_empty() {
            for path in others.iter().chain(&explode) {
                if !columns.has(path) {
                    return Err(Failure::usage(columns.unknown(path)));
                }
            }
            for path in &in_filter {
                if let Some(filter) = filter.as_ref().filter(|_| !columns.has(path)) {
                    let wrong = filter.unknown(path, columns.unknown(path));
                    return Err(Failure::usage(format!("--where: {wrong}")));
                }
            }
        }
        Ok(Selected {
            failed: self.failed,
            filter,
            explode,
            evaluators: Mutex::default(),
            columns,
        })
    }
}

impl Selected {
    /// What comes of giving the rows that are meant to `each`, some at a time, in the store's order.
    pub(super) fn gather<'s, T, F>(
        self: &Arc<Self>,
        store: &'s Arc<dyn Store>,
        each: F,
    ) -> impl Stream<Item = Result<Batch<Made<T>>, Failure>> + Send + 's
    where
        T: Default + Send + 'static,
        F: Fn(&Row<'_>, &mut T) + Send + Sync + 'static,
    {
        // Those that failed, where the store knows them.
        let failed = store.failed().filter(|_| self.failed);
        let keys = failed.unwrap_or_else(|| store.keys());
        self.gather_of(store, keys, move |row, meant, of_rows| {
            if meant {
                each(row, of_rows);
            }
        })
    }

    /// The same of all rows, with whether each is meant.
    pub(super) fn gather_all<'s, T, F>(
        self: &Arc<Self>,
        store: &'s Arc<dyn Store>,
        each: F,
    ) -> impl Stream<Item = Result<Batch<Made<T>>, Failure>> + Send + 's
    where
        T: Default + Send + 'static,
        F: Fn(&Row<'_>, bool, &mut T) + Send + Sync + 'static,
    {
        self.gather_of(store, store.keys(), each)
    }

    fn gather_of<'s, T, F>(
        self: &Arc<Self>,
        store: &'s Arc<dyn Store>,
        keys: BoxStream<'s, Result<Key, StoreError>>,
        each: F,
    ) -> impl Stream<Item = Result<Batch<Made<T>>, Failure>> + Send + 's
    where
        T: Default + Send + 'static,
        F: Fn(&Row<'_>, bool, &mut T) + Send + Sync + 'static,
    {
        let selected = self.clone();
        let gathered = batches_of(store, keys, move |made: &mut Made<T>, key, status| {
            if made.wrong.is_some() {
                return Ok(());
            }
            let evaluator = selected.evaluator();
            let read = Row::with(key, status, |row| {
                selected.of_row(row, evaluator.as_ref(), made, &each)
            });
            selected.take_back(evaluator);
            if let Err(wrong) = read? {
                made.wrong = Some(format!("--where: task `{key}`: {wrong}"));
            }
            Ok(())
        });
        gathered.map(|gathered: Result<Batch<Made<T>>, StoreError>| {
            let mut gathered = gathered?;
            match gathered.made.wrong.take() {
                Some(wrong) => Err(Failure::usage(wrong)),
                None => Ok(gathered),
            }
        })
    }

    fn of_row<T>(
        &self,
        row: &mut Row<'_>,
        evaluator: Option<&Evaluator>,
        made: &mut Made<T>,
        each: impl Fn(&Row<'_>, bool, &mut T),
    ) -> Result<(), String> {
        let is_meant = |row: &Row<'_>| match evaluator {
            _ if self.failed && !has_failed(row) => Ok(false),
            Some(evaluator) => evaluator.is_true(row),
            None => Ok(true),
        };
        let mut wrong = Ok(());
        let mut one = |row: &Row<'_>| match is_meant(row) {
            Ok(is_meant) => {
                made.count += u64::from(is_meant);
                each(row, is_meant, &mut made.of_rows);
            }
            Err(why) => wrong = Err(why),
        };
        let Some(list) = &self.explode else {
            one(row);
            return wrong;
        };
        let elements = row.explode(list, one);
        wrong?;
        made.lists += u64::from(elements.is_some());
        if elements.is_none_or(|elements| elements == 0) && is_meant(row)? {
            made.without += 1;
        }
        Ok(())
    }

    fn evaluator(&self) -> Option<Evaluator> {
        let filter = self.filter.as_ref()?;
        let mut idle = self
            .evaluators
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let idle = idle.pop();
        Some(idle.unwrap_or_else(|| filter.evaluator().expect("it could be made before")))
    }

    fn take_back(&self, evaluator: Option<Evaluator>) {
        let mut idle = self
            .evaluators
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        idle.extend(evaluator);
    }
}

/// Whether the last run of one of a task's executors failed.
fn has_failed(row: &Row<'_>) -> bool {
    row.fields().any(|(name, value)| {
        let message = name.strip_suffix("_status").and_then(|_| value.text());
        message.is_some_and(|message| is_failure(&message))
    })
}

/// The names of the executors that have left a message.
pub(super) fn executors(columns: &Fields) -> Vec<String> {
    let names = columns.iter().map(|(name, _)| name);
    let executors = names.filter_map(|name| name.strip_suffix("_status"));
    executors.map(str::to_owned).collect()
}

/// A value as a cell of a table: texts as they are, the rest as JSON, and nothing for what there isn't.
pub(super) fn cell(row: &Row<'_>, path: &Path) -> String {
    match row.get(path) {
        None => String::new(),
        Some(value) => match value.shape() {
            Shape::Null => String::new(),
            Shape::Text(_) => value.text().unwrap_or_default().into_owned(),
            _ => value.json(),
        },
    }
}
