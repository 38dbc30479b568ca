//! From bytes to text: byte order mark, else the charset of the content type, else UTF-8.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

pub(crate) fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    // A byte order mark goes over the label, and is removed: https://encoding.spec.whatwg.org/#decode.
    let (text, _, _) = content_type
        .and_then(charset)
        .unwrap_or(UTF_8)
        .decode(bytes);
    text
}

/// The charset parameter of a media type (RFC 9110, 8.3.1), by the WHATWG's labels.
fn charset(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("charset") {
            return None;
        }
        Encoding::for_label(value.trim().trim_matches('"').as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn mark_over_charset_over_utf8() {
        for (bytes, content_type, text) in [
            (&b"gr\xc3\xbcn"[..], None, "grün"),
            (b"gr\xfcn", Some("text/html; charset=ISO-8859-1"), "grün"),
            (
                b"gr\xfcn",
                Some("text/html; Charset=\"windows-1252\""),
                "grün",
            ),
            (b"gr\xfcn", Some("text/html"), "gr\u{fffd}n"),
            (
                b"\xef\xbb\xbfgr\xc3\xbcn",
                Some("text/html;charset=latin1"),
                "grün",
            ),
            (b"\xff\xfeg\0", None, "g"),
            (b"gr\xc3\xbcn", Some("text/html; charset=nonsense"), "grün"),
        ] {
            assert_eq!(decode(bytes, content_type), text, "{content_type:?}");
        }
    }
}
