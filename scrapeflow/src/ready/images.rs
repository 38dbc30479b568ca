//! What images are, and small ones of them.

use serde::Deserialize;

use super::page::scrape;
use crate::executor::argument::{Body, Context, Files, Saved};
use crate::images::{self, Info, off_runtime};
use crate::{Class, Error, Result, executor};

/// What the image is that [`scrape()`] saved: its format, and its width and height in pixels.
///
/// ```
/// use scrapeflow::prelude::*;
/// use scrapeflow::ready::{parse_image, scrape, thumbnail};
///
/// workflow! { Images = scrape -> parse_image -> thumbnail; }
///
/// let run = Images::in_dir("images").params(&serde_json::json!({ "thumbnail": [128, 128] }));
/// ```
///
/// # Errors
/// If it is no image that can be read: recorded as [`Class::UnidentifiedImage`].
#[executor]
pub async fn parse_image(page: Body<scrape>) -> Result<Info> {
    info(page.bytes().clone()).await
}

/// Saves a small image as `<key>.thumb.webp`: of the size in the params that all tasks share, `"thumbnail": [width, height]`, as
/// [`images::thumbnail`] makes it.
///
/// # Errors
/// If it is no image that can be read: recorded as [`Class::UnidentifiedImage`]; or if the run says no size.
#[executor]
pub async fn thumbnail(page: Body<scrape>, files: Files, context: Context) -> Result<Saved> {
    small(page.bytes().clone(), &files, &context).await
}

pub(super) async fn info(bytes: bytes::Bytes) -> Result<Info> {
    off_runtime(move || images::info(&bytes)).await
}

pub(super) async fn small(bytes: bytes::Bytes, files: &Files, context: &Context) -> Result<Saved> {
    #[derive(Deserialize)]
    struct Shared {
        thumbnail: (u32, u32),
    }
    let Ok(Shared {
        thumbnail: (width, height),
    }) = context.params()
    else {
        return Err(Error::recorded(
            Class::Runtime,
            "the run says no size of thumbnails; give it one with `.params(&json!({ \"thumbnail\": [128, 128] }))`",
        ));
    };
    let webp = off_runtime(move || images::thumbnail(&bytes, width, height)).await?;
    let mut file = files.create("thumb.webp").await?.content_type("image/webp");
    file.write_bytes(webp.into()).await?;
    file.finish().await
}
