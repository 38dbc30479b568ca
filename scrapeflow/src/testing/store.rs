//! A store in memory whose disk takes time, and gets full.

use std::io;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt, TryFutureExt, TryStreamExt};

use super::fault::Fault;
use super::world::World;
use crate::store::{
    BodyName, BodyStat, BodyStream, Durability, Lease, MemoryStore, Staged, Store, StoreError,
};
use crate::task::Key;

/// What was saved in a [`World`]. To read, write or save takes a moment; a save also after it had its effect, so that a run that is killed in
/// between has saved what it was never told of.
#[derive(Debug, Clone)]
pub struct SimulatedStore {
    world: World,
    inner: MemoryStore,
}

impl SimulatedStore {
    pub(super) fn new(world: World, inner: MemoryStore) -> Self {
        Self { world, inner }
    }
}

impl World {
    /// Before something is written.
    async fn disk(&self) -> Result<(), StoreError> {
        let fate = self.fate(|fault| matches!(fault, Fault::SlowDisk | Fault::DiskFull));
        match fate {
            Some(Fault::SlowDisk) => {
                self.note(Fault::SlowDisk);
                self.pass(100, 10_000).await;
            }
            // Rare, since it ends the run.
            Some(Fault::DiskFull) if self.below(20) == 0 => {
                self.note(Fault::DiskFull);
                let full = io::ErrorKind::StorageFull.into();
                return Err(StoreError::io("cannot write in the simulation", full));
            }
            _ => self.pass(0, 5).await,
        }
        Ok(())
    }
}

impl Store for SimulatedStore {
    fn begin(&self, durability: Durability) -> BoxFuture<'_, Result<Lease, StoreError>> {
        self.inner.begin(durability)
    }

    fn read<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        async move {
            self.world.pass(0, 5).await;
            self.inner.read(key).await
        }
        .boxed()
    }

    fn save<'a>(
        &'a self,
        key: &'a Key,
        status: &'a str,
        bodies: Vec<Box<dyn Staged>>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            self.world.disk().await?;
            self.inner.save(key, status, bodies).await?;
            self.world.pass(0, 5).await;
            Ok(())
        }
        .boxed()
    }

    fn stage<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Box<dyn Staged>, StoreError>> {
        async move {
            self.world.disk().await?;
            let inner = self.inner.stage(name).await?;
            let world = self.world.clone();
            Ok(Box::new(OnDisk { world, inner }) as Box<dyn Staged>)
        }
        .boxed()
    }

    fn open<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BodyStream<'a>>, StoreError>> {
        self.inner.open(name)
    }

    fn stat<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BodyStat>, StoreError>> {
        self.inner.stat(name)
    }

    fn keys(&self) -> BoxStream<'_, Result<Key, StoreError>> {
        let statuses = self.statuses();
        statuses.map_ok(|(key, _)| key).boxed()
    }

    /// In the order of keys, since what follows from it has to follow from the seed.
    fn statuses(&self) -> BoxStream<'_, Result<(Key, Bytes), StoreError>> {
        let all = self.inner.statuses().try_collect::<Vec<_>>();
        let sorted = all.map_ok(|mut all| {
            all.sort_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
            stream::iter(all).map(Ok)
        });
        sorted.try_flatten_stream().boxed()
    }

    fn location(&self) -> String {
        "a simulation".to_owned()
    }
}

struct OnDisk {
    world: World,
    inner: Box<dyn Staged>,
}

impl Staged for OnDisk {
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), StoreError>> {
        async move {
            self.world.disk().await?;
            self.inner.write(chunk).await
        }
        .boxed()
    }

    fn finish(&mut self, md5: Option<&str>) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.finish(md5)
    }

    fn publish(self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>> {
        self.inner.publish()
    }
}
