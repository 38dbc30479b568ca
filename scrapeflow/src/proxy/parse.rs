//! A proxy, as people and services write it.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

use super::Proxy;
use super::address::{Scheme, User};

/// Why a text is no proxy. What it says shows no user and no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidProxy(pub(super) String);

impl FromStr for Proxy {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidProxy("it is empty".into()));
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(InvalidProxy(
                "it has blanks or control characters in it".into(),
            ));
        }
        let listed: Vec<&str> = text.splitn(4, ':').collect();
        match listed[..] {
            [host, port, user, password]
                if !text.contains("://") && !host.starts_with('[') && is_number(port) =>
            {
                let user = User {
                    name: user.to_owned(),
                    password: password.into(),
                };
                Self::of_parts(Scheme::Http, host, port, Some(user))
            }
            _ => of_url(text),
        }
    }
}

/// A host is no user, and a port no password.
fn is_number(port: &str) -> bool {
    !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

fn of_url(text: &str) -> Result<Proxy, InvalidProxy> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        "socks5" => Scheme::Socks5,
        "socks5h" => Scheme::Socks5h,
        _ => {
            return Err(InvalidProxy(
                "its scheme is none of http, https, socks5 and socks5h".into(),
            ));
        }
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (user, place) = match rest.rsplit_once('@') {
        Some((user, place)) => (Some(User::of_url(user)?), place),
        None => (None, rest),
    };
    if place.contains(['/', '?', '#']) {
        return Err(InvalidProxy(
            "it has a path; a proxy is a host and a port".into(),
        ));
    }
    let (host, port) = place
        .rsplit_once(':')
        .filter(|(_, port)| !port.ends_with(']'))
        .ok_or_else(|| InvalidProxy("it has no port".into()))?;
    Proxy::of_parts(scheme, host, port, user)
}

impl User {
    fn of_url(text: &str) -> Result<Self, InvalidProxy> {
        let (name, password) = text.split_once(':').unwrap_or((text, ""));
        let decoded = |text| {
            let decoded = percent_decode_str(text).decode_utf8();
            decoded.map_err(|_| InvalidProxy("its user or password is no UTF-8".into()))
        };
        Ok(Self {
            name: decoded(name)?.into_owned(),
            password: decoded(password)?.into_owned().into(),
        })
    }
}

impl fmt::Display for InvalidProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl std::error::Error for InvalidProxy {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_read_as_urls_and_as_lists_have_them() {
        for (text, url) in [
            ("10.0.0.1:8080", "http://10.0.0.1:8080/"),
            (" http://10.0.0.1:8080/ ", "http://10.0.0.1:8080/"),
            ("HTTPS://p.example:443", "https://p.example/"),
            ("socks5://ann:x@[::1]:1080", "socks5://ann:x@[::1]:1080"),
            ("socks5h://p.example:1080", "socks5h://p.example:1080"),
            ("http://ann@p.example:1", "http://ann@p.example:1/"),
            (
                "http://a%3An:p%40%2F@p.example:1",
                "http://a%3An:p%40%2F@p.example:1/",
            ),
            (
                "ann:se@cret@p.example:1",
                "http://ann:se%40cret@p.example:1/",
            ),
            (
                "10.0.0.1:8080:ann:pass@word:99",
                "http://ann:pass%40word%3A99@10.0.0.1:8080/",
            ),
            (
                "10.0.0.1:8080:ann:se:cr/et",
                "http://ann:se%3Acr%2Fet@10.0.0.1:8080/",
            ),
            (
                "10.0.0.1:8080:a%n:se%40cret",
                "http://a%25n:se%2540cret@10.0.0.1:8080/",
            ),
            (
                "http://b\u{fc}cher.example:1",
                "http://xn--bcher-kva.example:1/",
            ),
        ] {
            let proxy: Proxy = text.parse().expect(text);
            assert_eq!(proxy.url().as_str(), url, "{text}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_told_by_its_kind_and_shows_no_secret() {
        for (text, why) in [
            ("", "it is empty"),
            ("  ", "it is empty"),
            ("10.0.0.1:80 80", "blanks or control"),
            ("http://ann:secret@p\n:1", "blanks or control"),
            ("ftp://ann:secret@p.example:21", "its scheme is none of"),
            ("socks4://ann:secret@p.example:1", "its scheme is none of"),
            ("p.example", "it has no port"),
            ("http://ann:secret@p.example", "it has no port"),
            ("http://[::1]", "it has no port"),
            (":8080", "it has no host"),
            ("http://ann:secret@:8080", "it has no host"),
            ("http://ann:secret@p example:1", "blanks or control"),
            ("http://a<b:1", "its host is none"),
            ("http://[::1:1", "its host is none"),
            ("p.example:0", "its port is no number"),
            ("p.example:65536", "its port is no number"),
            ("p.example:x:ann:secret", "its host is none"),
            ("http://ann:secret@p.example:1/path", "it has a path"),
            ("http://ann:%ff@p.example:1", "is no UTF-8"),
        ] {
            let told = text.parse::<Proxy>().unwrap_err().to_string();
            assert!(told.contains(why), "{text:?}: {told}");
            assert!(!told.contains("secret") && !told.contains("ann"), "{told}");
        }
    }
}
