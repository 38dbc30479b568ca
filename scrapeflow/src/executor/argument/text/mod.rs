//! From the bytes of a body to text. The first that names an encoding decides: a byte order mark,
//! the content type, the body's own declaration, and last what its bytes look like. Knows nothing
//! of responses: the content type comes as the header has it.

mod detect;
#[cfg(test)]
mod html5lib;
#[cfg(any(test, fuzzing))]
mod invariants;
mod media;
mod prescan;

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

#[cfg(any(test, fuzzing))]
pub(crate) use invariants::check_invariants;
use media::Kind;
#[cfg(any(test, fuzzing))]
pub(crate) use media::check_invariants as check_content_type;

/// How far a body is searched for its own declaration, in bytes: pages must declare within them.
const HEAD: usize = 1024;

/// Borrows a body of valid UTF-8 or ASCII. What is malformed becomes U+FFFD.
pub(crate) fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    // Also removes the byte order mark.
    let (text, _, _) = encoding(bytes, content_type.unwrap_or_default()).decode(bytes);
    text
}

fn encoding(bytes: &[u8], content_type: &str) -> &'static Encoding {
    // The mark goes over the label: https://encoding.spec.whatwg.org/#decode.
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    let kind = Kind::of(content_type);
    if kind == Kind::Json {
        // JSON has no other encoding and no charset parameter (RFC 8259, 8.1 and 11).
        return UTF_8;
    }
    let head = &bytes[..bytes.len().min(HEAD)];
    media::charset(content_type)
        .or_else(|| match kind {
            Kind::Html => prescan::html(head),
            Kind::Xml => prescan::xml(head),
            Kind::Json | Kind::Other => None,
        })
        .unwrap_or_else(|| detect::detect(bytes))
}

/// The encoding of a label. Where a browser shows one U+FFFD instead of the page (HZ, ISO-2022-KR),
/// there is none: the ASCII of such a page is worth keeping.
fn for_label(label: &[u8]) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(label)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::decode;

    #[test]
    fn mark_over_charset_over_declaration_over_detection() {
        const META: &[u8] = b"<meta charset=koi8-r>\xc1";
        const MARK_AND_META: &[u8] = b"\xef\xbb\xbf<meta charset=koi8-r>";
        for (bytes, content_type, text) in [
            (&b""[..], None, ""),
            (b"\xef\xbb\xbf", None, ""),
            (b"\xff\xfeg\0", None, "g"),
            (b"\xfe\xff\0g", Some("application/json"), "g"),
            (b"\xff\xfeg\0", Some("text/html; charset=utf-8"), "g"),
            (MARK_AND_META, None, "<meta charset=koi8-r>"),
            (META, Some("text/html"), "<meta charset=koi8-r>а"),
            (META, Some("text/html; charset=x"), "<meta charset=koi8-r>а"),
            (META, Some("a/b; charset=latin1"), "<meta charset=koi8-r>Á"),
            (b"gr\xfcn", Some("text/html; charset=latin1"), "grün"),
            (b"gr\xfcn", Some("text/html; charset=utf-8"), "gr\u{fffd}n"),
            (b"gr\xc3\xbcn", Some("a/b; charset=latin1"), "grÃ¼n"),
            (b"g\0", Some("text/html; charset=utf-16le"), "g"),
            (b"gr\xc3\xbcn", None, "grün"),
            (b"gr\xfcn", None, "grün"),
            (b"gr\xfcn", Some("text/html"), "grün"),
            // Refused by browsers, and so no charset.
            (b"a ~{VP~}", Some("a/b; charset=hz-gb-2312"), "a ~{VP~}"),
        ] {
            assert_eq!(decode(bytes, content_type), text, "{content_type:?}");
        }
    }

    #[test]
    fn who_may_declare() {
        const META: &[u8] = b"<meta charset=koi8-r>\xc3\xbc";
        const XML: &[u8] = b"<?xml version='1.0' encoding='koi8-r'?><meta charset=latin1>\xc3\xbc";
        for (bytes, content_type, end) in [
            (META, None, "ц╪"),
            (META, Some("application/octet-stream"), "ц╪"),
            (META, Some("text/plain"), "ü"),
            (META, Some("text/css"), "ü"),
            (META, Some("application/rss+xml"), "ü"),
            (META, Some("application/json"), "ü"),
            (XML, Some("text/html"), "Ã¼"),
            (XML, Some("application/xhtml+xml"), "ц╪"),
            (XML, Some("text/plain"), "ü"),
        ] {
            let text = decode(bytes, content_type);
            assert!(text.ends_with(end), "{content_type:?}: {text}");
        }
    }

    #[test]
    fn json_is_utf8_whatever_it_says() {
        for content_type in [
            "application/json",
            "application/json; charset=latin1",
            "application/ld+json; charset=windows-1251",
            "text/json",
        ] {
            assert_eq!(decode(b"\"gr\xc3\xbcn\"", Some(content_type)), "\"grün\"");
            assert_eq!(decode(b"\"\xfc\"", Some(content_type)), "\"\u{fffd}\"");
        }
    }

    #[test]
    fn a_declaration_counts_within_the_head_only() {
        let meta = "<meta charset=koi8-r>";
        let fits = super::HEAD - meta.len();
        for (before, end) in [(fits, "ц╪"), (fits + 1, "ü")] {
            let page = format!("{}{meta}ü", " ".repeat(before));
            assert!(decode(page.as_bytes(), None).ends_with(end), "{before}");
        }
    }

    #[test]
    fn utf8_is_borrowed() {
        for content_type in [None, Some("text/html; charset=utf-8"), Some("text/plain")] {
            let text = decode("<meta charset=utf-8>grün".as_bytes(), content_type);
            assert!(matches!(text, Cow::Borrowed(_)), "{content_type:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_text(
            bytes in prop::collection::vec(any::<u8>(), 0..4096),
            content_type in prop::option::of(".*"),
        ) {
            decode(&bytes, content_type.as_deref());
        }

        #[test]
        fn undeclared_utf8_stays(text in "[^\u{feff}].*") {
            prop_assert_eq!(&*decode(text.as_bytes(), Some("text/plain")), &text);
        }
    }
}
