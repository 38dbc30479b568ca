//! `reset`: makes executors run again.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use futures::TryStreamExt;

use super::exit::Failure;
use super::out::Out;
use super::place::{Broken, open};
use super::select::{Select, executors, is_failure};
use crate::rows::{Path, Row, Value};
use crate::status::merge::{News, merge};
use crate::status::{Layout, Status};
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

impl ResetCommand {
    pub(super) async fn run(self, out: &mut Out) -> Result<u8, Failure> {
        let store = open(&self.dir, out).await?;
        let select = Select {
            failed: false,
            condition: self.condition.clone(),
        };
        let fields: Vec<Path> = self
            .executor
            .iter()
            .map(|name| Path::new([format!("{name}_status")]))
            .collect();
        let selected = Arc::new(match select.of(&store, &fields, None).await {
            Ok(selected) => selected,
            Err(wrong) => return Err(self.unknown(&store).await?.unwrap_or(wrong)),
        });
        let only_failed = self.failed;
        let mut rows =
            std::pin::pin!(selected.gather(&store, move |row, keys: &mut Vec<String>| {
                if fields.iter().any(|field| ran(row, field, only_failed)) {
                    let key = row.get(&Path::new(["key"])).and_then(Value::text);
                    keys.extend(key.map(Cow::into_owned));
                }
            }));
        let mut keys: Vec<String> = Vec::new();
        let mut broken = Broken::default();
        while let Some(made) = rows.try_next().await? {
            broken.add(made.broken);
            keys.extend(made.of_rows);
        }
        out.say(&self.how_many(keys.len()));
        if !self.dry_run && !keys.is_empty() {
            self.change(&store, &keys).await?;
        }
        broken.told(out)
    }

    /// What is said of an executor that no task has run.
    async fn unknown(&self, store: &Arc<dyn Store>) -> Result<Option<Failure>, Failure> {
        let columns = crate::rows::columns::columns(store, &[Path::new([" "])]).await?;
        let known = executors(&columns);
        let unknown = self.executor.iter().find(|name| !known.contains(name));
        Ok(unknown.map(|name| {
            let mut message = format!(
                "no task has run an executor `{name}`; there are `{}`",
                known.join("`, `")
            );
            if let Some(nearest) = nearest(name, known.iter().map(String::as_str)) {
                let _ = write!(message, "; did you mean `{nearest}`?");
            }
            Failure::usage(message)
        }))
    }

    fn how_many(&self, count: usize) -> String {
        let executors = self.executor.join("`, `");
        let tasks = if count == 1 { "task" } else { "tasks" };
        if self.dry_run {
            format!("`{executors}` would run again on {count} {tasks}; --dry-run changes nothing")
        } else {
            format!("`{executors}` will run again on {count} {tasks}")
        }
    }

    async fn change(&self, store: &Arc<dyn Store>, keys: &[String]) -> Result<(), Failure> {
        // Nobody else may write meanwhile, and nothing half done is left if it ends here.
        let _lease = store.begin(Durability::default()).await?;
        let layout = Arc::new(Layout::new(self.executor.iter().map(String::as_str)));
        for key in keys {
            let key = Key::new(key)?;
            let Some(bytes) = store.read(&key).await? else {
                continue;
            };
            let status = Status::read(key.clone(), layout.clone(), bytes)
                .map_err(|broken| Failure::store(format!("task `{key}`: {}", broken.why)))?;
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
            store.save(&key, changed.as_str(), Vec::new()).await?;
        }
        Ok(())
    }
}

fn ran(row: &Row<'_>, field: &Path, only_failed: bool) -> bool {
    let message = row.get(field).and_then(Value::text);
    message.is_some_and(|message| !only_failed || is_failure(&message))
}
