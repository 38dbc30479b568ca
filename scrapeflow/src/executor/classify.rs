//! From a cause to its class: which failures of others we recognize.
//!
//! Knows the standard library's errors and tokio's; what the features bring (an HTTP client) adds its own
//! through `crate::features`. Doesn't know executors, tasks or what becomes of the error.

use std::error::Error as StdError;
use std::io;

use crate::error::Class;

/// Recognizes one link of a chain of causes.
pub(crate) type Classifier = fn(&(dyn StdError + 'static)) -> Option<Class>;

pub(crate) fn classify(cause: &(dyn StdError + 'static)) -> Option<Class> {
    crate::features::CLASSIFIERS
        .iter()
        .find_map(|classifier| classifier(cause))
        .or_else(|| of_std(cause))
}

fn of_std(cause: &(dyn StdError + 'static)) -> Option<Class> {
    if cause.is::<tokio::time::error::Elapsed>() {
        return Some(Class::Timeout);
    }
    cause
        .downcast_ref::<io::Error>()
        .and_then(|error| of_io(error.kind()))
}

/// Only what a network does: a missing file is nothing that a run should pass over in silence.
fn of_io(kind: io::ErrorKind) -> Option<Class> {
    use io::ErrorKind as K;
    match kind {
        K::ConnectionRefused | K::HostUnreachable | K::NetworkUnreachable | K::AddrNotAvailable => {
            Some(Class::ClientConnector)
        }
        K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe | K::NotConnected => {
            Some(Class::ClientOs)
        }
        K::NetworkDown => Some(Class::ClientConnection),
        K::TimedOut => Some(Class::Timeout),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn io_errors_of_the_network_are_recognized_and_of_the_disk_are_not() {
        use io::ErrorKind as K;
        for (kind, class) in [
            (K::ConnectionRefused, Some(Class::ClientConnector)),
            (K::HostUnreachable, Some(Class::ClientConnector)),
            (K::ConnectionReset, Some(Class::ClientOs)),
            (K::BrokenPipe, Some(Class::ClientOs)),
            (K::NetworkDown, Some(Class::ClientConnection)),
            (K::TimedOut, Some(Class::Timeout)),
            (K::NotFound, None),
            (K::PermissionDenied, None),
            (K::StorageFull, None),
        ] {
            assert_eq!(classify(&io::Error::from(kind)), class, "{kind:?}");
        }
    }
}
