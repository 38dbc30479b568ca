//! Bodies in content encodings.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::{Query, Refusal};
use crate::Answer;

const SENTENCE: &str = "The same sentence packs well when it is told again and again. ";
const REPETITIONS: usize = 8;

/// More than a decoder buffers, so that it has given some of it away when it comes to the error.
const GOOD_START: usize = 100_000;

/// [`compressed_text`] as the reference encoder of Brotli writes it at quality 11.
const BROTLI: [u8; 40] = [
    0x1b, 0xef, 0x01, 0xe0, 0xa5, 0x40, 0x5c, 0xc0, 0x21, 0x07, 0xec, 0xff, 0x2a, 0x03, 0x09, 0x36,
    0xe0, 0x7c, 0x82, 0x61, 0x49, 0x9e, 0xde, 0xfa, 0xac, 0x88, 0x24, 0x25, 0xfd, 0x62, 0x8e, 0xbf,
    0x07, 0xa7, 0x2e, 0x0b, 0xd5, 0xd9, 0xb2, 0x00,
];

/// [`compressed_text`] as `zstd -19` writes it.
const ZSTD: [u8; 71] = [
    0x28, 0xb5, 0x2f, 0xfd, 0x64, 0xf0, 0x00, 0xcd, 0x01, 0x00, 0x72, 0x43, 0x0b, 0x11, 0xb0, 0xa9,
    0x03, 0x00, 0x71, 0xa4, 0x6b, 0x64, 0xd9, 0x08, 0x51, 0x70, 0x89, 0xd9, 0xc9, 0x58, 0x44, 0x03,
    0xbc, 0xd1, 0x1c, 0xb9, 0x07, 0x52, 0xec, 0x34, 0x33, 0x33, 0xb6, 0xb4, 0x11, 0x6a, 0x3b, 0x8f,
    0xb8, 0x75, 0x05, 0x96, 0x61, 0xf3, 0xa6, 0xcb, 0x5b, 0x42, 0x02, 0x00, 0xaf, 0x41, 0x50, 0xb8,
    0xea, 0x16, 0x28, 0x48, 0xbf, 0x7d, 0xc0,
];

/// What `/gzip`, `/deflate`, `/br` and `/zstd` decode to, unless they are given a size.
pub fn compressed_text() -> String {
    SENTENCE.repeat(REPETITIONS)
}

pub(super) fn gzip(query: &Query) -> Result<Answer, Refusal> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    write_text(&mut encoder, query.number("size")?);
    Ok(encoded("gzip", finished(encoder.finish())))
}

/// In the zlib format, which HTTP means by that name.
pub(super) fn deflate(query: &Query) -> Result<Answer, Refusal> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    write_text(&mut encoder, query.number("size")?);
    Ok(encoded("deflate", finished(encoder.finish())))
}

/// Without that format, as some servers send it by the same name.
pub(super) fn raw_deflate(query: &Query) -> Result<Answer, Refusal> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    write_text(&mut encoder, query.number("size")?);
    Ok(encoded("deflate", finished(encoder.finish())))
}

pub(super) fn brotli() -> Answer {
    encoded("br", BROTLI.to_vec())
}

pub(super) fn zstd() -> Answer {
    encoded("zstd", ZSTD.to_vec())
}

/// Text that is flushed whole, then a block of the one type that deflate leaves undefined.
pub(super) fn broken() -> Answer {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    write_text(&mut encoder, Some(GOOD_START));
    finished(encoder.flush());
    let start = encoder.get_ref().clone();
    encoded("gzip", [start.as_slice(), &[0xff; 16]].concat())
}

fn encoded(coding: &str, bytes: Vec<u8>) -> Answer {
    Answer::new("text/plain; charset=utf-8", bytes).header("Content-Encoding", coding)
}

/// Sentence by sentence, so that what decodes to a gigabyte doesn't take one here.
fn write_text(encoder: &mut impl Write, size: Option<usize>) {
    let mut left = size.unwrap_or(SENTENCE.len() * REPETITIONS);
    while left > 0 {
        let length = left.min(SENTENCE.len());
        finished(encoder.write_all(&SENTENCE.as_bytes()[..length]));
        left -= length;
    }
}

fn finished<T>(result: io::Result<T>) -> T {
    result.expect("encoders fail only where what they write to fails, and a vector doesn't")
}
