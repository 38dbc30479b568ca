//! Which of the HTTP client's errors belongs to which class.

use std::error::Error as StdError;
use std::io;

use crate::error::Class;

/// Recognizes reqwest's errors and URLs'.
pub(crate) fn classify(cause: &(dyn StdError + 'static)) -> Option<Class> {
    if cause.is::<url::ParseError>() {
        return Some(Class::InvalidUrl);
    }
    cause.downcast_ref::<reqwest::Error>().map(of_reqwest)
}

/// reqwest says where it happened; what happened is deeper in the chain of causes.
fn of_reqwest(error: &reqwest::Error) -> Class {
    if error.is_builder() {
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
    let unreachable = causes(error).any(|cause| {
        // reqwest's resolver error is private; it is told by its text.
        cause.to_string().starts_with("dns error")
            || cause.downcast_ref::<io::Error>().is_some_and(|error| {
                use io::ErrorKind as K;
                matches!(
                    error.kind(),
                    K::ConnectionRefused | K::HostUnreachable | K::NetworkUnreachable | K::AddrNotAvailable
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
    for cause in causes(error) {
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            use io::ErrorKind as K;
            return match error.kind() {
                K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe => Class::ClientOs,
                K::UnexpectedEof => Class::ServerDisconnected,
                K::TimedOut => Class::Timeout,
                _ => Class::ClientConnection,
            };
        }
        // hyper's errors are told by their text: it exports no type that reqwest's users can name.
        let text = cause.to_string();
        if text.contains("connection closed before message completed")
            || text.contains("unexpected end of file")
        {
            return Class::ServerDisconnected;
        }
        if text.contains("invalid HTTP") || text.contains("message head is too large") {
            return Class::ClientResponse;
        }
    }
    Class::ClientConnection
}

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}
