//! A kill may come after any write, and hides nothing: from every state that a run left in the store on its
//! way, another run comes to the same end. Also where the store holds successes of the predecessor, which
//! recorded no fingerprints.

use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use scrapeflow::prelude::*;
use scrapeflow::store::{BodyName, BodyStat, Lease, MemoryStore, Staged, Store, StoreError};
use serde_json::{Map, Value, json};

/// What `source` gives.
type Text = Arc<Mutex<&'static str>>;

#[executor]
async fn source(text: State<Text>) -> Result<String> {
    Ok(text.lock().unwrap().to_owned())
}

#[executor]
async fn upper(source: Output<source>) -> Result<String> {
    Ok(source.to_uppercase())
}

#[derive(Serialize, Deserialize)]
struct Suffix {
    suffix: String,
}

#[executor]
async fn shout(upper: Output<upper>, params: Params<Suffix>) -> Result<String> {
    Ok(format!("{}{}", *upper, params.suffix))
}

#[executor]
async fn length(source: Output<source>) -> Result<usize> {
    Ok(source.len())
}

workflow! { Shouts = source -> upper -> shout -> length; }

/// A store that remembers every write.
#[derive(Debug, Clone, Default)]
struct Journal {
    inner: MemoryStore,
    writes: Arc<Mutex<Vec<String>>>,
}

impl Journal {
    async fn with(status: &str) -> Self {
        let journal = Self::default();
        journal.inner.save(&key(), status, vec![]).await.unwrap();
        journal
    }

    fn writes(&self) -> Vec<String> {
        self.writes.lock().unwrap().clone()
    }

    async fn status(&self) -> String {
        let bytes = self.inner.read(&key()).await.unwrap().unwrap();
        String::from_utf8(bytes.into()).unwrap()
    }
}

impl Store for Journal {
    fn begin(&self, durability: Durability) -> BoxFuture<'_, Result<Lease, StoreError>> {
        self.inner.begin(durability)
    }

    fn read<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<bytes::Bytes>, StoreError>> {
        self.inner.read(key)
    }

    fn save<'a>(
        &'a self,
        key: &'a Key,
        status: &'a str,
        bodies: Vec<Box<dyn Staged>>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.writes.lock().unwrap().push(status.to_owned());
        self.inner.save(key, status, bodies)
    }

    fn stage<'a>(&'a self, name: &'a BodyName) -> BoxFuture<'a, Result<Box<dyn Staged>, StoreError>> {
        self.inner.stage(name)
    }

    fn open<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BoxStream<'a, Result<bytes::Bytes, StoreError>>>, StoreError>> {
        self.inner.open(name)
    }

    fn stat<'a>(&'a self, name: &'a BodyName) -> BoxFuture<'a, Result<Option<BodyStat>, StoreError>> {
        self.inner.stat(name)
    }

    fn keys(&self) -> BoxStream<'_, Result<Key, StoreError>> {
        self.inner.keys()
    }

    fn statuses(&self) -> BoxStream<'_, Result<(Key, bytes::Bytes), StoreError>> {
        self.inner.statuses()
    }

    fn location(&self) -> String {
        self.inner.location()
    }
}
