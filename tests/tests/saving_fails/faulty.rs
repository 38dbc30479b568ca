//! A store in front of another that fails from one call on, as a full disk does.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::future::{self, BoxFuture};
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, TryStreamExt};
use scrapeflow::prelude::*;
use scrapeflow::store::{BodyName, BodyStat, Lease, Staged, Store, StoreError};

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Read,
    Stage,
    Write,
    Finish,
    Publish,
    Save,
}

impl Op {
    /// With how often each is called for three new tasks of `Titles`.
    pub(crate) const ALL: [(Self, usize); 6] = [
        (Self::Read, 3),
        (Self::Stage, 3),
        (Self::Write, 6),
        (Self::Finish, 3),
        (Self::Publish, 3),
        (Self::Save, 6),
    ];
}

pub(crate) struct Faulty {
    inner: Arc<dyn Store>,
    fault: Fault,
}

#[derive(Clone)]
struct Fault {
    /// What fails, and after how many calls.
    at: Option<(Op, usize)>,
    calls: Arc<AtomicUsize>,
}

impl Fault {
    fn pass(&self, op: Op) -> Result<(), StoreError> {
        match self.at {
            Some((at, nth)) if at == op && self.calls.fetch_add(1, Ordering::Relaxed) >= nth => {
                Err(StoreError::io(
                    "no room in here",
                    io::ErrorKind::StorageFull.into(),
                ))
            }
            _ => Ok(()),
        }
    }
}

impl Faulty {
    pub(crate) fn new(inner: Arc<dyn Store>, at: Option<(Op, usize)>) -> Self {
        let calls = Arc::default();
        Self {
            inner,
            fault: Fault { at, calls },
        }
    }
}

/// All of a body that is there at once.
pub(crate) fn bytes(body: BoxStream<'_, Result<Bytes, StoreError>>) -> Vec<u8> {
    let chunks = body.try_collect::<Vec<_>>().now_or_never();
    chunks.expect("these stores don't wait").unwrap().concat()
}

impl Store for Faulty {
    fn begin(&self, durability: Durability) -> BoxFuture<'_, Result<Lease, StoreError>> {
        // Doesn't let on that it is empty, so that statuses are looked for.
        let lease = self.inner.begin(durability);
        lease.map(|lease| lease.map(Lease::new)).boxed()
    }

    fn read<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        match self.fault.pass(Op::Read) {
            Ok(()) => self.inner.read(key),
            Err(error) => future::ready(Err(error)).boxed(),
        }
    }

    fn save<'a>(
        &'a self,
        key: &'a Key,
        status: &'a str,
        bodies: Vec<Box<dyn Staged>>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        match self.fault.pass(Op::Save) {
            Ok(()) => self.inner.save(key, status, bodies),
            Err(error) => future::ready(Err(error)).boxed(),
        }
    }

    fn stage<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Box<dyn Staged>, StoreError>> {
        async move {
            self.fault.pass(Op::Stage)?;
            let inner = self.inner.stage(name).await?;
            let fault = self.fault.clone();
            Ok(Box::new(FaultyStaged { inner, fault }) as Box<dyn Staged>)
        }
        .boxed()
    }

    fn open<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BoxStream<'a, Result<Bytes, StoreError>>>, StoreError>> {
        self.inner.open(name)
    }

    fn stat<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BodyStat>, StoreError>> {
        self.inner.stat(name)
    }

    fn keys(&self) -> BoxStream<'_, Result<Key, StoreError>> {
        self.inner.keys().boxed()
    }

    fn statuses(&self) -> BoxStream<'_, Result<(Key, Bytes), StoreError>> {
        self.inner.statuses()
    }

    fn location(&self) -> String {
        self.inner.location()
    }
}

struct FaultyStaged {
    inner: Box<dyn Staged>,
    fault: Fault,
}

impl Staged for FaultyStaged {
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), StoreError>> {
        match self.fault.pass(Op::Write) {
            Ok(()) => self.inner.write(chunk),
            Err(error) => future::ready(Err(error)).boxed(),
        }
    }

    fn finish(&mut self, md5: Option<&str>) -> BoxFuture<'_, Result<(), StoreError>> {
        match self.fault.pass(Op::Finish) {
            Ok(()) => self.inner.finish(md5),
            Err(error) => future::ready(Err(error)).boxed(),
        }
    }

    fn publish(self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>> {
        match self.fault.pass(Op::Publish) {
            Ok(()) => self.inner.publish(),
            Err(error) => future::ready(Err(error)).boxed(),
        }
    }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Faulty({:?})", self.inner)
    }
}
