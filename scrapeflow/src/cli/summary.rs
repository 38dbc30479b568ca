//! `summary`: how the executors of a directory's tasks ended.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use futures::TryStreamExt;

use super::exit::Failure;
use super::out::Out;
use super::place::{Unreadable, open};
use super::table::table;
use crate::rows::batches;
use crate::status::summary::{Counts, Summary};
use crate::store::Store;

/// Counts how the executors of all tasks ended
///
/// A row for each message, the commonest first, a column for each executor.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  scrapeflow summary pages\n  scrapeflow summary pages --json | jq .rows[0]"
)]
pub(super) struct SummaryCommand {
    /// The directory of a run
    dir: PathBuf,
    /// Prints JSON instead of a table
    #[arg(long)]
    json: bool,
}

impl SummaryCommand {
    pub(super) async fn run(self, out: &mut Out) -> Result<u8, Failure> {
        let store = open(&self.dir, out).await?;
        let mut broken = Unreadable::default();
        let counts = match store.outcomes() {
            Some(outcomes) => Counts::of_outcomes(outcomes.await?),
            None => count(&store, &mut broken).await?,
        };
        let summary = Summary {
            broken: broken.first().to_vec(),
            ..counts.summary()
        };
        if self.json {
            out.json(&summary)?;
        } else {
            let head: Vec<String> = [String::new()].into_iter().chain(summary.columns).collect();
            let rows = summary.rows.into_iter().map(|(message, counts)| {
                let counts = counts.iter().map(u64::to_string);
                [message].into_iter().chain(counts).collect()
            });
            table(out, &head, rows, 1)?;
        }
        broken.told(out)
    }
}

/// Counts the messages of all statuses.
async fn count(store: &Arc<dyn Store>, broken: &mut Unreadable) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    let mut counted = std::pin::pin!(batches(store, |counts: &mut Counts, _, status| {
        counts.count(status)
    }));
    while let Some(some) = counted.try_next().await? {
        counts.merge(&some.made);
        broken.add(some.broken);
    }
    Ok(counts)
}
