//! The encoding that a page declares at its beginning, by the steps of
//! <https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding>.
//! Reads bytes, not HTML: a `<meta>` in a script counts. How much of a body is its beginning is the
//! caller's matter.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

use super::for_label;

/// By `<meta>`, else by the XML declaration.
pub(super) fn html(head: &[u8]) -> Option<&'static Encoding> {
    utf16(head)
        .or_else(|| Scanner(head).encoding().ok())
        .or_else(|| xml_declaration(head))
}

/// By the XML declaration alone: `<meta>` means nothing in XML.
pub(super) fn xml(head: &[u8]) -> Option<&'static Encoding> {
    utf16(head).or_else(|| xml_declaration(head))
}

/// An XML declaration in UTF-16 shows it, whatever it says.
fn utf16(head: &[u8]) -> Option<&'static Encoding> {
    match head {
        [b'<', 0, b'?', 0, b'x', 0, ..] => Some(UTF_16LE),
        [0, b'<', 0, b'?', 0, b'x', ..] => Some(UTF_16BE),
        _ => None,
    }
}

/// The bytes not read yet.
struct Scanner<'a>(&'a [u8]);

/// A name and a value, empty without one.
type Attribute<'a> = (&'a [u8], &'a [u8]);

/// A tag that is cut off declares nothing: its next attribute could be the one that counts.
struct OutOfBytes;

impl<'a> Scanner<'a> {
    fn encoding(&mut self) -> Result<&'static Encoding, OutOfBytes> {
        loop {
            self.until(|byte| byte == b'<')?;
            match self.0 {
                // From the first dashes on, since `<!-->` is a comment too.
                [_, b'!', b'-', b'-', ..] => {
                    self.skip(2);
                    let end = find(self.0, b"-->").ok_or(OutOfBytes)?;
                    self.skip(end);
                }
                [
                    _,
                    m,
                    e,
                    t,
                    a,
                    b'/' | b'\t' | b'\n' | b'\x0c' | b'\r' | b' ',
                    ..,
                ] if [*m, *e, *t, *a].eq_ignore_ascii_case(b"meta") => {
                    self.skip(5);
                    if let Some(encoding) = self.meta()? {
                        return Ok(encoding);
                    }
                }
                [_, b'/', letter, ..] | [_, letter, ..] if letter.is_ascii_alphabetic() => {
                    self.until(|byte| byte == b'>' || byte.is_ascii_whitespace())?;
                    while self.attribute()?.is_some() {}
                }
                [_, b'!' | b'/' | b'?', ..] => {
                    self.until(|byte| byte == b'>')?;
                }
                _ => self.skip(1),
            }
        }
    }

    /// What a `<meta` declares by its attributes. Of each name the first counts, and `charset` goes
    /// over `content` even where it names no encoding.
    fn meta(&mut self) -> Result<Option<&'static Encoding>, OutOfBytes> {
        let (mut charset, mut content, mut http_equiv) = (None, None, None);
        while let Some((name, value)) = self.attribute()? {
            let first = match name.to_ascii_lowercase().as_slice() {
                b"charset" => &mut charset,
                b"content" => &mut content,
                b"http-equiv" => &mut http_equiv,
                _ => continue,
            };
            first.get_or_insert(value);
        }
        let pragma = http_equiv.is_some_and(|value| value.eq_ignore_ascii_case(b"content-type"));
        let encoding = match (charset, content) {
            (Some(label), _) => for_label(label),
            (None, Some(content)) if pragma => content_charset(content),
            _ => None,
        };
        Ok(encoding.map(|encoding| {
            if encoding == X_USER_DEFINED {
                WINDOWS_1252
            } else {
                not_utf16(encoding)
            }
        }))
    }

    /// The next attribute, or none at the `>` of the tag.
    fn attribute(&mut self) -> Result<Option<Attribute<'a>>, OutOfBytes> {
        if self.next(|byte| byte != b'/' && !byte.is_ascii_whitespace())? == b'>' {
            return Ok(None);
        }
        // An `=` may begin a name, but not go on with it.
        let mut begun = false;
        let name = self.until(|byte| {
            let value = begun && byte == b'=';
            begun = true;
            value || matches!(byte, b'/' | b'>') || byte.is_ascii_whitespace()
        })?;
        if self.next(|byte| !byte.is_ascii_whitespace())? != b'=' {
            return Ok(Some((name, b"")));
        }
        self.skip(1);
        let quote = self.next(|byte| !byte.is_ascii_whitespace())?;
        if !matches!(quote, b'"' | b'\'') {
            let value = self.until(|byte| byte == b'>' || byte.is_ascii_whitespace())?;
            return Ok(Some((name, value)));
        }
        self.skip(1);
        let value = self.until(|byte| byte == quote)?;
        self.skip(1);
        Ok(Some((name, value)))
    }

    /// Reads up to a byte, and gives it.
    fn next(&mut self, stop: impl FnMut(u8) -> bool) -> Result<u8, OutOfBytes> {
        self.until(stop)?;
        self.0.first().copied().ok_or(OutOfBytes)
    }

    /// Reads up to a byte, and gives what came before it.
    fn until(&mut self, stop: impl FnMut(u8) -> bool) -> Result<&'a [u8], OutOfBytes> {
        let at = self.0.iter().copied().position(stop).ok_or(OutOfBytes)?;
        let (read, rest) = self.0.split_at(at);
        self.0 = rest;
        Ok(read)
    }

    fn skip(&mut self, count: usize) {
        self.0 = &self.0[count..];
    }
}

/// What follows the first `charset` with an `=` in the content of a `<meta>`.
fn content_charset(mut content: &[u8]) -> Option<&'static Encoding> {
    const NAME: &[u8] = b"charset";
    loop {
        let at = content
            .windows(NAME.len())
            .position(|bytes| bytes.eq_ignore_ascii_case(NAME))?;
        content = content[at + NAME.len()..].trim_ascii_start();
        let Some(value) = content.strip_prefix(b"=") else {
            continue;
        };
        let label = match value.trim_ascii_start() {
            [quote @ (b'"' | b'\''), quoted @ ..] => {
                &quoted[..quoted.iter().position(|byte| byte == quote)?]
            }
            token => token
                .split(|byte| *byte == b';' || byte.is_ascii_whitespace())
                .next()?,
        };
        return for_label(label);
    }
}

/// Looks no further than the declaration, as browsers do; by the letter of the standard `encoding`
/// could as well come after it.
fn xml_declaration(head: &[u8]) -> Option<&'static Encoding> {
    const NAME: &[u8] = b"encoding";
    let declaration = head.strip_prefix(b"<?xml")?;
    let declaration = &declaration[..find(declaration, b">")?];
    let value = &declaration[find(declaration, NAME)? + NAME.len()..];
    let value = trim_controls(trim_controls(value).strip_prefix(b"=")?);
    let [quote @ (b'"' | b'\''), quoted @ ..] = value else {
        return None;
    };
    let label = &quoted[..quoted.iter().position(|byte| byte == quote)?];
    if label.iter().any(|byte| *byte <= b' ') {
        return None;
    }
    for_label(label).map(not_utf16)
}

/// What could be read as ASCII isn't UTF-16, so its authors mean UTF-8.
fn not_utf16(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == UTF_16LE || encoding == UTF_16BE {
        UTF_8
    } else {
        encoding
    }
}

fn trim_controls(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| *byte > b' ');
    &bytes[start.unwrap_or(bytes.len())..]
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests;
