//! The classes under which errors are recorded: the predecessor's names, so that dashboards keep working.

use std::fmt;

/// Under which name an error is recorded in status.json (`ERROR <class>::<message>`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Class {
    /// Cannot connect, cannot resolve: `ClientConnectorError`.
    ClientConnector,
    /// The server closed before answering: `ServerDisconnectedError`.
    ServerDisconnected,
    /// Reset, broken pipe and their like: `ClientOSError`.
    ClientOs,
    /// Other connection trouble, TLS and proxy included: `ClientConnectionError`.
    ClientConnection,
    /// A body that is broken, truncated or undecodable: `ClientPayloadError`.
    ClientPayload,
    /// A malformed answer, too many redirects: `ClientResponseError`.
    ClientResponse,
    /// An invalid URL: `InvalidUrlClientError`.
    InvalidUrl,
    /// An attempt ran over its time: `TimeoutError`.
    Timeout,
    /// Everything that the executor foresaw: validation, HTTP statuses, `bail!`: `RuntimeError`.
    Runtime,
    /// An image that cannot be read: `UnidentifiedImageError`.
    UnidentifiedImage,
    /// What nobody foresaw, panics included: `UnhandledError`. Stops the run.
    Unhandled,
}

impl Class {
    /// The name in status.json.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClientConnector => "ClientConnectorError",
            Self::ServerDisconnected => "ServerDisconnectedError",
            Self::ClientOs => "ClientOSError",
            Self::ClientConnection => "ClientConnectionError",
            Self::ClientPayload => "ClientPayloadError",
            Self::ClientResponse => "ClientResponseError",
            Self::InvalidUrl => "InvalidUrlClientError",
            Self::Timeout => "TimeoutError",
            Self::Runtime => "RuntimeError",
            Self::UnidentifiedImage => "UnidentifiedImageError",
            Self::Unhandled => "UnhandledError",
        }
    }

    /// The class of a recorded name. Classes that the predecessor wrote and we never do (subclasses of
    /// these in its HTTP and FTP clients) are grouped under their kin; `None` for a name of neither.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "ClientConnectorError" | "ClientConnectorDNSError" | "UnixClientConnectorError" => {
                Self::ClientConnector
            }
            "ServerDisconnectedError" => Self::ServerDisconnected,
            "ClientOSError"
            | "ClientConnectionResetError"
            | "ConnectionResetError"
            | "BrokenPipeError" => Self::ClientOs,
            "ClientConnectionError"
            | "ServerConnectionError"
            | "ClientProxyConnectionError"
            | "ClientSSLError"
            | "ClientConnectorSSLError"
            | "ClientConnectorCertificateError"
            | "ServerFingerprintMismatch" => Self::ClientConnection,
            "ClientPayloadError" => Self::ClientPayload,
            "ClientResponseError"
            | "TooManyRedirects"
            | "ContentTypeError"
            | "ClientHttpProxyError"
            | "WSServerHandshakeError"
            | "StatusCodeError" => Self::ClientResponse,
            "InvalidUrlClientError"
            | "InvalidURL"
            | "NonHttpUrlClientError"
            | "RedirectClientError"
            | "InvalidUrlRedirectClientError"
            | "NonHttpUrlRedirectClientError" => Self::InvalidUrl,
            "TimeoutError"
            | "CancelledError"
            | "ServerTimeoutError"
            | "ConnectionTimeoutError"
            | "SocketTimeoutError" => Self::Timeout,
            "RuntimeError"
            | "RunTimeError"
            | "NotImplementedError"
            | "RecursionError"
            | "PathIOError"
            | "AIOFTPException" => Self::Runtime,
            "UnidentifiedImageError" => Self::UnidentifiedImage,
            "UnhandledError" => Self::Unhandled,
            _ => return None,
        })
    }

    /// Whether another attempt may succeed, where the error itself doesn't know better.
    pub fn is_retryable(self) -> bool {
        match self {
            Self::ClientConnector
            | Self::ServerDisconnected
            | Self::ClientOs
            | Self::ClientConnection
            | Self::ClientPayload
            | Self::Timeout => true,
            Self::ClientResponse
            | Self::InvalidUrl
            | Self::Runtime
            | Self::UnidentifiedImage
            | Self::Unhandled => false,
        }
    }

    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::ClientConnector => "connect",
            Self::ServerDisconnected => "disconnected",
            Self::ClientOs => "reset",
            Self::ClientConnection => "connection",
            Self::ClientPayload => "body",
            Self::ClientResponse => "response",
            Self::InvalidUrl => "invalid_url",
            Self::Timeout => "timeout",
            Self::Runtime => "recorded",
            Self::UnidentifiedImage => "image",
            Self::Unhandled => "unhandled",
        }
    }
}

/// Whether an HTTP status says that it may pass: what Scrapy tries again, and 425.
pub(crate) fn may_pass(http_status: u16) -> bool {
    matches!(
        http_status,
        408 | 425 | 429 | 500 | 502 | 503 | 504 | 522 | 524
    )
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Class;

    #[test]
    fn every_name_reads_back() {
        for class in [
            Class::ClientConnector,
            Class::ServerDisconnected,
            Class::ClientOs,
            Class::ClientConnection,
            Class::ClientPayload,
            Class::ClientResponse,
            Class::InvalidUrl,
            Class::Timeout,
            Class::Runtime,
            Class::UnidentifiedImage,
            Class::Unhandled,
        ] {
            assert_eq!(Class::from_name(class.name()), Some(class));
        }
        assert_eq!(
            Class::from_name("ClientConnectorDNSError"),
            Some(Class::ClientConnector)
        );
        assert_eq!(Class::from_name("KeyError"), None);
    }
}
