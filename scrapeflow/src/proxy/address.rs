//! One proxy: where it is, what it speaks, and who we are to it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

/// A proxy: `scheme://user:password@host:port`, or `host:port` and `host:port:user:password` as services list them.
///
/// Schemes are `http` (which it is without one), `https`, `socks5`, and `socks5h`, which has the proxy resolve names.
/// What speaks HTTP carries HTTPS through `CONNECT` (RFC 9110, 9.3.6). In a URL a user or password with `:`, `/` or
/// `@` in it is percent-encoded. User and password are part of what it is, and are never shown.
///
/// ```
/// use scrapeflow::Proxy;
///
/// let proxy: Proxy = "http://ann:secret@10.0.0.1:8080".parse()?;
/// assert_eq!(proxy.to_string(), "http://10.0.0.1:8080");
/// assert!(!format!("{proxy:?}").contains("secret"));
/// assert!("ftp://10.0.0.1:21".parse::<Proxy>().is_err());
/// # Ok::<(), scrapeflow::InvalidProxy>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Proxy(Arc<Parts>);

#[derive(Clone, PartialEq, Eq, Hash)]
struct Parts {
    scheme: Scheme,
    host: Host,
    port: u16,
    user: Option<User>,
    country: Option<String>,
    /// Without user and password.
    shown: Arc<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Scheme {
    Http,
    Https,
    Socks5,
    Socks5h,
}

#[derive(Clone)]
struct User {
    name: String,
    password: SecretString,
}

/// Why a text is no proxy. What it says shows no user and no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidProxy(pub(super) String);

impl Proxy {
    /// One of a service's list.
    pub(super) fn new(
        host: &str,
        port: u16,
        user: &str,
        password: &str,
    ) -> Result<Self, InvalidProxy> {
        let user = User {
            name: user.to_owned(),
            password: password.into(),
        };
        Self::of_parts(Scheme::Http, host, &port.to_string(), Some(user))
    }

    /// The country that it goes out from, if that is known: `US`.
    pub fn country(&self) -> Option<&str> {
        self.0.country.as_deref()
    }

    /// The same, said to go out from a country: its two letters (ISO 3166-1), in whichever case.
    #[must_use]
    pub fn in_country(self, country: &str) -> Self {
        let mut parts = Arc::unwrap_or_clone(self.0);
        parts.country = Some(country.to_ascii_uppercase());
        Self(Arc::new(parts))
    }

    /// It without user and password, as events and reports name it.
    pub(crate) fn shown(&self) -> &Arc<str> {
        &self.0.shown
    }

    /// Whether it speaks HTTP: then it may answer itself, in place of who was asked.
    pub(crate) fn speaks_http(&self) -> bool {
        matches!(self.0.scheme, Scheme::Http | Scheme::Https)
    }

    /// With user and password, for the client.
    pub(crate) fn url(&self) -> Url {
        let mut url = Url::parse(&self.to_string()).expect("scheme, host and port make a URL");
        if let Some(user) = &self.0.user {
            // Neither fails on a URL that has a host.
            let _ = url.set_username(&user.name);
            let _ = url.set_password(Some(user.password.expose_secret()));
        }
        url
    }

    fn of_url(text: &str) -> Result<Self, InvalidProxy> {
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
        Self::of_parts(scheme, host, port, user)
    }

    fn of_parts(
        scheme: Scheme,
        host: &str,
        port: &str,
        user: Option<User>,
    ) -> Result<Self, InvalidProxy> {
        if host.is_empty() {
            return Err(InvalidProxy("it has no host".into()));
        }
        let host = Host::parse(host).map_err(|_| InvalidProxy("its host is none".into()))?;
        let port = match port.parse() {
            Ok(0) | Err(_) => {
                return Err(InvalidProxy("its port is no number from 1 to 65535".into()));
            }
            Ok(port) => port,
        };
        let shown = format!("{scheme}://{host}:{port}").into();
        Ok(Self(Arc::new(Parts {
            scheme,
            host,
            port,
            user,
            country: None,
            shown,
        })))
    }
}

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
                if !text.contains("://") && !text.contains('@') && !host.starts_with('[') =>
            {
                let user = User {
                    name: user.to_owned(),
                    password: password.into(),
                };
                Self::of_parts(Scheme::Http, host, port, Some(user))
            }
            _ => Self::of_url(text),
        }
    }
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

    fn secrets(&self) -> (&str, &str) {
        (&self.name, self.password.expose_secret())
    }
}

impl PartialEq for User {
    fn eq(&self, other: &Self) -> bool {
        self.secrets() == other.secrets()
    }
}

impl Eq for User {}

impl std::hash::Hash for User {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.secrets().hash(state);
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        })
    }
}

/// Without user and password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.shown)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("at", &format_args!("{self}"))
            .field("country", &self.0.country)
            .finish_non_exhaustive()
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
                "10.0.0.1:8080:ann:se:cr/et",
                "http://ann:se%3Acr%2Fet@10.0.0.1:8080/",
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
            ("p.example:x:ann:secret", "its port is no number"),
            ("http://ann:secret@p.example:1/path", "it has a path"),
            ("http://ann:%ff@p.example:1", "is no UTF-8"),
        ] {
            let told = text.parse::<Proxy>().unwrap_err().to_string();
            assert!(told.contains(why), "{text:?}: {told}");
            assert!(!told.contains("secret") && !told.contains("ann"), "{told}");
        }
    }

    #[test]
    fn user_and_password_tell_proxies_apart_and_are_never_shown() {
        let ann: Proxy = "http://ann:secret@p.example:1".parse().unwrap();
        let bob: Proxy = "http://bob:secret@p.example:1".parse().unwrap();
        assert_ne!(ann, bob);
        assert_eq!(ann, "p.example:1:ann:secret".parse().unwrap());
        assert_eq!(ann.to_string(), bob.to_string());
        let shown = format!("{ann} {ann:?} {:?}", ann.clone().in_country("us"));
        assert!(
            !shown.contains("secret") && !shown.contains("ann"),
            "{shown}"
        );
        assert_eq!(ann.in_country("us").country(), Some("US"));
    }
}
