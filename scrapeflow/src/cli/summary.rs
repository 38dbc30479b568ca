//! `summary`: how the executors of a directory's tasks ended.

use std::path::PathBuf;

use clap::Args;
use futures::TryStreamExt;

use super::exit::Failure;
use super::out::Out;
use super::place::{Broken, open};
use super::table::table;
use crate::rows::batches;
use crate::status::summary::Counts;

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
        let mut counts = Counts::default();
        let mut broken = Broken::default();
        let mut counted = std::pin::pin!(batches(&store, |batch| {
            let mut counts = Counts::default();
            let mut broken = batch.broken;
            for (key, status) in batch.statuses {
                if let Err(why) = counts.count(&status) {
                    broken.push((key, why));
                }
            }
            (counts, broken)
        }));
        while let Some((part, of_part)) = counted.try_next().await? {
            counts.merge(&part);
            broken.add(of_part);
        }
        let summary = counts.summary();
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
