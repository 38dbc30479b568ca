//! A body on its way into a store: its name, its size, and the staged copy that nobody sees yet.

use std::fmt;

use bytes::{Bytes, BytesMut};
use futures::future::{self, BoxFuture};
use futures::{StreamExt, TryStreamExt};

use super::{BodyStream, Exchange, StoreError};
use crate::task::Key;

/// The name of a body: `<key>.<suffix>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BodyName {
    key: Key,
    suffix: Box<str>,
}

/// What file systems allow for one name, in bytes.
const LONGEST: usize = 255;

impl BodyName {
    /// The body of `key` under `suffix`, which may have an ending of its own: `scrape`, `thumb.webp`.
    ///
    /// # Errors
    /// If the suffix is empty, has other characters than `[A-Za-z0-9_-]` and a single dot between them, is `status.json`, or
    /// makes a name longer than the 255 bytes that file systems allow.
    pub fn new(key: &Key, suffix: &str) -> Result<Self, StoreError> {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let is_part = |part: &str| !part.is_empty() && part.chars().all(fits);
        let (first, ending) = suffix.split_once('.').unwrap_or((suffix, "none"));
        if !is_part(first) || !is_part(ending) || suffix == "status.json" {
            return Err(StoreError::invalid(format!(
                "{suffix:?} is no file suffix; use letters, digits, `_` and `-`, and a dot before an ending"
            )));
        }
        if key.as_str().len() + 1 + suffix.len() > LONGEST {
            return Err(StoreError::invalid(format!(
                "`{key}.{suffix}` is longer than {LONGEST} bytes; use a shorter key or suffix"
            )));
        }
        Ok(Self {
            key: key.clone(),
            suffix: suffix.into(),
        })
    }

    /// Whose body it is.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// What distinguishes it among the task's bodies.
    pub fn suffix(&self) -> &str {
        &self.suffix
    }

    /// As it is displayed. In one allocation: one that grows lets threads wait for each other in glibc's `realloc`.
    pub(crate) fn file_name(&self) -> String {
        [self.key.as_str(), ".", &self.suffix].concat()
    }
}

impl fmt::Display for BodyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.key, self.suffix)
    }
}

/// What a store knows of a body without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyStat {
    /// In bytes.
    pub size: u64,
    /// In lower-case hex, where the store keeps it.
    pub md5: Option<String>,
}

/// A body that is being written, or is complete and waits for the status that names it. Dropping it
/// discards it.
pub trait Staged: Send + Sync {
    /// Tells how the body comes, before the first chunk; most stores don't keep it.
    fn came_by(&mut self, _: &dyn Exchange) {}

    /// Appends a chunk.
    ///
    /// # Errors
    /// If it cannot be written (disk full).
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), StoreError>>;

    /// All chunks were written: makes them as durable as the run asked for. `md5` is theirs in lower-case hex, where it is known.
    ///
    /// # Errors
    /// If the rest cannot be written.
    fn finish(&mut self, md5: Option<&str>) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Makes it visible under its name, in place of an older one. Called by [`Store::save`](super::Store::save)
    /// of the store that staged it, after `finish`.
    ///
    /// # Errors
    /// If that fails; then the older one stands.
    fn publish(self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>>;
}

/// All chunks of a body as one; most come in one already.
pub(crate) async fn whole(mut chunks: BodyStream<'_>) -> Result<Bytes, StoreError> {
    let first = chunks.try_next().await?.unwrap_or_default();
    let Some(second) = chunks.try_next().await? else {
        return Ok(first);
    };
    let mut all = BytesMut::from(first);
    all.extend_from_slice(&second);
    while let Some(chunk) = chunks.try_next().await? {
        all.extend_from_slice(&chunk);
    }
    Ok(all.freeze())
}

/// The same of a body of that many bytes; `None` if it has others, of which no more are read than tells so.
pub(crate) async fn whole_of(
    chunks: BodyStream<'_>,
    size: u64,
) -> Result<Option<Bytes>, StoreError> {
    let mut left = Some(size);
    let counted = chunks.try_take_while(|chunk| {
        left = left.and_then(|left| left.checked_sub(chunk.len() as u64));
        future::ready(Ok(left.is_some()))
    });
    let bytes = whole(counted.boxed()).await?;
    Ok(Some(bytes).filter(|_| left == Some(0)))
}

impl fmt::Debug for dyn Staged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Staged")
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    #[tokio::test]
    async fn a_body_of_another_size_is_none() {
        for chunks in [&["abcdef"][..], &["abc", "def"], &["a", "bcde", "f"]] {
            for size in 0..10 {
                let body = chunks.iter().map(|chunk| Ok(Bytes::from(*chunk)));
                let body = whole_of(stream::iter(body).boxed(), size).await;
                let expected = (size == 6).then(|| Bytes::from("abcdef"));
                assert_eq!(body.unwrap(), expected, "{size} of {chunks:?}");
            }
        }
        let endless = stream::repeat_with(|| Ok(Bytes::from("ab")));
        assert_eq!(whole_of(endless.boxed(), 5).await.unwrap(), None);
        let none = whole_of(stream::empty().boxed(), 0).await;
        assert_eq!(none.unwrap(), Some(Bytes::new()));
    }
}
