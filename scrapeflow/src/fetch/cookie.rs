//! What the `Cookie` header of a request says (RFC 6265, 5.4).

use http::header::HeaderValue;

use secrecy::{ExposeSecret, SecretString};

/// A cookie to be sent: whoever has the value is who it was given to.
#[derive(Debug, Clone)]
pub(super) struct Cookie {
    name: String,
    value: SecretString,
}

impl Cookie {
    pub(super) fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into().into(),
        }
    }
}

/// One header of all, since more than one is not allowed: what was `given` as a header, then what the sources have
/// that nobody before them named.
pub(super) fn header(given: Option<HeaderValue>, sources: [&[Cookie]; 3]) -> Option<HeaderValue> {
    if sources.iter().all(|source| source.is_empty()) {
        return given;
    }
    let mut text = given.map_or_else(Vec::new, |given| given.as_bytes().to_vec());
    for source in sources {
        let named = names(&text);
        let mut more: Vec<String> = Vec::with_capacity(source.len());
        for Cookie { name, value } in source {
            if !named.iter().any(|named| named == name.as_bytes()) {
                more.push(format!("{name}={}", value.expose_secret()));
            }
        }
        for pair in more {
            if !text.is_empty() {
                text.extend_from_slice(b"; ");
            }
            text.extend_from_slice(pair.as_bytes());
        }
    }
    // Those that no header can have were refused before.
    let mut header = HeaderValue::from_bytes(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

fn names(cookies: &[u8]) -> Vec<Vec<u8>> {
    let pairs = cookies.split(|&byte| byte == b';');
    pairs
        .filter_map(|pair| pair.split(|&byte| byte == b'=').next())
        .map(|name| name.trim_ascii().to_vec())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: Option<&'static str>, sources: [&[(&str, &str)]; 3], sent: Option<&str>) {
        let owned = |&(name, value): &(&str, &str)| Cookie::new(name, value);
        let sources = sources.map(|source| source.iter().map(owned).collect::<Vec<_>>());
        let header = header(
            given.map(HeaderValue::from_static),
            [&sources[0], &sources[1], &sources[2]],
        );
        assert_eq!(header.as_ref().and_then(|sent| sent.to_str().ok()), sent);
    }

    #[test]
    fn whoever_names_a_cookie_first_says_its_value() {
        check(None, [&[], &[], &[]], None);
        check(Some("raw"), [&[], &[], &[]], Some("raw"));
        check(
            None,
            [
                &[("a", "1")],
                &[("a", "2"), ("b", "2")],
                &[("b", "3"), ("c", "3")],
            ],
            Some("a=1; b=2; c=3"),
        );
        check(
            Some("a=0;b = 0"),
            [&[], &[("a", "2"), ("b", "2"), ("ab", "2")], &[]],
            Some("a=0;b = 0; ab=2"),
        );
    }

    #[test]
    fn a_source_may_have_one_name_twice() {
        // As a jar has it for two paths.
        check(
            None,
            [&[], &[("a", "/x"), ("a", "/")], &[("a", "3")]],
            Some("a=/x; a=/"),
        );
    }
}
