//! The URL that params name, as it may be told: without user and password, and on one line.
//!
//! What URLs are is the fetching's business, which need not be there. Here one is told where it is certain what in it is
//! host, user and path, and none where a browser's reading (<https://url.spec.whatwg.org>) might differ.

use std::borrow::Cow;

use serde::Deserialize;

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    url: Cow<'a, str>,
}

/// The one under `url` in a task's params.
pub(crate) fn of_params(params: &str) -> Option<String> {
    let params: Params<'_> = serde_json::from_str(params).ok()?;
    without_credentials(&params.url)
}

/// A URL that somebody gave.
pub(crate) fn without_credentials(url: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_graphic() || (!c.is_ascii() && c.is_alphanumeric());
    if !url.chars().all(is_plain) {
        return None;
    }
    let (scheme, rest) = url.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    (is_scheme(scheme) && is_host(host)).then(|| [scheme, "://", host, path].concat())
}

/// As of RFC 3986, section 3.1.
pub(crate) fn is_scheme(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_part)
}

/// Host and port. What looks like a port and is none may be the beginning of a password.
fn is_host(text: &str) -> bool {
    let name = match text.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => text,
    };
    let is_address = name.starts_with('[') && name.ends_with(']');
    !name.is_empty() && (is_address || !name.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, told: Option<&str>) {
        assert_eq!(without_credentials(url).as_deref(), told, "{url}");
    }

    #[test]
    fn a_url_is_told_without_who_asks() {
        for same in [
            "https://a/b?c=d#e",
            "http://a.example:8080",
            "http://[::1]:80/b",
            "https://größe.example/straße",
            "https://medium.example/@somebody",
        ] {
            check(same, Some(same));
        }
        check("https://user:geheim@a/b@c", Some("https://a/b@c"));
        check("https://user:ge@heim@a?b@c", Some("https://a?b@c"));
        check("https://user:ge:heim@[::1]:8/", Some("https://[::1]:8/"));
    }

    #[test]
    fn what_may_hide_a_password_is_not_told() {
        for none in [
            "https://user:ge/heim@a/",
            "https://user:ge?heim@a/",
            "https://user:ge#heim@a/",
            r"https://user:ge\heim@a/",
            "https:///user:geheim@a/",
            r"https://\user:geheim@a/",
            "user:geheim@a/login?next=https://b/",
            "://user:geheim@a/",
        ] {
            check(none, None);
        }
    }

    #[test]
    fn what_is_no_url_or_steers_a_terminal_is_not_told() {
        for none in [
            "",
            "a page",
            "http://",
            "http://:80/",
            "https://a/b c",
            "https://a/\nb",
        ] {
            check(none, None);
        }
        check("https://a/\u{202e}gpj.exe", None);
        check("https://a/\u{2028}", None);
    }

    #[test]
    fn params_are_asked_for_it() {
        let told = Some("https://a/b".to_owned());
        assert_eq!(of_params(r#"{"page": 2, "url": "https://a/b"}"#), told);
        assert_eq!(of_params(r#"{"url": "https:\/\/user@a\/b"}"#), told);
        for none in ["{}", "[]", r#"{"url": 7}"#, r#"{"url": null}"#] {
            assert_eq!(of_params(none), None, "{none}");
        }
    }
}
