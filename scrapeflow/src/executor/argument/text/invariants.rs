//! What holds for every body and every content type, whatever they are.
//!
//! They come from the fuzz target `text` and from its corpus, which every test run replays: a line with the
//! content type, then the body. What a body means is for the other tests.

use encoding_rs::{Encoding, UTF_8};

use super::media::{self, Kind};
use super::{HEAD, decode, encoding, prescan};

/// Panics if `data` breaks a promise of this module.
pub(crate) fn check_invariants(data: &[u8]) {
    let line = data.iter().position(|byte| *byte == b'\n');
    let (content_type, body) = match line {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (&data[..0], data),
    };
    let content_type = String::from_utf8_lossy(content_type);
    check_body(body, &content_type);
    check_declared(&body[..body.len().min(HEAD)]);
    let utf8 = String::from_utf8_lossy(body);
    check_utf8(&utf8);
}

/// What decides, decides alone.
fn check_body(body: &[u8], content_type: &str) {
    let text = decode(body, Some(content_type));
    let found = encoding(body, content_type);
    assert_eq!(text, found.decode(body).0);
    if content_type.is_empty() {
        assert_eq!(text, decode(body, None));
    }
    if let Some((marked, mark)) = Encoding::for_bom(body) {
        assert_eq!(found, marked);
        let rest = marked.decode_without_bom_handling(&body[mark..]).0;
        assert_eq!(text, rest);
        return;
    }
    let charset = media::charset(content_type);
    match (Kind::of(content_type), charset) {
        (Kind::Json, _) => assert_eq!(text, String::from_utf8_lossy(body)),
        (_, Some(charset)) => assert_eq!(found, charset),
        (Kind::Other, None) => assert_eq!(found, encoding(body, "text/plain")),
        (Kind::Html | Kind::Xml, None) => {}
    }
    let loud = content_type.to_ascii_uppercase();
    assert_eq!(encoding(body, &loud), found, "names are read in any case");
}

/// A declaration counts in any case, and whatever comes after it.
fn check_declared(head: &[u8]) {
    let by_html = prescan::html(head);
    // The declaration of XML counts in one case only, and at the beginning only.
    if head.starts_with(b"<?") || head.starts_with(b"\0<") || head.starts_with(b"<\0") {
        return;
    }
    assert_eq!(prescan::html(&head.to_ascii_uppercase()), by_html);
    assert_eq!(prescan::xml(head), None);
    let Some(declared) = by_html else {
        let cut = [head, b" <!--"].concat();
        assert_eq!(prescan::html(&cut), None, "a comment declares nothing");
        return;
    };
    for after in ["", "<meta charset=koi8-r>", "-->'\"><!-- <"] {
        let more = [head, after.as_bytes()].concat();
        assert_eq!(prescan::html(&more), Some(declared), "the first counts");
    }
}

/// UTF-8 that nothing declares stays as it is.
fn check_utf8(text: &str) {
    if Encoding::for_bom(text.as_bytes()).is_some() {
        return;
    }
    for content_type in [
        "text/plain",
        "text/plain; charset=UTF-8",
        "application/json",
    ] {
        assert_eq!(encoding(text.as_bytes(), content_type), UTF_8);
        assert_eq!(decode(text.as_bytes(), Some(content_type)), text);
    }
}
