//! Which tasks of a store ended how: the keys behind a report's counts.

use std::sync::Arc;

use futures::TryStreamExt;
use futures::future::ready;
use futures::stream::{BoxStream, StreamExt};

use super::Workflow;
use crate::report::Outcome;
use crate::status::{Layout, Status, Verdict};
use crate::store::{Store, StoreError, StoreErrorKind};
use crate::task::Key;

/// Streams all keys of a store with how their tasks stand in workflow `W`:
/// [`Succeeded`](Outcome::Succeeded) if all executors have, [`Failed`](Outcome::Failed) if one has failed,
/// [`Incomplete`](Outcome::Incomplete) if one has not run, [`Broken`](Outcome::Broken) if the status cannot
/// be read.
///
/// ```
/// use futures::TryStreamExt;
/// use scrapeflow::prelude::*;
/// use scrapeflow::{outcomes, store::MemoryStore};
///
/// #[executor]
/// async fn parse(key: Key) -> Result<String> {
///     ensure!(key.as_str() != "b", "no b");
///     Ok(key.to_string())
/// }
/// workflow! { Letters = parse; }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let store = MemoryStore::new();
/// let tasks = Tasks::from_pairs([("a", ()), ("b", ())].map(|(key, ())| (key, std::collections::BTreeMap::<String, String>::new())))?;
/// Letters::in_store(store.clone()).tasks(tasks).progress(Progress::Off).run().await?;
///
/// let failed: Vec<Key> = outcomes::<Letters>(&store)
///     .try_filter_map(async |(key, outcome)| Ok((outcome == Outcome::Failed).then_some(key)))
///     .try_collect()
///     .await?;
/// assert_eq!(failed, [Key::new("b")?]);
/// # Ok::<(), Error>(()) }).unwrap();
/// ```
pub fn outcomes<W: Workflow>(
    store: &dyn Store,
) -> BoxStream<'_, Result<(Key, Outcome), StoreError>> {
    let steps = W::steps();
    let count = steps.len();
    let layout = Arc::new(Layout::new(steps.iter().map(|step| step.name)));
    let outcome = move |key: Key| {
        let layout = layout.clone();
        async move {
            let outcome = match store.read(&key).await {
                Ok(None) => return Ok(None),
                Ok(Some(bytes)) => Status::read(key.clone(), layout, bytes)
                    .map_or(Outcome::Broken, |status| stands(&status, count)),
                Err(error) if error.kind() == StoreErrorKind::Broken => Outcome::Broken,
                Err(error) => return Err(error),
            };
            Ok(Some((key, outcome)))
        }
    };
    // What has no key has no outcome.
    let keys = store.keys().filter(|key| {
        let is_broken = matches!(key, Err(error) if error.kind() == StoreErrorKind::Broken);
        ready(!is_broken)
    });
    keys.try_filter_map(outcome).boxed()
}

fn stands(status: &Status, steps: usize) -> Outcome {
    let verdicts = || (0..steps).map(|step| status.record(step).verdict());
    if verdicts().any(|verdict| verdict == Verdict::Error) {
        Outcome::Failed
    } else if verdicts().all(|verdict| verdict == Verdict::Success) {
        Outcome::Succeeded
    } else {
        Outcome::Incomplete
    }
}
