//! `Body<E>` and `Bodies<E>`: the files that an earlier executor saved.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::slice;

use bytes::Bytes;

use super::{text, unusable};
use crate::error::{Class, Error, Result};
use crate::executor::call::Call;
use crate::executor::contract::{Argument, Executor, Provides, SavesFiles};
use crate::executor::facts::{body_name, damaged_file, not_of_task};
use crate::executor::input::{Input, Needs, saved_files};
use crate::status::SavedFile;
use crate::store::{StoreError, StoreErrorKind, whole_of};

/// The file that executor `E` saved. Compiles only where `E`'s output says that it saved one; where it saved
/// several this is the first, and [`Bodies`] has all. Where it may succeed without one, take `Option<Body<E>>`.
///
/// Its MD5 and content type are an input. A file that is missing, or not what was saved, is an error that is recorded on the
/// reader; one that is missing or not of its recorded size is made again where its executor can do that without the network.
///
/// ```
/// use scrapeflow::prelude::*;
/// use scrapeflow::ready::scrape;
///
/// #[executor]
/// async fn title(page: Body<scrape>) -> Result<String> {
///     let text = page.text();
///     let (_, rest) = text.split_once("<title>").recorded("the page has no title")?;
///     Ok(rest.split('<').next().unwrap_or_default().to_owned())
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// assert_eq!(title(Body::from("<title>Hi</title>")).await.unwrap(), "Hi");
/// # });
/// ```
pub struct Body<E>(Content, PhantomData<fn() -> E>);

/// All files that executor `E` saved, in the order in which it saved them.
pub struct Bodies<E>(Vec<Body<E>>);

#[derive(Clone)]
struct Content {
    name: String,
    media_type: Option<String>,
    bytes: Bytes,
}

impl<E> Body<E> {
    fn new(content: Content) -> Self {
        Self(content, PhantomData)
    }

    /// The bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }

    /// The text, by its byte order mark, else the charset of its content type, else its own declaration
    /// (`<meta>`, XML), else what its bytes look like; what doesn't decode reads as U+FFFD.
    pub fn text(&self) -> Cow<'_, str> {
        text::decode(&self.0.bytes, self.content_type())
    }

    /// The content type that came with it.
    pub fn content_type(&self) -> Option<&str> {
        self.0.media_type.as_deref()
    }

    /// The name of the file, `<key>.<suffix>`; empty if it was made in a test.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The same with another content type, for tests.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.0.media_type = Some(content_type.into());
        self
    }
}

impl<E> Bodies<E> {
    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Body<E>> {
        self.0.iter()
    }
}

impl<S, E> Argument<S> for Body<E>
where
    S: Provides<E>,
    E: SavesFiles,
{
    fn describe(needs: &mut Needs) {
        needs.input(Input::Files(E::NAME));
    }

    async fn get(call: &Call) -> Result<Self> {
        let files = files_of::<E>(call)?;
        let first = read(E::NAME, &files[0], call).await?;
        are_there(E::NAME, &files[1..], call).await?;
        Ok(Self::new(first))
    }
}

/// None where `E` succeeded without a file: a page that is gone, say.
impl<S, E> Argument<S> for Option<Body<E>>
where
    S: Provides<E>,
    E: SavesFiles,
{
    fn describe(needs: &mut Needs) {
        needs.input(Input::Files(E::NAME));
    }

    async fn get(call: &Call) -> Result<Self> {
        if saved_files(&call.site().status, E::NAME).is_empty() {
            return Ok(None);
        }
        <Body<E> as Argument<S>>::get(call).await.map(Some)
    }
}

impl<S, E> Argument<S> for Bodies<E>
where
    S: Provides<E>,
    E: SavesFiles,
{
    fn describe(needs: &mut Needs) {
        needs.input(Input::Files(E::NAME));
    }

    async fn get(call: &Call) -> Result<Self> {
        let mut bodies = Vec::new();
        let files = files_of::<E>(call)?;
        are_there(E::NAME, &files, call).await?;
        for file in &files {
            bodies.push(Body::new(read(E::NAME, file, call).await?));
        }
        Ok(Self(bodies))
    }
}

/// At least one.
fn files_of<E: Executor>(call: &Call) -> Result<Vec<SavedFile>> {
    let files = saved_files(&call.site().status, E::NAME);
    if files.is_empty() {
        let name = E::NAME;
        let message =
            format!("`{name}` saved no file; take `Option<Body<{name}>>` where that may be");
        return Err(Error::recorded(Class::Runtime, message));
    }
    Ok(files)
}

/// That none of them is missing or of another size, without reading it.
async fn are_there(executor: &str, files: &[SavedFile], call: &Call) -> Result<()> {
    let site = call.site();
    for file in files {
        if let Some(wrong) = damaged_file(file, &site.status, &*site.scope.store).await? {
            return Err(unusable(executor, &wrong));
        }
    }
    Ok(())
}

async fn read(executor: &str, file: &SavedFile, call: &Call) -> Result<Content> {
    let site = call.site();
    let gone = || unusable(executor, &format!("`{}` is missing", file.name));
    let Some(name) = body_name(file, &site.status) else {
        return Err(unusable(executor, &not_of_task(file)));
    };
    let damaged = |error: StoreError| match error.kind() {
        StoreErrorKind::Broken => unusable(executor, &error.to_string()),
        _ => error.into(),
    };
    let chunks = site.scope.store.open(&name).await.map_err(damaged)?;
    let bytes = whole_of(chunks.ok_or_else(gone)?, file.size).await;
    let Some(bytes) = bytes.map_err(damaged)? else {
        are_there(executor, slice::from_ref(file), call).await?;
        let changes = format!("`{name}` changes while it is read");
        return Err(unusable(executor, &changes));
    };
    // What this run wrote is as it was written.
    if !site.scope.found_empty && site.scope.digests.md5_hex(bytes.clone()).await != file.md5 {
        let other = format!("`{name}` is damaged: its MD5 isn't what it was when it was saved");
        return Err(unusable(executor, &other));
    }
    Ok(Content {
        name: file.name.clone(),
        media_type: file.content_type.clone(),
        bytes,
    })
}

impl<E, T: Into<Bytes>> From<T> for Body<E> {
    fn from(bytes: T) -> Self {
        Self::new(Content {
            name: String::new(),
            media_type: None,
            bytes: bytes.into(),
        })
    }
}

impl<E> FromIterator<Body<E>> for Bodies<E> {
    fn from_iter<I: IntoIterator<Item = Body<E>>>(bodies: I) -> Self {
        Self(bodies.into_iter().collect())
    }
}

impl<'a, E> IntoIterator for &'a Bodies<E> {
    type Item = &'a Body<E>;
    type IntoIter = std::slice::Iter<'a, Body<E>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<E> Clone for Body<E> {
    fn clone(&self) -> Self {
        Self::new(self.0.clone())
    }
}

/// The content stays out of logs.
impl<E> fmt::Debug for Body<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("name", &self.0.name)
            .field("content_type", &self.0.media_type)
            .field("bytes", &self.0.bytes.len())
            .finish()
    }
}

impl<E> fmt::Debug for Bodies<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}
