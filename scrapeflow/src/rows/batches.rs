//! Reading a store's statuses on all cores, some at a time.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, BoxStream, Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::store::{Store, StoreError, StoreErrorKind};
use crate::task::Key;

/// Statuses that a thread reads at once: enough to make handing them over cheap, few enough to see the first at once.
const TOGETHER: usize = 256;

/// After so many bytes of them, what was made is handed over before.
const PART: usize = 512 * 1024;

/// A status that cannot be read: its key, where it has one, and why.
pub(crate) type Broken = (Option<Key>, String);

/// What was made of some of a store's statuses.
#[derive(Debug, Default)]
pub(crate) struct Batch<T> {
    pub(crate) made: T,
    pub(crate) broken: Vec<Broken>,
}

/// What `each` makes of all statuses of a store, some at a time and in the store's order; it says why a status is broken. They are
/// read and worked on by as many threads as the runtime has.
pub(crate) fn batches<T, F>(
    store: &Arc<dyn Store>,
    each: F,
) -> impl Stream<Item = Result<Batch<T>, StoreError>> + Send + '_
where
    T: Default + Send + 'static,
    F: Fn(&mut T, &Key, &Bytes) -> Result<(), String> + Send + Sync + 'static,
{
    batches_of(store, store.keys(), each)
}

/// The same of these keys.
pub(crate) fn batches_of<'s, T, F>(
    store: &'s Arc<dyn Store>,
    keys: BoxStream<'s, Result<Key, StoreError>>,
    each: F,
) -> impl Stream<Item = Result<Batch<T>, StoreError>> + Send + 's
where
    T: Default + Send + 'static,
    F: Fn(&mut T, &Key, &Bytes) -> Result<(), String> + Send + Sync + 'static,
{
    let each = Arc::new(each);
    // One more than threads, so that none waits while the first in the order is taken.
    let at_once = tokio::runtime::Handle::current().metrics().num_workers() + 1;
    let begin = move |keys| Work::begin(store.clone(), keys, each.clone());
    let keys = keys.ready_chunks(TOGETHER).map(begin);
    let state = (keys.fuse(), VecDeque::with_capacity(at_once));
    stream::unfold(state, move |(mut keys, mut at_work)| async move {
        loop {
            while at_work.len() < at_once
                && let Some(work) = keys.next().await
            {
                at_work.push_back(work);
            }
            let first: &mut Work<T> = at_work.front_mut()?;
            if let Some(batch) = first.next().await {
                return Some((batch, (keys, at_work)));
            }
            at_work.pop_front();
        }
    })
}

/// A thread's work, and what it has made.
struct Work<T> {
    made: mpsc::Receiver<Batch<T>>,
    task: Option<JoinHandle<Result<(), StoreError>>>,
}

impl<T: Default + Send + 'static> Work<T> {
    fn begin<F>(store: Arc<dyn Store>, keys: Vec<Result<Key, StoreError>>, each: Arc<F>) -> Self
    where
        F: Fn(&mut T, &Key, &Bytes) -> Result<(), String> + Send + Sync + 'static,
    {
        let (to, made) = mpsc::channel(1);
        let task = tokio::spawn(async move { work(&*store, keys, &*each, &to).await });
        Self {
            made,
            task: Some(task),
        }
    }

    /// The next part; `None` when all is done.
    async fn next(&mut self) -> Option<Result<Batch<T>, StoreError>> {
        if let Some(batch) = self.made.recv().await {
            return Some(Ok(batch));
        }
        match self.task.take()?.await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(Err(error)),
            Err(ended) => {
                if let Ok(panic) = ended.try_into_panic() {
                    std::panic::resume_unwind(panic);
                }
                let ended = io::Error::other("no runtime");
                Some(Err(StoreError::io("the runtime ended", ended)))
            }
        }
    }
}

/// Whoever waited for it has gone.
impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

async fn work<T: Default>(
    store: &dyn Store,
    keys: Vec<Result<Key, StoreError>>,
    each: &(impl Fn(&mut T, &Key, &Bytes) -> Result<(), String> + Sync),
    to: &mpsc::Sender<Batch<T>>,
) -> Result<(), StoreError> {
    let mut batch = Batch::default();
    let mut bytes = 0;
    for key in keys {
        let key = match key {
            Ok(key) => key,
            Err(error) if error.kind() == StoreErrorKind::Broken => {
                batch.broken.push((None, error.to_string()));
                continue;
            }
            Err(error) => return Err(error),
        };
        match store.read(&key).await {
            Ok(Some(status)) => {
                bytes += status.len();
                if let Err(why) = each(&mut batch.made, &key, &status) {
                    batch.broken.push((Some(key), why));
                }
            }
            // Taken away since it was listed.
            Ok(None) => {}
            Err(error) if error.kind() == StoreErrorKind::Broken => {
                batch.broken.push((Some(key), error.to_string()));
            }
            Err(error) => return Err(error),
        }
        if bytes >= PART {
            bytes = 0;
            if to.send(std::mem::take(&mut batch)).await.is_err() {
                return Ok(());
            }
        }
    }
    // Where nobody listens any more, nobody misses it.
    let _ = to.send(batch).await;
    Ok(())
}
