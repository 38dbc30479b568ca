//! Reading a store's statuses on all cores, some hundred at a time.

use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{Stream, StreamExt, TryStreamExt};

use crate::store::{Store, StoreError, StoreErrorKind};
use crate::task::Key;

/// Statuses read together: enough to make handing them over cheap, few enough to see the first at once.
const TOGETHER: usize = 256;

/// Some of a store's statuses, as they are stored.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) statuses: Vec<(Key, Bytes)>,
    /// Those that cannot be read, and why.
    pub(crate) broken: Vec<(Key, String)>,
}

/// What `each` makes of all statuses of a store, a batch at a time and in the store's order. Batches are read and worked
/// on by as many threads as the runtime has.
pub(crate) fn batches<T, F>(
    store: &Arc<dyn Store>,
    each: F,
) -> impl Stream<Item = Result<T, StoreError>> + Send + '_
where
    T: Send + 'static,
    F: Fn(Batch) -> T + Send + Sync + 'static,
{
    let each = Arc::new(each);
    // One more than threads, so that none waits while the first in the order is taken.
    let at_once = tokio::runtime::Handle::current().metrics().num_workers() + 1;
    store
        .keys()
        .ready_chunks(TOGETHER)
        .map(move |keys| {
            let (store, each) = (store.clone(), each.clone());
            async move {
                let keys: Vec<Key> = keys.into_iter().collect::<Result<_, _>>()?;
                let work = tokio::spawn(async move { Ok(each(read(&*store, keys).await?)) });
                match work.await {
                    Ok(made) => made,
                    Err(ended) => match ended.try_into_panic() {
                        Ok(panic) => std::panic::resume_unwind(panic),
                        Err(_) => Err(StoreError::io(
                            "the runtime ended",
                            std::io::Error::other("no runtime"),
                        )),
                    },
                }
            }
        })
        .buffered(at_once)
        .into_stream()
}

async fn read(store: &dyn Store, keys: Vec<Key>) -> Result<Batch, StoreError> {
    let mut batch = Batch::default();
    for key in keys {
        match store.read(&key).await {
            Ok(Some(bytes)) => batch.statuses.push((key, bytes)),
            // Taken away since it was listed.
            Ok(None) => {}
            Err(error) if error.kind() == StoreErrorKind::Broken => {
                batch.broken.push((key, error.to_string()));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(batch)
}
