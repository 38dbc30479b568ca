//! What came in: the head of an answer, and its body, decoded as it comes (RFC 9110, 8.4).

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt, TryStreamExt};
use futures::{future, stream};
use http::StatusCode;
use http::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};
use tokio::io::{AsyncBufRead, AsyncRead, BufReader};
use tokio_util::io::{ReaderStream, StreamReader};

use crate::error::{Class, Error, Result};

/// What we decode, for `Accept-Encoding`.
pub(super) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip, deflate, br, zstd");

/// How much is decoded at once, in bytes.
const CHUNK: usize = 16 * 1024;

/// An answer on its way in.
pub(super) enum Received {
    Plain(reqwest::Response),
    Coded(Head, Body),
}

/// The head of an answer whose body is encoded.
pub(super) struct Head {
    status: StatusCode,
    headers: HeaderMap,
    remote_addr: Option<SocketAddr>,
}

/// A body that is encoded.
pub(super) enum Body {
    /// Nothing of it has come: it may be empty, and then is no encoding of anything.
    Begun(Vec<Coding>, BoxStream<'static, io::Result<Bytes>>),
    Decoded(ReaderStream<Reader>),
}

type Reader = Pin<Box<dyn AsyncRead + Send>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Received {
    pub(super) fn new(response: reqwest::Response) -> Self {
        let codings = codings(response.headers());
        if codings.is_empty() {
            return Self::Plain(response);
        }
        let head = Head {
            status: response.status(),
            headers: response.headers().clone(),
            remote_addr: response.remote_addr(),
        };
        let bytes = response
            .bytes_stream()
            .map_err(|error| io::Error::other(error.without_url()));
        Self::Coded(head, Body::Begun(codings, bytes.boxed()))
    }

    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Plain(response) => response.status(),
            Self::Coded(head, _) => head.status,
        }
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        match self {
            Self::Plain(response) => response.headers(),
            Self::Coded(head, _) => &head.headers,
        }
    }

    pub(super) fn remote_addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Plain(response) => response.remote_addr(),
            Self::Coded(head, _) => head.remote_addr,
        }
    }

    /// The next piece of the body, decoded. The URL stays out of the error.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>> {
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
        chunk.map_err(|error| Error::from(error).with_class(Class::ClientPayload))
    }
}

impl Body {
    async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        if let Self::Begun(codings, bytes) = self {
            let Some(first) = bytes.next().await else {
                return Ok(None);
            };
            let rest = std::mem::replace(bytes, stream::empty().boxed());
            let whole = stream::once(future::ready(first)).chain(rest);
            let reader = decoded(StreamReader::new(whole), codings);
            *self = Self::Decoded(ReaderStream::with_capacity(reader, CHUNK));
        }
        match self {
            Self::Decoded(chunks) => chunks.next().await.transpose(),
            Self::Begun(..) => Ok(None),
        }
    }
}

/// Takes the codings off, the last that was put on first. Of gzip several members are one body (RFC 1952), and
/// what follows them is an error.
fn decoded(reader: impl AsyncBufRead + Send + 'static, codings: &[Coding]) -> Reader {
    let Some((last, before)) = codings.split_last() else {
        return Box::pin(reader);
    };
    let decoder: Reader = match last {
        Coding::Gzip => {
            let mut decoder = GzipDecoder::new(reader);
            decoder.multiple_members(true);
            Box::pin(decoder)
        }
        Coding::Deflate => Box::pin(ZlibDecoder::new(reader)),
        Coding::Brotli => Box::pin(BrotliDecoder::new(reader)),
        Coding::Zstd => {
            let mut decoder = ZstdDecoder::new(reader);
            decoder.multiple_members(true);
            Box::pin(decoder)
        }
    };
    if before.is_empty() {
        return decoder;
    }
    decoded(BufReader::new(decoder), before)
}

/// At most this many are taken off one another.
const MOST: usize = 4;

/// The codings of a body, in the order in which they were put on; none if one isn't known, since then nothing
/// can be taken off.
fn codings(headers: &HeaderMap) -> Vec<Coding> {
    let values = headers.get_all(CONTENT_ENCODING).iter();
    let names = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let mut codings = Vec::new();
    for name in names {
        codings.push(match name.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => continue,
            "gzip" | "x-gzip" => Coding::Gzip,
            "deflate" => Coding::Deflate,
            "br" => Coding::Brotli,
            "zstd" => Coding::Zstd,
            _ => return Vec::new(),
        });
    }
    if codings.len() > MOST {
        codings.clear();
    }
    codings
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
    fn codings_are_read_in_their_order_and_an_unknown_one_leaves_all() {
        use Coding::{Brotli, Deflate, Gzip, Zstd};
        for (values, expected) in [
            (&[][..], &[][..]),
            (&["gzip"], &[Gzip]),
            (&["X-GZIP"], &[Gzip]),
            (&["deflate, br"], &[Deflate, Brotli]),
            (&["zstd", "identity, gzip"], &[Zstd, Gzip]),
            (&["identity"], &[]),
            (&[""], &[]),
            (&["gzip, compress"], &[]),
            (&["gzip,gzip,gzip,gzip,gzip"], &[]),
        ] {
            let pairs = values
                .iter()
                .map(|value| (CONTENT_ENCODING, HeaderValue::from_static(value)));
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(name, value);
            }
            assert_eq!(codings(&headers), expected, "{values:?}");
        }
    }
}
