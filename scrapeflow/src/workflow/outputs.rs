//! What an executor made of all tasks of a store: what another run may begin with.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;

use crate::error::{Class, Error, Result};
use crate::executor::contract::Executor;
use crate::status::{Layout, Status, Verdict};
use crate::store::{Store, StoreError};
use crate::task::Key;

/// Streams what executor `E` returned for each task on which it succeeded, in no particular order.
///
/// ```
/// use futures::TryStreamExt;
/// use scrapeflow::prelude::*;
/// use scrapeflow::{outputs, store::MemoryStore};
///
/// #[executor]
/// async fn products(shop: Key) -> Result<Vec<String>> {
///     Ok(vec![format!("https://{shop}/lamp"), format!("https://{shop}/vase")])
/// }
/// workflow! { Catalogue = products; }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = MemoryStore::new();
/// let shops = [("a.example", serde_json::json!({}))];
/// Catalogue::in_store(store.clone()).tasks(Tasks::from_pairs(shops)?).run().await?;
///
/// let found: Vec<(Key, Vec<String>)> = outputs::<products>(&store).try_collect().await?;
/// let pages = Tasks::from_urls(found.into_iter().flat_map(|(_, urls)| urls))?;
/// # drop(pages);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If the store cannot be listed; and, without ending the stream, of a status that cannot be read or an output that
/// doesn't fit `E`'s type.
pub fn outputs<E: Executor>(store: &dyn Store) -> BoxStream<'_, Result<(Key, E::Output)>> {
    outputs_of::<E>(store.statuses())
}

/// A status of a store.
type Stored = Result<(Key, Bytes), StoreError>;

pub(super) fn outputs_of<E: Executor>(
    statuses: BoxStream<'_, Stored>,
) -> BoxStream<'_, Result<(Key, E::Output)>> {
    let layout = Arc::new(Layout::new([E::NAME]));
    let output = move |read: Stored| {
        let layout = layout.clone();
        async move {
            let (key, bytes) = match read {
                Ok(read) => read,
                Err(error) => return Some(Err(Error::from(error))),
            };
            let about = |error: Error| error.context(format_args!("task `{key}`"));
            match Status::read(key.clone(), layout, bytes) {
                Ok(status) if status.record(0).verdict() != Verdict::Success => None,
                Ok(status) => match status.output::<E>() {
                    Ok(output) => output.map(|output| Ok((key, output))),
                    Err(error) => Some(Err(about(error))),
                },
                Err(broken) => {
                    let message = format!("its status {}", broken.why);
                    Some(Err(about(Error::recorded(Class::Runtime, message))))
                }
            }
        }
    };
    statuses.filter_map(output).boxed()
}
