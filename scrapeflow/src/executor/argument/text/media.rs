//! What a Content-Type header says of the text of its body (RFC 9110, 8.3.1).

#[cfg(any(test, fuzzing))]
mod invariants;

use encoding_rs::Encoding;

use super::for_label;
#[cfg(any(test, fuzzing))]
pub(crate) use invariants::check_invariants;

/// By what rules a body may declare its own encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Also what is unknown: little else has a `<meta`.
    Html,
    Xml,
    Json,
    Other,
}

impl Kind {
    pub(super) fn of(content_type: &str) -> Self {
        let essence = content_type.split(';').next().unwrap_or_default();
        match essence.trim().to_ascii_lowercase().as_str() {
            // The latter four are how servers say that they don't know.
            "text/html"
            | "application/octet-stream"
            | "application/unknown"
            | "unknown/unknown"
            | "*/*" => Self::Html,
            "text/xml" | "application/xml" => Self::Xml,
            "text/json" | "application/json" => Self::Json,
            media_type if media_type.ends_with("+xml") => Self::Xml,
            media_type if media_type.ends_with("+json") => Self::Json,
            media_type if media_type.contains('/') => Self::Other,
            _ => Self::Html,
        }
    }
}

/// The first charset parameter that names an encoding.
pub(super) fn charset(content_type: &str) -> Option<&'static Encoding> {
    let (_, mut rest) = content_type.split_once(';')?;
    loop {
        let (name, after) = rest.split_at(rest.find(['=', ';'])?);
        let after = match after.strip_prefix('=').map(parameter_value) {
            Some((value, after)) => {
                if name.trim().eq_ignore_ascii_case("charset")
                    && let Some(encoding) = for_label(value.as_bytes())
                {
                    return Some(encoding);
                }
                after
            }
            None => after,
        };
        (_, rest) = after.split_once(';')?;
    }
}

/// The value at the front, a token or a quoted string, and what comes after it.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.trim_start().strip_prefix('"') else {
        let (value, after) = text.split_at(text.find(';').unwrap_or(text.len()));
        return (value.to_owned(), after);
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => value.extend(characters.next()),
            _ => value.push(character),
        }
    }
    (value, characters.as_str())
}

#[cfg(test)]
mod tests {
    use encoding_rs::Encoding;

    use super::{Kind, charset};

    #[test]
    fn kinds() {
        for (content_type, kind) in [
            ("", Kind::Html),
            ("text/html", Kind::Html),
            (" Text/HTML ; charset=x", Kind::Html),
            ("html", Kind::Html),
            ("*/*", Kind::Html),
            ("application/octet-stream", Kind::Html),
            ("application/xhtml+xml", Kind::Xml),
            ("text/xml;charset=utf-8", Kind::Xml),
            ("image/svg+xml", Kind::Xml),
            ("application/json", Kind::Json),
            ("application/problem+json", Kind::Json),
            ("text/plain", Kind::Other),
            ("text/css", Kind::Other),
            ("text/csv; charset=utf-8", Kind::Other),
        ] {
            assert_eq!(Kind::of(content_type), kind, "{content_type}");
        }
    }

    #[test]
    fn charsets() {
        for (parameters, name) in [
            ("", ""),
            (";", ""),
            ("; charset", ""),
            ("; charset=", ""),
            ("; charset=\"", ""),
            ("; charset=\"\\", ""),
            ("; charset=nonsense", ""),
            ("; xcharset=utf-8", ""),
            ("; a=\"; charset=utf-8\"", ""),
            ("; charset=utf-8", "UTF-8"),
            (";CHARSET=UTF8", "UTF-8"),
            ("; charset=latin1", "windows-1252"),
            ("; charset=utf-16be", "UTF-16BE"),
            ("; charset = koi8-r ; a=b", "KOI8-R"),
            ("; charset=\"koi8-r\"", "KOI8-R"),
            ("; charset=\"koi8-r", "KOI8-R"),
            ("; charset=\"koi8\\-r\"; a=b", "KOI8-R"),
            ("; a; charset=koi8-r", "KOI8-R"),
            ("; a=\"\\\";\"; charset=koi8-r", "KOI8-R"),
            ("; charset=; charset=koi8-r", "KOI8-R"),
            ("; charset=x; charset=koi8-r", "KOI8-R"),
            ("; charset=koi8-r; charset=utf-8", "KOI8-R"),
        ] {
            let content_type = format!("text/html{parameters}");
            let found = charset(&content_type).map_or("", Encoding::name);
            assert_eq!(found, name, "{content_type}");
        }
        assert_eq!(charset("charset=utf-8"), None);
    }
}
