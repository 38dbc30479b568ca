//! Images that claim to be enormous, or are: each is refused before it takes the memory, or decoded within the limit.

#![cfg(target_os = "linux")]

use std::io::Write;
use std::process::Command;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::Value;

/// What a thumbnail of it came to, in a process of its own.
fn thumbnail(image: &[u8]) -> Value {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), image).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_thumbnailer"))
        .arg(file.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    let named = [kind, data].concat();
    [&length[..], &named, &crc(&named).to_be_bytes()].concat()
}

/// A PNG with so many pixels of this colour type, all zero; `rows` of them are there.
fn png(width: u32, height: u32, color: u8, rows: u32) -> Vec<u8> {
    let head = [
        &width.to_be_bytes()[..],
        &height.to_be_bytes(),
        &[8, color, 0, 0, 0],
    ]
    .concat();
    let channels = if color == 6 { 4 } else { 1 };
    let row = vec![0; 1 + width as usize * channels];
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    for _ in 0..rows {
        packed.write_all(&row).unwrap();
    }
    let packed = packed.finish().unwrap();
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &head),
        chunk(b"IDAT", &packed),
        chunk(b"IEND", b""),
    ]
    .concat()
}

fn gif(width: u16, height: u16) -> Vec<u8> {
    let [w, h] = [width, height].map(u16::to_le_bytes);
    [
        &b"GIF89a"[..],
        &w,
        &h,
        b"\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0",
        &w,
        &h,
        b"\0\x02\x02\x04\x0a\0;",
    ]
    .concat()
}

fn bmp(width: i32, height: i32) -> Vec<u8> {
    let mut bytes = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend(b"\x01\0\x18\0");
    bytes.extend([0; 24 + 64]);
    bytes
}

/// Width and height in its directory, and a strip of nothing.
fn tiff(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0\x07\0".to_vec();
    for (tag, kind, value) in [
        (0x100_u16, 4_u16, width),
        (0x101, 4, height),
        (0x102, 3, 8),
        (0x103, 3, 1),
        (0x106, 3, 1),
        (0x111, 4, 8),
        (0x117, 4, 64),
    ] {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 64]);
    bytes
}

const MIB: u64 = 1024;

#[test]
fn what_claims_to_be_enormous_is_refused_before_anything_is_decoded() {
    const MILLION: u32 = 1_000_000;
    for (name, image) in [
        ("PNG", png(MILLION, MILLION, 0, 0)),
        ("GIF", gif(65_535, 65_535)),
        ("BMP", bmp(1_000_000, 1_000_000)),
        ("TIFF", tiff(MILLION, MILLION)),
    ] {
        let told = thumbnail(&image);
        for what in ["info", "thumbnail"] {
            let error = told[what].as_str().unwrap_or_default();
            assert!(error.starts_with("the image "), "{name} {what}: {told}");
        }
        assert!(
            told["peak_kib"].as_u64().unwrap() < 64 * MIB,
            "{name}: {told}"
        );
    }
}

#[test]
fn what_is_enormous_once_it_is_decoded_is_refused_or_stays_within_the_limit() {
    let told = thumbnail(&png(16_000, 8_000, 6, 0));
    let error = "the image takes 512000000 bytes once it is decoded, more than 268435456";
    assert_eq!(told["thumbnail"], error);
    assert_eq!(told["info"], serde_json::json!(["PNG", 16_000, 8_000]));
    assert!(told["peak_kib"].as_u64().unwrap() < 64 * MIB, "{told}");
    // 64 MB of pixels in a few kB, which is allowed.
    let bomb = png(8_000, 8_000, 0, 8_000);
    assert!(bomb.len() < 500_000, "{}", bomb.len());
    let large = thumbnail(&bomb);
    assert!(large["thumbnail"].is_u64(), "{large}");
    assert!(
        large["peak_kib"].as_u64().unwrap() < (64 + 64) * MIB,
        "{large}"
    );
    // Fewer rows than it says.
    let short = thumbnail(&png(8_000, 8_000, 0, 10));
    assert!(
        short["thumbnail"]
            .as_str()
            .unwrap()
            .starts_with("the image cannot be read: "),
        "{short}"
    );
}
