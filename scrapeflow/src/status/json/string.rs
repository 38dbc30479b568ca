//! JSON strings: what stands between the quotes, and how to read and write it.
//!
//! `Scanner` has checked the strings that come from files. Nothing here
//! relies on that: a backslash that begins no escape reads as itself.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What a raw name or string, its quotes taken off, reads as.
///
/// JSON can spell half of a surrogate pair, UTF-8 cannot: it reads as U+FFFD.
pub(crate) fn unescape(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, escaped)) = rest.find('\\').map(|at| rest.split_at(at)) {
        let (character, length) = escape(escaped);
        text.push_str(plain);
        text.push(character);
        rest = &escaped[length..];
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// `text` as a JSON string with its quotes.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote(&mut out, text);
    out
}

/// Appends `text` as a JSON string with its quotes, escaping what JSON demands
/// and no more, as `serde_json` does.
pub(crate) fn quote(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    loop {
        let (plain, stopped) = rest.split_at(plain_length(rest.as_bytes()));
        out.push_str(plain);
        let Some(&byte) = stopped.as_bytes().first() else {
            break;
        };
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\x08' => out.push_str("\\b"),
            b'\x0c' => out.push_str("\\f"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => {
                let _ = write!(out, "\\u{control:04x}"); // a String takes everything
            }
        }
        rest = &stopped[1..];
    }
    out.push('"');
}

/// How many bytes of a string stand for themselves before the first that
/// doesn't: a quote, a backslash, a control character, or the end.
#[inline]
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    // Eight bytes at a time: strings are most of a status file.
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (index, chunk) in chunks.iter().enumerate() {
        let stops = stops(u64::from_le_bytes(*chunk));
        if stops != 0 {
            return index * 8 + stops.trailing_zeros() as usize / 8;
        }
    }
    let stop = rest
        .iter()
        .position(|&byte| byte < b' ' || byte == b'"' || byte == b'\\');
    chunks.len() * 8 + stop.unwrap_or(rest.len())
}

/// Sets the high bit of each byte that ends a plain run. A borrow can set bits
/// too many above the lowest one, so only that one may be relied on.
#[inline]
fn stops(bytes: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let below = |bytes: u64, limit: u8| bytes.wrapping_sub(ONES * u64::from(limit)) & !bytes;
    let equal = |byte: u8| below(bytes ^ (ONES * u64::from(byte)), 1);
    (below(bytes, b' ') | equal(b'"') | equal(b'\\')) & HIGH
}

/// Reads the escape at the start of `raw`, which begins with a backslash: the
/// character and how many bytes spell it.
pub(super) fn escape(raw: &str) -> (char, usize) {
    let bytes = raw.as_bytes();
    match bytes.get(1) {
        Some(b'b') => ('\x08', 2),
        Some(b'f') => ('\x0c', 2),
        Some(b'n') => ('\n', 2),
        Some(b'r') => ('\r', 2),
        Some(b't') => ('\t', 2),
        Some(&itself @ (b'"' | b'\\' | b'/')) => (char::from(itself), 2),
        _ => code_point(bytes).unwrap_or(('\\', 1)),
    }
}

/// Reads `\u` and four digits, or two of them where they are a surrogate pair.
fn code_point(bytes: &[u8]) -> Option<(char, usize)> {
    let first = code_unit(bytes)?;
    let second = bytes.get(6..).and_then(code_unit);
    match char::decode_utf16(std::iter::once(first).chain(second)).next()? {
        Ok(character) => Some((character, character.len_utf16() * 6)),
        Err(_) => Some((char::REPLACEMENT_CHARACTER, 6)),
    }
}

/// Reads one `\u` and four digits.
fn code_unit(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    // `from_str_radix` would take a sign.
    let unit = digits.iter().try_fold(0, |unit, &digit| {
        Some(unit << 4 | char::from(digit).to_digit(16)?)
    })?;
    u16::try_from(unit).ok()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{plain_length, quote, unescape};

    #[test]
    fn what_a_raw_string_reads_as() {
        for (raw, text) in [
            ("", ""),
            ("plain ä 🦀", "plain ä 🦀"),
            (r"l\u00e4nge", "länge"),
            (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\x08\x0c\n\r\t"),
            (r"\u0000\u001F\u007f", "\0\x1f\x7f"),
            (r"\ud83e\udd80", "🦀"),
            (r"\uD83E\uDD80!", "🦀!"),
            (r"\ud83e", "\u{fffd}"),
            (r"\udd80\ud83e", "\u{fffd}\u{fffd}"),
            (r"\ud83ex\udd80", "\u{fffd}x\u{fffd}"),
            (r"\ud83e\ud83e\udd80", "\u{fffd}🦀"),
            (r"\ud83e\n", "\u{fffd}\n"),
            // What no scanner lets through is kept as it is.
            (r"\x \u12 \u+123 \", r"\x \u12 \u+123 \"),
            (r"\ä \uäöü", r"\ä \uäöü"),
        ] {
            assert_eq!(unescape(raw), text, "{raw}");
        }
    }

    #[test]
    fn a_string_without_escapes_is_borrowed() {
        assert!(matches!(unescape("scrape_status"), Cow::Borrowed(_)));
    }

    #[test]
    fn strings_are_written_as_serde_json_writes_them() {
        let ascii: String = (0..=0x7f_u8).map(char::from).collect();
        for text in ["", "plain", "ä\u{2028}🦀", "\"", "\\", "a\"b\\c\n", &ascii] {
            let mut out = String::from("before");
            quote(&mut out, text);
            assert_eq!(
                out,
                format!("before{}", serde_json::json!(text)),
                "{text:?}"
            );
            assert_eq!(unescape(&out[7..out.len() - 1]), text, "{text:?}");
        }
    }

    #[test]
    fn plain_runs_end_at_the_first_byte_that_is_not_plain() {
        for length in 0..40 {
            let plain = vec![b'a'; length];
            assert_eq!(plain_length(&plain), length);
            for byte in 0..=u8::MAX {
                // The bytes after it must not matter, least of all those that borrow.
                for after in [b"", b"\"\\\x00\x1f\x20\xff\x80!!"] as [&[u8]; 2] {
                    let bytes = [&plain[..], &[byte], after].concat();
                    let stops = byte < 0x20 || byte == b'"' || byte == b'\\';
                    let expected = length + usize::from(!stops);
                    assert_eq!(plain_length(&bytes), expected, "{bytes:?}");
                }
            }
        }
    }
}
