//! Images, for executors of one's own: what they are, and small ones of them. The ready-made executors are in
//! [`ready`](crate::ready).
//!
//! Read are JPEG, PNG, GIF, WebP, BMP, TIFF and ICO, told by their first bytes. An image may have 178,956,970 pixels (as many as
//! Pillow takes) and 256 MiB once it is decoded; more is refused before anything is decoded. While they work, decoders of some kinds
//! take more: of a JPEG for printing (CMYK), up to four times as much.
//!
//! ```
//! use scrapeflow::images;
//! use scrapeflow::prelude::*;
//! use scrapeflow::ready::scrape;
//!
//! /// Decoding takes long: it is not for the runtime's own threads.
//! #[executor]
//! async fn square(page: Body<scrape>) -> Result<bool> {
//!     let info = images::off_runtime(move || images::info(page.bytes())).await?;
//!     Ok(info.width == info.height)
//! }
//! ```

mod decode;
pub(crate) mod local;

use std::error::Error as StdError;
use std::fmt;
use std::io::Cursor;
use std::sync::{Arc, LazyLock};

use image::codecs::webp::WebPEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageEncoder};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::error::{Class, Error, Result};

/// What an image is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// `JPEG`, `PNG`, `GIF`, `WEBP`, `BMP`, `TIFF` or `ICO`.
    pub format: String,
    /// In pixels, as the file has them: before they are turned as its EXIF says.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// What an image is, from its first bytes: the rest may be broken.
///
/// ```
/// use scrapeflow::images;
///
/// let pixel = b"GIF89a\x02\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x02\0\x01\0\0\x02\x02\x04\x0a\0;";
/// let info = images::info(pixel)?;
/// assert_eq!((&*info.format, info.width, info.height), ("GIF", 2, 1));
/// assert!(images::info(b"<html>").is_err());
/// # Ok::<(), images::UnidentifiedImage>(())
/// ```
///
/// # Errors
/// If it is none that is known, its head is broken, or it has too many pixels.
pub fn info(bytes: &[u8]) -> Result<Info, UnidentifiedImage> {
    decode::guarded(|| decode::info(bytes))
}

/// A smaller image that fits into `width` by `height` pixels, as WebP without loss: its aspect is kept, it is turned as its EXIF
/// says, and one that is small enough keeps its size. Of an animation it is the first frame.
///
/// ```no_run
/// let photo = std::fs::read("photo.jpg")?;
/// std::fs::write("photo.thumb.webp", scrapeflow::images::thumbnail(&photo, 128, 128)?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`info`], if it cannot be decoded, or takes more than 256 MiB then; or if nothing fits into so few pixels.
pub fn thumbnail(bytes: &[u8], width: u32, height: u32) -> Result<Vec<u8>, UnidentifiedImage> {
    if width == 0 || height == 0 {
        return Err(UnidentifiedImage(format!(
            "cannot be made to fit into {width} by {height} pixels"
        )));
    }
    decode::guarded(|| {
        let (image, orientation) = decode::decoded(bytes)?;
        let (width, height) = match orientation {
            Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH => (height, width),
            _ => (width, height),
        };
        let mut image = if image.width() <= width && image.height() <= height {
            image
        } else {
            image.thumbnail(width, height)
        };
        // Once it is small: turning it makes a copy.
        image.apply_orientation(orientation);
        webp(&image)
    })
}

fn webp(image: &DynamicImage) -> Result<Vec<u8>, UnidentifiedImage> {
    let mut encoded = Cursor::new(Vec::new());
    let writer = WebPEncoder::new_lossless(&mut encoded);
    let (width, height) = (image.width(), image.height());
    let written = if image.color().has_alpha() {
        let pixels = image.to_rgba8();
        writer.write_image(&pixels, width, height, image::ExtendedColorType::Rgba8)
    } else {
        let pixels = image.to_rgb8();
        writer.write_image(&pixels, width, height, image::ExtendedColorType::Rgb8)
    };
    written.map_err(|error| UnidentifiedImage(format!("cannot be written as WebP: {error}")))?;
    Ok(encoded.into_inner())
}

/// As many at a time as there are processors: each may take all the memory that one may.
static AT_ONCE: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    Arc::new(Semaphore::new(processors))
});

/// Does what takes long, as decoding does, on a thread of its own: as many at a time as there are processors. To wait for that counts as
/// an attempt's time; what has begun is done to its end, also where the attempt ran out of it.
///
/// # Errors
/// What `work` fails with.
pub async fn off_runtime<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T>
where
    T: Send + 'static,
    E: Into<Error> + Send + 'static,
{
    let failed = |why: &str| Error::recorded(Class::Unhandled, format!("images: {why}"));
    let permit = AT_ONCE.clone().acquire_owned().await;
    let permit = permit.map_err(|_| failed("nothing is done any more"))?;
    let work = tokio::task::spawn_blocking(move || {
        // It counts as long as it works, also when nobody waits any more.
        let _permit = permit;
        work()
    });
    let done = work.await.map_err(|error| failed(&error.to_string()))?;
    done.map_err(Into::into)
}

/// An image that cannot be read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnidentifiedImage(pub(crate) String);

impl fmt::Display for UnidentifiedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the image {}", self.0)
    }
}

impl StdError for UnidentifiedImage {}

/// Recognizes images that cannot be read.
pub(crate) fn classify(cause: &(dyn StdError + 'static)) -> Option<Class> {
    cause
        .is::<UnidentifiedImage>()
        .then_some(Class::UnidentifiedImage)
}
