//! What images are, and small ones of them, of whatever a page turns out to be.

use std::io::Cursor;

use image::{DynamicImage, GenericImageView, ImageFormat, Rgb, RgbImage};
use scrapeflow::images::{self, Info};
use scrapeflow::prelude::*;
use scrapeflow::ready::{parse_image, scrape, thumbnail};
use scrapeflow_tests::{Answer, Sandbox, Site};
use serde_json::{Value, json};

workflow! { Images = scrape -> parse_image -> thumbnail; }

const FORMATS: [(ImageFormat, &str); 7] = [
    (ImageFormat::Jpeg, "JPEG"),
    (ImageFormat::Png, "PNG"),
    (ImageFormat::Gif, "GIF"),
    (ImageFormat::WebP, "WEBP"),
    (ImageFormat::Bmp, "BMP"),
    (ImageFormat::Tiff, "TIFF"),
    (ImageFormat::Ico, "ICO"),
];

/// Its left half is red, its right half blue.
fn halves(width: u32, height: u32) -> DynamicImage {
    let color = |x| {
        if x < width / 2 {
            Rgb([255, 0, 0])
        } else {
            Rgb([0, 0, 255])
        }
    };
    RgbImage::from_fn(width, height, |x, _| color(x)).into()
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let image = if format == ImageFormat::Ico {
        image.to_rgba8().into()
    } else {
        image.clone()
    };
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Runs over pages with these bodies, named by their number, with thumbnails of that size.
async fn run(bodies: Vec<Vec<u8>>, shared: Value) -> (Sandbox, Report) {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    let tasks: Vec<(String, Value)> = (0..bodies.len())
        .map(|nth| {
            (
                format!("page-{nth}"),
                json!({ "url": site.url(&format!("/image-{nth}")) }),
            )
        })
        .collect();
    for (nth, body) in bodies.into_iter().enumerate() {
        site.route(&format!("/image-{nth}"), move |_| {
            Answer::new("image/any", body.clone())
        });
    }
    let report = Images::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs(tasks).unwrap())
        .params(&shared)
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    (sandbox, report)
}

#[tokio::test]
async fn every_format_is_told_and_made_smaller() {
    let bodies = FORMATS.map(|(format, _)| encoded(&halves(200, 100), format));
    let (sandbox, report) = run(bodies.to_vec(), json!({ "thumbnail": [50, 50] })).await;
    assert_eq!(report.done(), 7, "{report}");
    for (nth, (_, name)) in FORMATS.iter().enumerate() {
        let status = sandbox.status(&format!("page-{nth}"));
        assert_eq!(
            status["parse_image"],
            json!({ "format": name, "width": 200, "height": 100 })
        );
        let webp = sandbox.read(&format!("page-{nth}.thumb.webp"));
        assert_eq!(status["thumbnail"]["size"], webp.len());
        let small = image::load_from_memory_with_format(&webp, ImageFormat::WebP).unwrap();
        assert_eq!(small.dimensions(), (50, 25), "{name}");
        let [left, right] = [5, 45].map(|x| small.get_pixel(x, 12).0);
        assert!(
            left[0] > 200 && left[2] < 60 && right[0] < 60 && right[2] > 200,
            "{name}: {left:?} {right:?}"
        );
    }
}

#[test]
fn a_small_image_keeps_its_size_and_any_its_aspect() {
    let size = |image: &DynamicImage, width, height| {
        let webp = images::thumbnail(&encoded(image, ImageFormat::Png), width, height).unwrap();
        image::load_from_memory(&webp).unwrap().dimensions()
    };
    for (from, into, is) in [
        ((40, 20), (128, 128), (40, 20)),
        ((128, 128), (128, 128), (128, 128)),
        ((200, 20), (128, 10), (100, 10)),
        ((1000, 1), (10, 10), (10, 1)),
        ((20, 300), (128, 128), (9, 128)),
    ] {
        assert_eq!(size(&halves(from.0, from.1), into.0, into.1), is);
    }
    let transparent = DynamicImage::new_rgba8(8, 8);
    let webp = images::thumbnail(&encoded(&transparent, ImageFormat::Png), 4, 4).unwrap();
    assert_eq!(
        image::load_from_memory(&webp).unwrap().get_pixel(1, 1).0[3],
        0
    );
    let told = images::thumbnail(&encoded(&transparent, ImageFormat::Png), 0, 4).unwrap_err();
    assert_eq!(
        told.to_string(),
        "the image cannot be made to fit into 0 by 4 pixels"
    );
}

/// An EXIF that says nothing but this orientation, between the first marker and the rest of a JPEG.
fn turned(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    with_exif(jpeg, &exif)
}

fn with_exif(jpeg: &[u8], exif: &[u8]) -> Vec<u8> {
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], b"\xff\xe1", &length, exif, &jpeg[2..]].concat()
}

#[test]
fn an_image_is_turned_as_its_exif_says_and_a_broken_one_says_nothing() {
    let jpeg = encoded(&halves(64, 32), ImageFormat::Jpeg);
    for (orientation, size, red) in [
        (1, (64, 32), (5, 5)),
        (2, (64, 32), (60, 5)),
        (3, (64, 32), (60, 5)),
        (4, (64, 32), (5, 5)),
        (5, (32, 64), (5, 5)),
        (6, (32, 64), (5, 5)),
        (7, (32, 64), (5, 60)),
        (8, (32, 64), (5, 60)),
        (9, (64, 32), (5, 5)),
    ] {
        let turned = turned(&jpeg, orientation);
        let info = images::info(&turned).unwrap();
        assert_eq!((info.width, info.height), (64, 32), "as the file has them");
        let small = image::load_from_memory(&images::thumbnail(&turned, 64, 64).unwrap()).unwrap();
        assert_eq!(small.dimensions(), size, "{orientation}");
        let pixel = small.get_pixel(red.0, red.1).0;
        assert!(pixel[0] > 200 && pixel[2] < 60, "{orientation}: {pixel:?}");
    }
    for broken in [
        &b"Exif\0\0II*\0\xff\xff\xff\xff"[..],
        b"Exif\0\0",
        b"Exif\0\0MM\0*garbage",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12",
    ] {
        let small = images::thumbnail(&with_exif(&jpeg, broken), 64, 64).unwrap();
        assert_eq!(
            image::load_from_memory(&small).unwrap().dimensions(),
            (64, 32)
        );
    }
}

/// Two frames: a red one, then a blue one.
fn animated() -> Vec<u8> {
    use image::codecs::gif::GifEncoder;
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for color in [[255, 0, 0, 255], [0, 0, 255, 255]] {
        let frame = image::RgbaImage::from_pixel(16, 16, image::Rgba(color));
        encoder.encode_frame(image::Frame::new(frame)).unwrap();
    }
    drop(encoder);
    bytes
}

#[test]
fn an_animation_is_its_first_frame() {
    let small = images::thumbnail(&animated(), 8, 8).unwrap();
    let pixel = image::load_from_memory(&small).unwrap().get_pixel(4, 4).0;
    assert!(pixel[0] > 200 && pixel[2] < 60, "{pixel:?}");
}

#[tokio::test]
async fn what_is_no_image_ends_in_its_class() {
    let mut bodies = vec![
        b"<!doctype html><title>no image</title>".to_vec(),
        Vec::new(),
        vec![0; 4096],
        b"\x89PNG\r\n\x1a\n".to_vec(),
    ];
    bodies.extend(FORMATS.map(|(format, _)| encoded(&halves(200, 100), format)[..10].to_vec()));
    let heads = bodies.len();
    // Whose heads are whole.
    bodies.extend(
        [
            ImageFormat::Jpeg,
            ImageFormat::Png,
            ImageFormat::Gif,
            ImageFormat::Bmp,
        ]
        .map(|format| {
            let whole = encoded(&halves(200, 100), format);
            whole[..whole.len() / 2].to_vec()
        }),
    );
    let count = bodies.len();
    let (sandbox, report) = run(bodies, json!({ "thumbnail": [50, 50] })).await;
    for nth in 0..count {
        let status = sandbox.status(&format!("page-{nth}"));
        if nth < heads {
            let told = status["parse_image_status"].as_str().unwrap();
            assert!(
                told.starts_with("ERROR UnidentifiedImageError::the image "),
                "{nth}: {told}"
            );
            assert_eq!(status["parse_image_meta"]["retryable"], false);
            continue;
        }
        assert_eq!(status["parse_image"]["width"], 200, "its head is whole");
        // JPEG is read as far as it goes, as browsers do.
        let told = status["thumbnail_status"].as_str().unwrap();
        let is_read = nth == heads && told == "SUCCESS";
        assert!(
            is_read || told.starts_with("ERROR UnidentifiedImageError::the image cannot be read: "),
            "{nth}: {told}"
        );
        assert_eq!(
            sandbox.files().contains(&format!("page-{nth}.thumb.webp")),
            is_read
        );
    }
    assert!(report.classes["UnidentifiedImageError"] >= 14, "{report}");
}

#[tokio::test]
async fn a_run_that_says_no_size_is_told_how_to() {
    for size in [
        json!({}),
        json!({ "thumbnail": "128x128" }),
        json!({ "thumbnail": [1, -1] }),
    ] {
        let (sandbox, _) = run(vec![encoded(&halves(8, 8), ImageFormat::Png)], size).await;
        let status = sandbox.status("page-0");
        assert_eq!(
            status["thumbnail_status"],
            "ERROR RuntimeError::the run says no size of thumbnails; give it one with `.params(&json!({ \"thumbnail\": [128, 128] }))`"
        );
    }
}

#[tokio::test]
async fn another_size_makes_new_thumbnails_and_nothing_else() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    let png = encoded(&halves(100, 100), ImageFormat::Png);
    site.route("/image", move |_| Answer::new("image/png", png.clone()));
    let run = |size: u32| {
        Images::in_dir(sandbox.dir())
            .tasks(Tasks::from_pairs([("page", json!({ "url": site.url("/image") }))]).unwrap())
            .params(&json!({ "thumbnail": [size, size] }))
            .progress(Progress::Off)
            .run()
    };
    for (size, succeeded) in [(50, [1, 1, 1]), (50, [0, 0, 0]), (20, [0, 0, 1])] {
        let report = run(size).await.unwrap();
        let counts: Vec<u64> = report
            .executors
            .iter()
            .map(|executor| executor.succeeded)
            .collect();
        assert_eq!(counts, succeeded, "{size}");
        let webp = sandbox.read("page.thumb.webp");
        assert_eq!(
            images::info(&webp).unwrap(),
            Info {
                format: "WEBP".into(),
                width: size,
                height: size
            }
        );
    }
    assert_eq!(site.hits("/image"), 1);
}
