//! What came in: the head of an answer, and its body, decoded as it comes (RFC 9110, 8.4).

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use async_compression::tokio::bufread::{
    BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder,
};
use async_compression::zstd::DParameter;
use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt, TryStreamExt};
use futures::{future, stream};
use http::StatusCode;
use http::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};
use tokio::io::{AsyncBufRead, AsyncRead};
use tokio_util::io::{ReaderStream, StreamReader};

use crate::error::{Class, Error, Result};

/// What we decode, for `Accept-Encoding`.
pub(super) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip, deflate, br, zstd");

/// How much is decoded at once, in bytes.
const CHUNK: usize = 16 * 1024;

/// An answer on its way in.
pub(crate) enum Received {
    Plain(reqwest::Response),
    Coded(Head, Body),
}

/// The head of an answer whose body is encoded.
pub(crate) struct Head {
    status: StatusCode,
    headers: HeaderMap,
    remote_addr: Option<SocketAddr>,
}

/// A body that is encoded.
pub(crate) enum Body {
    /// Nothing of it has come: it may be empty, and then is no encoding of anything.
    Begun(Coding, BoxStream<'static, io::Result<Bytes>>),
    Decoded(ReaderStream<Reader>),
}

type Reader = Pin<Box<dyn AsyncRead + Send>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Deflate,
    /// Without the frame that HTTP asks for, as some servers send it.
    RawDeflate,
    Brotli,
    Zstd,
    Several,
}

impl Received {
    pub(crate) fn new(response: reqwest::Response) -> Self {
        let Some(coding) = coding(response.headers()) else {
            return Self::Plain(response);
        };
        let head = Head {
            status: response.status(),
            headers: response.headers().clone(),
            remote_addr: response.remote_addr(),
        };
        let bytes = response
            .bytes_stream()
            .map_err(|error| io::Error::other(error.without_url()))
            .and_then(async |bytes| {
                // What decodes to nothing must not keep the attempt from its timeout.
                tokio::task::coop::consume_budget().await;
                Ok(bytes)
            });
        Self::Coded(head, Body::Begun(coding, bytes.boxed()))
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Plain(response) => response.status(),
            Self::Coded(head, _) => head.status,
        }
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        match self {
            Self::Plain(response) => response.headers(),
            Self::Coded(head, _) => &head.headers,
        }
    }

    pub(super) fn take_headers(&mut self) -> HeaderMap {
        std::mem::take(match self {
            Self::Plain(response) => response.headers_mut(),
            Self::Coded(head, _) => &mut head.headers,
        })
    }

    pub(super) fn remote_addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Plain(response) => response.remote_addr(),
            Self::Coded(head, _) => head.remote_addr,
        }
    }

    /// The next piece of the body, decoded. The URL stays out of the error.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>> {
        let body = match self {
            Self::Plain(response) => {
                return Ok(response
                    .chunk()
                    .await
                    .map_err(reqwest::Error::without_url)?);
            }
            Self::Coded(_, body) => body,
        };
        // Boxed, since most bodies come as they are and all would carry it.
        let chunk = Box::pin(body.chunk()).await;
        chunk.map_err(told)
    }
}

/// What the client says keeps its class; all else is about the decoding.
fn told(error: io::Error) -> Error {
    match error.downcast::<reqwest::Error>() {
        Ok(of_client) => Error::from(of_client),
        Err(error) => Error::from(error).with_class(Class::ClientPayload),
    }
}

impl Body {
    async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        if let Self::Begun(coding, bytes) = self {
            let Some(first) = bytes.next().await else {
                return Ok(None);
            };
            let coding = match (*coding, &first) {
                (Coding::Deflate, Ok(first)) if !is_zlib(first) => Coding::RawDeflate,
                (coding, _) => coding,
            };
            let rest = std::mem::replace(bytes, stream::empty().boxed());
            let whole = stream::once(future::ready(first)).chain(rest);
            let reader = decoded(StreamReader::new(whole), coding)?;
            *self = Self::Decoded(ReaderStream::with_capacity(reader, CHUNK));
        }
        match self {
            Self::Decoded(chunks) => chunks.next().await.transpose(),
            Self::Begun(..) => Ok(None),
        }
    }
}

/// The longest window that zstd may ask for, as a power of two: 8 MiB (RFC 9659).
const WINDOW: u32 = 23;

/// Takes a coding off. Of gzip several members are one body (RFC 1952), and what follows them is an error.
fn decoded(reader: impl AsyncBufRead + Send + 'static, coding: Coding) -> io::Result<Reader> {
    Ok(match coding {
        Coding::Gzip => {
            let mut decoder = GzipDecoder::new(reader);
            decoder.multiple_members(true);
            Box::pin(decoder)
        }
        Coding::Deflate => Box::pin(ZlibDecoder::new(reader)),
        Coding::RawDeflate => Box::pin(DeflateDecoder::new(reader)),
        Coding::Brotli => Box::pin(BrotliDecoder::new(reader)),
        Coding::Zstd => {
            let window = DParameter::window_log_max(WINDOW);
            let mut decoder = ZstdDecoder::with_params(reader, &[window]);
            decoder.multiple_members(true);
            Box::pin(decoder)
        }
        // A bomb in a bomb takes time that no limit of its size bounds.
        Coding::Several => return Err(io::Error::other("the body is encoded more than once")),
    })
}

/// Whether it begins with the frame of RFC 1950; what browsers, curl and aiohttp look at.
fn is_zlib(body: &[u8]) -> bool {
    body.first().is_none_or(|first| first & 0x0f == 8)
}

/// The coding of a body; `None` where there is none, or one that isn't known and is left on.
pub(super) fn coding(headers: &HeaderMap) -> Option<Coding> {
    let values = headers.get_all(CONTENT_ENCODING).iter();
    let names = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let names = names.map(|name| name.trim().to_ascii_lowercase());
    let mut names = names.filter(|name| !matches!(name.as_str(), "" | "identity"));
    let first = names.next()?;
    if names.next().is_some() {
        return Some(Coding::Several);
    }
    match first.as_str() {
        "gzip" | "x-gzip" => Some(Coding::Gzip),
        "deflate" => Some(Coding::Deflate),
        "br" => Some(Coding::Brotli),
        "zstd" => Some(Coding::Zstd),
        _ => None,
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Received").field(&self.status()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_coding_is_taken_off_an_unknown_one_is_left_on_and_several_are_refused() {
        use Coding::{Brotli, Deflate, Gzip, Several, Zstd};
        for (values, expected) in [
            (&[][..], None),
            (&["gzip"], Some(Gzip)),
            (&["X-GZIP"], Some(Gzip)),
            (&["deflate"], Some(Deflate)),
            (&["identity, br"], Some(Brotli)),
            (&["zstd", "identity"], Some(Zstd)),
            (&["identity"], None),
            (&[""], None),
            (&["compress"], None),
            (&["gzip, gzip"], Some(Several)),
            (&["gzip", "br"], Some(Several)),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_ENCODING, HeaderValue::from_static(value));
            }
            assert_eq!(coding(&headers), expected, "{values:?}");
        }
    }
}
