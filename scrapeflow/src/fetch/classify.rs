//! Which of the HTTP client's errors belongs to which class.

use std::error::Error as StdError;
use std::io;

use super::address::Refused;
use super::stages::redirect::TooMany;
use super::stages::wire::ProxyRefused;
use crate::error::Class;
use crate::proxy::NoProxy;

/// Recognizes reqwest's errors and URLs'.
pub(crate) fn classify(cause: &(dyn StdError + 'static)) -> Option<Class> {
    if cause.is::<url::ParseError>() {
        return Some(Class::InvalidUrl);
    }
    if cause.is::<tower::timeout::error::Elapsed>() {
        return Some(Class::Timeout);
    }
    if cause.is::<TooMany>() {
        return Some(Class::ClientResponse);
    }
    if cause.is::<Refused>() {
        return Some(Class::Runtime);
    }
    if cause.is::<NoProxy>() || cause.is::<ProxyRefused>() {
        return Some(Class::ClientConnection);
    }
    cause.downcast_ref::<reqwest::Error>().map(of_reqwest)
}

/// reqwest says where it happened; what happened is deeper in the chain of causes.
fn of_reqwest(error: &reqwest::Error) -> Class {
    if causes(error).any(<dyn StdError>::is::<Refused>) {
        Class::Runtime
    } else if error.is_builder() {
        Class::InvalidUrl
    } else if error.is_timeout() {
        Class::Timeout
    } else if error.is_redirect() {
        Class::ClientResponse
    } else if error.is_body() || error.is_decode() {
        Class::ClientPayload
    } else if error.is_connect() {
        of_connect(error)
    } else {
        of_request(error)
    }
}

/// Before there was a connection: no address, nobody there; all else (TLS, a proxy) is other trouble.
fn of_connect(error: &reqwest::Error) -> Class {
    let unreachable = error.is_dns()
        || causes(error).any(|cause| {
            cause.downcast_ref::<io::Error>().is_some_and(|error| {
                use io::ErrorKind as K;
                matches!(
                    error.kind(),
                    K::ConnectionRefused
                        | K::HostUnreachable
                        | K::NetworkUnreachable
                        | K::AddrNotAvailable
                )
            })
        });
    if unreachable {
        Class::ClientConnector
    } else {
        Class::ClientConnection
    }
}

/// On a connection that stood.
fn of_request(error: &reqwest::Error) -> Class {
    causes(error)
        .find_map(|cause| {
            let of_hyper = || cause.downcast_ref().and_then(of_hyper);
            cause.downcast_ref().map(of_io).or_else(of_hyper)
        })
        .unwrap_or(Class::ClientConnection)
}

fn of_io(error: &io::Error) -> Class {
    use io::ErrorKind as K;
    match error.kind() {
        K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe | K::NotConnected => {
            Class::ClientOs
        }
        K::UnexpectedEof => Class::ServerDisconnected,
        K::TimedOut => Class::Timeout,
        _ => Class::ClientConnection,
    }
}

/// What hyper says itself; of its other errors the cause tells more.
fn of_hyper(error: &hyper::Error) -> Option<Class> {
    if error.is_parse() {
        Some(Class::ClientResponse)
    } else if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        Some(Class::ServerDisconnected)
    } else {
        None
    }
}

/// What the caller can do about an error, where it doesn't say so itself.
pub(super) fn remedy(error: &reqwest::Error) -> Option<&'static str> {
    let said = causes(error).find_map(of_tls)?;
    let rustls::Error::InvalidCertificate(wrong) = said else {
        return None;
    };
    match wrong {
        rustls::CertificateError::UnknownIssuer => Some(
            "`add_root_certificates` takes further authorities; its certificate is of none that the run trusts",
        ),
        // What webpki says has no variant of its own.
        rustls::CertificateError::Other(other)
            if other.to_string().contains("CaUsedAsEndEntity") =>
        {
            Some(
                "its certificate is an authority's own; let the authority sign one for the host, and have that served",
            )
        }
        _ => None,
    }
}

/// What TLS says, which comes wrapped as trouble with reading and writing.
fn of_tls<'a>(mut cause: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    while let Some(error) = cause.downcast_ref::<io::Error>() {
        cause = error.get_ref()?;
    }
    cause.downcast_ref()
}

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use reqwest::dns::{Name, Resolve, Resolving};

    use super::*;

    /// Knows no name, and asks nobody.
    struct Nameless;

    impl Resolve for Nameless {
        fn resolve(&self, _: Name) -> Resolving {
            Box::pin(async { Err("no such name".into()) })
        }
    }

    #[tokio::test]
    async fn a_name_that_does_not_resolve_cannot_be_connected_to() {
        let client = reqwest::Client::builder()
            .no_proxy()
            .dns_resolver(Arc::new(Nameless))
            .build()
            .unwrap();
        for url in [
            "http://nonexistent.invalid/",
            "https://nonexistent.invalid/",
        ] {
            let error = client.get(url).send().await.unwrap_err();
            assert_eq!(
                classify(&error),
                Some(Class::ClientConnector),
                "{url}: {error:?}"
            );
        }
    }

    #[test]
    fn urls_errors_are_recognized_and_others_are_not() {
        let error = url::Url::parse("no url").unwrap_err();
        assert_eq!(classify(&error), Some(Class::InvalidUrl));
        assert_eq!(classify(&std::fmt::Error), None);
    }
}
