//! Content encodings and charsets.

use std::io::{self, Read};

use flate2::read::{GzDecoder, ZlibDecoder};

use super::client::get;
use crate::{CHARSET_TEXT, Site, compressed_text};

/// The body of that path, checked to be in that content encoding.
fn encoded(site: &Site, target: &str, coding: &str) -> Vec<u8> {
    let reply = get(site, target);
    assert_eq!(reply.header("Content-Encoding"), Some(coding));
    reply.body
}

fn decoded(mut decoder: impl Read) -> (String, io::Result<usize>) {
    let mut text = Vec::new();
    let result = decoder.read_to_end(&mut text);
    (String::from_utf8(text).unwrap(), result)
}

#[test]
fn encodings_hold_the_text() {
    let site = Site::start();
    let gzip = encoded(&site, "/gzip", "gzip");
    assert!(gzip.len() < compressed_text().len());
    assert_eq!(decoded(GzDecoder::new(&*gzip)).0, compressed_text());
    let deflate = encoded(&site, "/deflate", "deflate");
    assert_eq!(decoded(ZlibDecoder::new(&*deflate)).0, compressed_text());
    // There is no decoder of these here; both were decoded when they were made.
    assert_eq!(encoded(&site, "/br", "br").len(), 40);
    assert!(encoded(&site, "/zstd", "zstd").starts_with(b"\x28\xb5\x2f\xfd"));
}

#[test]
fn encodings_decode_to_any_size() {
    let site = Site::start();
    let gzip = encoded(&site, "/gzip?size=1000000", "gzip");
    assert_eq!(decoded(GzDecoder::new(&*gzip)).0.len(), 1_000_000);
    let deflate = encoded(&site, "/deflate?size=1", "deflate");
    assert_eq!(decoded(ZlibDecoder::new(&*deflate)).0, "T");
}

#[test]
fn broken_gzip_begins_well() {
    let site = Site::start();
    let gzip = encoded(&site, "/gzip/broken", "gzip");
    let (text, result) = decoded(GzDecoder::new(&*gzip));
    assert!(text.starts_with(&compressed_text()));
    assert!(result.is_err());
}

#[test]
fn charsets_are_told_and_used() {
    let site = Site::start();
    let times_in = |bytes: &[u8]| [b"<p id=\"text\">3 ", bytes, b" 4 "].concat();
    for (path, content_type, times) in [
        ("utf8", "text/html; charset=utf-8", &b"\xc3\x97"[..]),
        ("latin1", "text/html; charset=iso-8859-1", b"\xd7"),
        ("windows-1252", "text/html; charset=windows-1252", b"\xd7"),
        ("shift_jis", "text/html; charset=shift_jis", b"\x81\x7e"),
        ("meta", "text/html", b"\x81\x7e"),
        ("bom", "text/html", b"\xc3\x97"),
        ("latin1?charset=utf-8", "text/html; charset=utf-8", b"\xd7"),
    ] {
        let reply = get(&site, &format!("/charset/{path}"));
        assert_eq!(reply.header("Content-Type"), Some(content_type), "{path}");
        let times = times_in(times);
        assert!(
            reply
                .body
                .windows(times.len())
                .any(|window| window == times),
            "{path}"
        );
    }
    assert!(get(&site, "/charset/utf8").text().contains(CHARSET_TEXT));
    assert!(get(&site, "/charset/bom").text().starts_with('\u{feff}'));
    let meta = get(&site, "/charset/meta").body;
    assert!(String::from_utf8_lossy(&meta).contains("<meta charset=\"shift_jis\">"));
    assert_eq!(get(&site, "/charset/utf-7").status, 404);
}

/// What the two-byte characters of the text are was looked up once; nothing else may need two bytes.
#[test]
fn shift_jis_knows_the_whole_text() {
    let site = Site::start();
    let page = get(&site, "/charset/shift_jis").body;
    let beyond_ascii = CHARSET_TEXT
        .chars()
        .filter(|character| !character.is_ascii())
        .count();
    let lead_bytes = page.split(|&byte| byte == 0x81).count() - 1;
    // In the title and in the paragraph.
    assert_eq!(lead_bytes, 2 * beyond_ascii);
    assert!(!page.contains(&b'?'));
}
