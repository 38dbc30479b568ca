//! A store in memory, for tests and experiments: nothing outlives the process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{self, BoxFuture};
use futures::stream::{self, BoxStream, StreamExt};

use super::{BodyName, BodyStat, BodyStream, Durability, Lease, Staged, Store, StoreError};
use crate::task::Key;

/// Statuses and bodies in memory. Clones share them.
///
/// ```
/// use scrapeflow::{Key, store::{MemoryStore, Store}};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let store = MemoryStore::new();
/// let key = Key::new("a").unwrap();
/// store.save(&key, r#"{"name": "a"}"#, vec![]).await.unwrap();
/// assert_eq!(store.read(&key).await.unwrap().unwrap(), r#"{"name": "a"}"#);
/// # });
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    statuses: Mutex<HashMap<Key, Bytes>>,
    bodies: Mutex<HashMap<BodyName, Bytes>>,
    taken: AtomicBool,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

/// A panic elsewhere leaves a map whole: every change is one insertion.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store for MemoryStore {
    fn begin(&self, _durability: Durability) -> BoxFuture<'_, Result<Lease, StoreError>> {
        let lease = if self.0.taken.swap(true, Ordering::AcqRel) {
            Err(StoreError::in_use(
                "the memory store is in use by another run; wait for it to end",
            ))
        } else {
            let lease = Lease::new(Taken(self.0.clone()));
            let is_empty = lock(&self.0.statuses).is_empty();
            Ok(if is_empty { lease.of_empty() } else { lease })
        };
        future::ready(lease).boxed()
    }

    fn read<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        future::ready(Ok(lock(&self.0.statuses).get(key).cloned())).boxed()
    }

    fn save<'a>(
        &'a self,
        key: &'a Key,
        status: &'a str,
        bodies: Vec<Box<dyn Staged>>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            for body in bodies {
                body.publish().await?;
            }
            lock(&self.0.statuses).insert(key.clone(), Bytes::copy_from_slice(status.as_bytes()));
            Ok(())
        }
        .boxed()
    }

    fn stage<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Box<dyn Staged>, StoreError>> {
        let staged: Box<dyn Staged> = Box::new(StagedInMemory {
            store: self.0.clone(),
            name: name.clone(),
            bytes: Vec::new(),
        });
        future::ready(Ok(staged)).boxed()
    }

    fn open<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BodyStream<'a>>, StoreError>> {
        let body = lock(&self.0.bodies).get(name).cloned();
        future::ready(Ok(body.map(|body| stream::iter([Ok(body)]).boxed()))).boxed()
    }

    fn stat<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BodyStat>, StoreError>> {
        let stat = lock(&self.0.bodies).get(name).map(|body| BodyStat {
            size: body.len() as u64,
            md5: None,
        });
        future::ready(Ok(stat)).boxed()
    }

    fn keys(&self) -> BoxStream<'_, Result<Key, StoreError>> {
        let keys: Vec<Key> = lock(&self.0.statuses).keys().cloned().collect();
        stream::iter(keys).map(Ok).boxed()
    }

    fn statuses(&self) -> BoxStream<'_, Result<(Key, Bytes), StoreError>> {
        let all: Vec<(Key, Bytes)> = lock(&self.0.statuses)
            .iter()
            .map(|(key, status)| (key.clone(), status.clone()))
            .collect();
        stream::iter(all).map(Ok).boxed()
    }

    fn location(&self) -> String {
        "memory".to_owned()
    }
}

struct Taken(Arc<Inner>);

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.taken.store(false, Ordering::Release);
    }
}

struct StagedInMemory {
    store: Arc<Inner>,
    name: BodyName,
    bytes: Vec<u8>,
}

impl Staged for StagedInMemory {
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), StoreError>> {
        self.bytes.extend_from_slice(&chunk);
        future::ready(Ok(())).boxed()
    }

    fn finish(&mut self, _: Option<&str>) -> BoxFuture<'_, Result<(), StoreError>> {
        future::ready(Ok(())).boxed()
    }

    fn publish(self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>> {
        lock(&self.store.bodies).insert(self.name, self.bytes.into());
        future::ready(Ok(())).boxed()
    }
}
