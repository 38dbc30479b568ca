//! One proxy: where it is, what it speaks, and who we are to it.

#[cfg(any(test, fuzzing))]
mod invariants;

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::InvalidProxy;
#[cfg(any(test, fuzzing))]
pub(crate) use invariants::check_invariants;

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
#[derive(Clone)]
pub struct Proxy(Arc<Parts>);

struct Parts {
    what: What,
    /// Without user and password.
    shown: Arc<str>,
    /// Its hash.
    print: u64,
}

/// All that a proxy is.
#[derive(Clone, PartialEq, Eq, Hash)]
struct What {
    scheme: Scheme,
    host: Host,
    port: u16,
    user: Option<User>,
    country: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Scheme {
    Http,
    Https,
    Socks5,
    Socks5h,
}

#[derive(Clone)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) password: SecretString,
}

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
        self.0.what.country.as_deref()
    }

    /// The same, said to go out from a country: its two letters (ISO 3166-1), in whichever case.
    #[must_use]
    pub fn in_country(self, country: &str) -> Self {
        Self::of(What {
            country: Some(country.to_ascii_uppercase()),
            ..self.0.what.clone()
        })
    }

    /// It without user and password, as events and reports name it.
    pub(crate) fn shown(&self) -> &Arc<str> {
        &self.0.shown
    }

    /// Whether it speaks HTTP: then it may answer itself, in place of who was asked.
    pub(crate) fn speaks_http(&self) -> bool {
        matches!(self.0.what.scheme, Scheme::Http | Scheme::Https)
    }

    /// Its URL with user and password, for a client of one's own: whoever prints it tells them.
    pub fn expose_url(&self) -> String {
        self.url().into()
    }

    pub(crate) fn url(&self) -> Url {
        let mut url = Url::parse(&self.to_string()).expect("scheme, host and port make a URL");
        if let Some(user) = &self.0.what.user {
            // Neither fails on a URL that has a host. All but a `%` is encoded there.
            let literal = |said: &str| said.replace('%', "%25");
            let _ = url.set_username(&literal(&user.name));
            let _ = url.set_password(Some(&literal(user.password.expose_secret())));
        }
        url
    }

    pub(super) fn of_parts(
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
        Ok(Self::of(What {
            scheme,
            host,
            port,
            user,
            country: None,
        }))
    }

    fn of(what: What) -> Self {
        let What {
            scheme, host, port, ..
        } = &what;
        let shown = format!("{scheme}://{host}:{port}").into();
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        let print = hasher.finish();
        Self(Arc::new(Parts { what, shown, print }))
    }
}

/// By all that it is; mostly it is the very same, since requests hand on what the pool has.
impl PartialEq for Proxy {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.what == other.0.what
    }
}

impl Eq for Proxy {}

/// Made once, since it is looked up with each request.
impl Hash for Proxy {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.print);
    }
}

impl User {
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

impl Hash for User {
    fn hash<H: Hasher>(&self, state: &mut H) {
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
            .field("country", &self.0.what.country)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
