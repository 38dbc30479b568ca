//! `reset`: makes executors run again.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use futures::TryStreamExt;

use super::exit::Failure;
use super::out::{Out, counted};
use super::place::{Unreadable, open};
use super::select::{Select, executors};
use crate::rows::columns::columns;
use crate::rows::kind::Fields;
use crate::rows::{Path, Row, Value};
use crate::status::merge::{News, merge};
use crate::status::{Layout, Status, is_failure};
use crate::store::{Durability, Store};
use crate::task::Key;
use crate::workflow::nearest;

/// Makes executors run again next time
///
/// Takes away how they ended, so that the next run runs them; what they made stays until it does. Executors that read their
/// output run again only where it comes out different.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  scrapeflow reset pages --executor parse --dry-run
  scrapeflow reset pages --executor scrape --failed
  scrapeflow reset pages --executor parse --where 'parse.price is null'")]
pub(super) struct ResetCommand {
    /// The directory of a run
    dir: PathBuf,
    /// Which executors; given again, further ones
    #[arg(long, required = true, value_name = "NAME")]
    executor: Vec<String>,
    /// Only where the executor's last run failed
    #[arg(long)]
    failed: bool,
    /// Only tasks for which this is true, as of `ls`
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    /// Says how many it would be, and changes nothing
    #[arg(long)]
    dry_run: bool,
}

/// Tasks that are meant.
#[derive(Debug, Default)]
struct Meant {
    keys: Vec<Key>,
}

impl ResetCommand {
    pub(super) async fn run(self, out: &mut Out) -> Result<u8, Failure> {
        let store = open(&self.dir, out).await?;
        // Nobody else may write from when tasks are chosen, and nothing half done is left if it ends here.
        let _lease = if self.dry_run {
            None
        } else {
            Some(store.begin(Durability::default()).await?)
        };
        self.check_names(&store).await?;
        let select = Select {
            failed: false,
            condition: self.condition.clone(),
        };
        let selected = Arc::new(select.of(&store, &[], None).await?);
        let fields = self.executor.iter();
        let fields: Vec<Path> = fields
            .map(|name| Path::new([format!("{name}_status")]))
            .collect();
        let only_failed = self.failed;
        let mut rows = std::pin::pin!(selected.gather(&store, move |row, meant: &mut Meant| {
            if fields.iter().any(|field| ran(row, field, only_failed)) {
                let key = row.get(&Path::new(["key"])).and_then(Value::text);
                meant.keys.extend(key.and_then(|key| Key::new(&*key).ok()));
            }
        }));
        let mut keys: Vec<Key> = Vec::new();
        let mut broken = Unreadable::default();
        while let Some(some) = rows.try_next().await? {
            broken.add(some.broken);
            keys.extend(some.made.of_rows.keys);
        }
        let how_many = self.how_many(keys.len() as u64);
        if self.dry_run {
            out.data(&(how_many + "\n"))?;
        } else {
            out.say(&how_many);
            self.change(&store, &keys, &mut broken).await?;
        }
        broken.told(out)
    }

    /// Executors are those of which any task has something.
    async fn check_names(&self, store: &Arc<dyn Store>) -> Result<(), Failure> {
        let is_known = |columns: &Fields, name: &String| {
            let ends = ["", "_status", "_last_run", "_meta"];
            let mut fields = ends.iter().map(|end| format!("{name}{end}"));
            fields.any(|field| columns.get(&field).is_some())
        };
        let all_known = |columns: &Fields| self.executor.iter().all(|name| is_known(columns, name));
        let columns = columns(store, all_known).await?;
        let mut unknown = self
            .executor
            .iter()
            .filter(|name| !is_known(&columns, name));
        // In a store without tasks nothing is known, and nothing to be reset.
        let Some(unknown) = unknown.next().filter(|_| !columns.is_empty()) else {
            return Ok(());
        };
        let known = executors(&columns);
        let mut message = format!("no task has run an executor `{unknown}`");
        if !known.is_empty() {
            let _ = write!(message, "; there are `{}`", known.join("`, `"));
        }
        if let Some(nearest) = nearest(unknown, known.iter().map(String::as_str)) {
            let _ = write!(message, "; did you mean `{nearest}`?");
        }
        Err(Failure::usage(message))
    }

    fn how_many(&self, count: u64) -> String {
        let executors = self.executor.join("`, `");
        let tasks = counted(count, "task", "tasks");
        if self.dry_run {
            format!("`{executors}` would run again on {tasks}; --dry-run changes nothing")
        } else {
            format!("`{executors}` will run again on {tasks}")
        }
    }

    async fn change(
        &self,
        store: &Arc<dyn Store>,
        keys: &[Key],
        broken: &mut Unreadable,
    ) -> Result<(), Failure> {
        let layout = Arc::new(Layout::new(self.executor.iter().map(String::as_str)));
        for key in keys {
            let Some(bytes) = store.read(key).await? else {
                continue;
            };
            // What a run could not read is left as it is.
            let status = match Status::read(key.clone(), layout.clone(), bytes) {
                Ok(status) => status,
                Err(why) => {
                    broken.add([(Some(key.clone()), why.why)]);
                    continue;
                }
            };
            let is_meant = |step: &usize| {
                let message = status.record(*step).status;
                message.is_some_and(|message| !self.failed || is_failure(&message))
            };
            let reset: Vec<usize> = (0..self.executor.len()).filter(is_meant).collect();
            let news = News {
                reset: &reset,
                ..News::default()
            };
            let changed = merge(&status, &news);
            store.save(key, changed.as_str(), Vec::new()).await?;
        }
        Ok(())
    }
}

fn ran(row: &Row<'_>, field: &Path, only_failed: bool) -> bool {
    let message = row.get(field).and_then(Value::text);
    message.is_some_and(|message| !only_failed || is_failure(&message))
}
