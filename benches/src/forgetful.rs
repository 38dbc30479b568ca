//! A store that forgets, so that what a run itself keeps can be seen.

use bytes::Bytes;
use futures::future::{self, BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, StreamExt};
use scrapeflow::prelude::*;
use scrapeflow::store::{BodyName, BodyStat, Lease, Staged, Store, StoreError};

/// Has never heard of any task.
#[derive(Debug)]
pub struct Forgetful;

type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

fn ready<'a, T: Send + 'a>(value: T) -> Answer<'a, T> {
    future::ready(Ok(value)).boxed()
}

impl Store for Forgetful {
    fn begin(&self, _: Durability) -> Answer<'_, Lease> {
        ready(Lease::new(()))
    }

    fn read<'a>(&'a self, _: &'a Key) -> Answer<'a, Option<Bytes>> {
        ready(None)
    }

    fn save<'a>(&'a self, _: &'a Key, _: &'a str, _: Vec<Box<dyn Staged>>) -> Answer<'a, ()> {
        ready(())
    }

    fn stage<'a>(&'a self, name: &'a BodyName) -> Answer<'a, Box<dyn Staged>> {
        let refused = StoreError::invalid(format!("`{name}` would be forgotten"));
        future::ready(Err(refused)).boxed()
    }

    fn open<'a>(
        &'a self,
        _: &'a BodyName,
    ) -> Answer<'a, Option<BoxStream<'a, Result<Bytes, StoreError>>>> {
        ready(None)
    }

    fn stat<'a>(&'a self, _: &'a BodyName) -> Answer<'a, Option<BodyStat>> {
        ready(None)
    }

    fn keys(&self) -> BoxStream<'_, Result<Key, StoreError>> {
        stream::empty().boxed()
    }

    fn statuses(&self) -> BoxStream<'_, Result<(Key, Bytes), StoreError>> {
        stream::empty().boxed()
    }

    fn location(&self) -> String {
        "nowhere".to_owned()
    }
}
