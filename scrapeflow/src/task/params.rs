//! Params as JSON text.
//!
//! Params are kept as the text that goes into the status, never as a parsed value: a run reads them
//! only where an executor asks for them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The compact JSON of `params`, which has to be an object; else what is wrong with them, to
/// follow the word "params".
pub(super) fn object(params: &(impl Serialize + ?Sized)) -> Result<String, String> {
    let json = serde_json::to_string(params)
        .map_err(|error| format!("cannot be written as JSON: {error}"))?;
    match kind(&json) {
        "an object" => Ok(json),
        other => Err(format!(
            "must be a JSON object, found {other}; give a struct or a map"
        )),
    }
}

/// The URL that params name, without user and password.
pub(crate) fn url(params: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        url: Cow<'a, str>,
    }
    let named: Named<'_> = serde_json::from_str(params).ok()?;
    without_user(&named.url)
}

/// A URL on one line, without user and password; `None` if it is none.
pub(crate) fn without_user(url: &str) -> Option<String> {
    if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return None;
    }
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end]
        .rsplit_once('@')
        .map_or(0, |(user, _)| user.len() + 1);
    Some(format!("{scheme}://{}", &rest[host..]))
}

/// What a JSON value is, for messages, told by how it begins.
pub(super) fn kind(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_of_params_is_told_without_who_asks() {
        let of = |url: &str| self::url(&format!(r#"{{"page": 2, "url": "{url}"}}"#));
        let told = |url: &str| Some(url.to_owned());
        assert_eq!(of("https://a/b?c=d"), told("https://a/b?c=d"));
        assert_eq!(of(r"https:\/\/a\/b"), told("https://a/b"));
        assert_eq!(of("https://user:secret@a/b@c"), told("https://a/b@c"));
        assert_eq!(of("https://user:sec@ret@a?b@c"), told("https://a?b@c"));
        for none in ["", "a page", "https://a/b c", r"https://a/\nb"] {
            assert_eq!(of(none), None, "{none}");
        }
        for none in ["{}", r#"{"url": 7}"#, r#"{"url": null}"#] {
            assert_eq!(self::url(none), None, "{none}");
        }
    }
}
