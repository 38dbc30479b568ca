//! Reading images that want to hurt us: bounded in pixels and in memory, and never a panic.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::{Info, UnidentifiedImage};
use crate::error::{said, shortened};

/// Twice what Pillow warns of, which is where it refuses.
const PIXELS: u64 = 178_956_970;

/// Of an image that is decoded, in bytes.
const MEMORY: u64 = 256 * 1024 * 1024;

const FORMATS: [(ImageFormat, &str); 7] = [
    (ImageFormat::Jpeg, "JPEG"),
    (ImageFormat::Png, "PNG"),
    (ImageFormat::Gif, "GIF"),
    (ImageFormat::WebP, "WEBP"),
    (ImageFormat::Bmp, "BMP"),
    (ImageFormat::Tiff, "TIFF"),
    (ImageFormat::Ico, "ICO"),
];

pub(super) fn info(bytes: &[u8]) -> Result<Info, UnidentifiedImage> {
    let (format, decoder) = decoder(bytes)?;
    let (width, height) = decoder.dimensions();
    Ok(Info {
        format: format.to_owned(),
        width,
        height,
    })
}

/// The image, and how its EXIF says that it is to be turned; one that cannot be read says nothing.
pub(super) fn decoded(bytes: &[u8]) -> Result<(DynamicImage, Orientation), UnidentifiedImage> {
    let (_, mut decoder) = decoder(bytes)?;
    if decoder.total_bytes() > MEMORY {
        return Err(UnidentifiedImage(format!(
            "takes {} bytes once it is decoded, more than {MEMORY}",
            decoder.total_bytes()
        )));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(|error| broken(&error))?;
    Ok((image, orientation))
}

/// What has been read of the head.
fn decoder(bytes: &[u8]) -> Result<(&'static str, impl ImageDecoder + '_), UnidentifiedImage> {
    let format = image::guess_format(bytes).ok();
    let known = format.and_then(|format| FORMATS.iter().find(|(known, _)| *known == format));
    let Some(&(format, name)) = known else {
        let names = FORMATS.map(|(_, name)| name).join(", ");
        return Err(UnidentifiedImage(format!(
            "is of no format that is known: {names}"
        )));
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|error| broken(&error))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS {
        return Err(UnidentifiedImage(format!(
            "has {width} by {height} pixels, more than {PIXELS}"
        )));
    }
    if width == 0 || height == 0 {
        return Err(UnidentifiedImage(format!("has {width} by {height} pixels")));
    }
    Ok((name, decoder))
}

fn broken(error: &ImageError) -> UnidentifiedImage {
    UnidentifiedImage(format!("cannot be read: {}", shortened(&error.to_string())))
}

/// Decoders are others' code, and a few have panicked on broken images.
pub(super) fn guarded<T>(
    work: impl FnOnce() -> Result<T, UnidentifiedImage>,
) -> Result<T, UnidentifiedImage> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        Err(UnidentifiedImage(format!(
            "cannot be read: the decoder panicked: {}",
            said(&*panic)
        )))
    })
}
