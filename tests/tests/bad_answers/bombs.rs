//! A gigabyte of zeros in every content encoding, none of which is ever unpacked here.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

const PIECE: usize = 1 << 20;
const PIECES: usize = 1 << 10;

/// In some 1 MB: deflate gets no further.
pub(crate) fn gzip() -> Vec<u8> {
    let mut piece = Crc::new();
    piece.update(&vec![0; PIECE]);
    let mut whole = Crc::new();
    for _ in 0..PIECES {
        whole.combine(&piece);
    }
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let tail = [whole.sum().to_le_bytes(), whole.amount().to_le_bytes()].concat();
    [&head, &deflated()[..], &tail].concat()
}

/// In the zlib format, which HTTP means by that name.
pub(crate) fn deflate() -> Vec<u8> {
    // Adler-32: the one half stays 1, the other counts.
    let counted = u32::try_from(PIECE * PIECES % 65_521).expect("less than 16 bits");
    let tail = (counted << 16 | 1).to_be_bytes();
    [&[0x78, 0x9c], &deflated()[..], &tail].concat()
}

/// A piece that ends at a whole byte, repeated, and an empty last block.
fn deflated() -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; PIECE]).expect("a vector");
    encoder.flush().expect("a vector");
    let mut all = encoder.get_ref().repeat(PIECES);
    all.extend([0x03, 0x00]);
    all
}

/// In 1,617 bytes: what an encoder of Brotli writes has this period, but for the first bytes and the last.
pub(crate) fn brotli() -> Vec<u8> {
    const PERIOD: [u8; 101] = [
        0xc7, 0xff, 0xff, 0x3f, 0x00, 0x24, 0x00, 0xe2, 0xb0, 0x00, 0x74, 0xef, 0xff, 0xf8, 0xff,
        0xff, 0x07, 0x80, 0x04, 0x40, 0x1c, 0x16, 0x80, 0xee, 0xfd, 0x1f, 0xff, 0xff, 0xff, 0x00,
        0x90, 0x00, 0x88, 0xc3, 0x02, 0xd0, 0xbd, 0xff, 0xe3, 0xff, 0xff, 0x1f, 0x00, 0x12, 0x00,
        0x71, 0x58, 0x00, 0xba, 0xf7, 0x7f, 0xfc, 0xff, 0xff, 0x03, 0x40, 0x02, 0x20, 0x0e, 0x0b,
        0x40, 0xf7, 0xfe, 0x8f, 0xff, 0xff, 0x7f, 0x00, 0x48, 0x00, 0xc4, 0x61, 0x01, 0xe8, 0xde,
        0xff, 0xf1, 0xff, 0xff, 0x0f, 0x00, 0x09, 0x80, 0x38, 0x2c, 0x00, 0xdd, 0xfb, 0x3f, 0xfe,
        0xff, 0xff, 0x01, 0x20, 0x01, 0x10, 0x87, 0x05, 0xa0, 0x7b, 0xff,
    ];
    let mut all = PERIOD.repeat(16);
    all[0] = 0xcb;
    all[8..11].copy_from_slice(&[0xb1, 0x40, 0x72]);
    all[1515] = 0xc7;
    all.push(0x37);
    all
}

/// In 32 KB: blocks that say a byte and how often, of 128 KiB each, which is the most.
///
/// A decoder makes room for a window of 2 to the power of `window_log` bytes.
pub(crate) fn zstd(window_log: u8) -> Vec<u8> {
    const BLOCK: u32 = 128 << 10;
    let blocks = PIECE * PIECES / BLOCK as usize;
    let mut all = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, (window_log - 10) << 3];
    for number in 1..=blocks {
        let head = BLOCK << 3 | 1 << 1 | u32::from(number == blocks);
        all.extend(&head.to_le_bytes()[..3]);
        all.push(0);
    }
    all
}

/// No bomb.
pub(crate) fn gzip_of(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("a vector");
    encoder.finish().expect("a vector")
}
