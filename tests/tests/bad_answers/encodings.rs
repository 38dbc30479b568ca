//! How a body is encoded.

use super::bombs;
use super::server::ok;
use super::{BROKEN_BODY, OVER_THE_LIMIT, RAN_OVER, check};

#[tokio::test]
async fn encodings_that_are_none_or_bombs() {
    let coded = |coding: &str, body: &[u8]| ok(&format!("Content-Encoding: {coding}\r\n"), body);
    let gzip = bombs::gzip_of(b"page");
    let end = gzip.len() - 8;
    let mut other_sum = gzip.clone();
    other_sum[end] ^= 1;
    let named = [0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 0xff];
    let started = &named.map(|byte| if byte == 8 { 0 } else { byte })[..];
    let started = &[&started[..2], &[8], &started[3..]].concat();
    let rows = [
        ("as it should be", coded("gzip", &gzip), "SUCCESS 4"),
        ("two members", coded("gzip", &gzip.repeat(2)), "SUCCESS 8"),
        (
            "gzip in gzip",
            coded("gzip, gzip", &bombs::gzip_of(&gzip)),
            BROKEN_BODY,
        ),
        ("no gzip", coded("gzip", b"<p>a page</p>"), BROKEN_BODY),
        ("no zlib", coded("deflate", b"<p>a page</p>"), BROKEN_BODY),
        ("no Brotli", coded("br", b"<p>a page</p>"), BROKEN_BODY),
        ("no zstd", coded("zstd", b"<p>a page</p>"), BROKEN_BODY),
        (
            "garbage after gzip",
            coded("gzip", &[&gzip[..], b"garbage"].concat()),
            BROKEN_BODY,
        ),
        ("gzip cut", coded("gzip", &gzip[..end]), BROKEN_BODY),
        (
            "gzip with another sum",
            coded("gzip", &other_sum),
            BROKEN_BODY,
        ),
        (
            "a gigabyte in gzip",
            coded("gzip", &bombs::gzip()),
            OVER_THE_LIMIT,
        ),
        (
            "a gigabyte in zlib",
            coded("deflate", &bombs::deflate()),
            OVER_THE_LIMIT,
        ),
        (
            "a gigabyte in Brotli",
            coded("br", &bombs::brotli()),
            OVER_THE_LIMIT,
        ),
        (
            "a gigabyte in zstd",
            coded("zstd", &bombs::zstd(23)),
            OVER_THE_LIMIT,
        ),
        (
            "a window of 128 MiB",
            coded("zstd", &bombs::zstd(27)),
            BROKEN_BODY,
        ),
        (
            "a window of 2 GiB",
            coded("zstd", &bombs::zstd(31)),
            BROKEN_BODY,
        ),
        (
            "a file name without end",
            coded("gzip", &named).forever("x"),
            RAN_OVER,
        ),
        (
            "empty blocks without end",
            coded("gzip", started).forever(b"\0\0\0\xff\xff"),
            RAN_OVER,
        ),
        (
            "empty members without end",
            coded("gzip", &[]).forever(bombs::gzip_of(b"")),
            RAN_OVER,
        ),
        (
            "frames to skip without end",
            coded("zstd", &[]).forever(b"\x50\x2a\x4d\x18\0\0\0\0"),
            RAN_OVER,
        ),
    ];
    check(&[], rows).await;
}
