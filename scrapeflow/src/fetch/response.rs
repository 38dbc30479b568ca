//! An answer, and its body on the way in.

use std::fmt;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::headers;
use super::scraped::Scraped;
use crate::error::{Result, ResultExt};
use crate::executor::argument::{Files, decode};
use crate::executor::call::Call;
use crate::report::event::Event;

/// An accepted answer whose body has not been read.
pub struct Response {
    answer: reqwest::Response,
    call: Call,
}

impl Response {
    pub(super) fn new(answer: reqwest::Response, call: Call) -> Self {
        Self { answer, call }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.answer.status().as_u16()
    }

    /// The value of a header, by its name in any case; the first, if it is repeated.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.answer.headers().get(name)?.to_str().ok()
    }

    /// The whole body, decoded (gzip, deflate, br, zstd).
    ///
    /// # Errors
    /// If it breaks off or cannot be decoded.
    pub async fn bytes(self) -> Result<Bytes> {
        let bytes = self.answer.bytes().await;
        let bytes = bytes.map_err(reqwest::Error::without_url)?;
        received(&self.call, bytes.len() as u64);
        Ok(bytes)
    }

    /// The body as text, by its byte order mark, else the charset of its content type, else UTF-8.
    ///
    /// # Errors
    /// As [`bytes`](Response::bytes).
    pub async fn text(self) -> Result<String> {
        let content_type = self.header("content-type").map(str::to_owned);
        let bytes = self.bytes().await?;
        Ok(decode(&bytes, content_type.as_deref()).into_owned())
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// As [`bytes`](Response::bytes), and if it isn't JSON that fits `T`; recorded on the task.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T> {
        let bytes = self.bytes().await?;
        serde_json::from_slice(&bytes).recorded("the answer is not the JSON that was expected")
    }

    /// Saves the body under `<key>.<suffix>` as it comes, MD5 on the way. It becomes visible when the
    /// executor succeeds.
    ///
    /// # Errors
    /// As [`bytes`](Response::bytes), and if it cannot be saved. Then no file is left.
    pub async fn save(mut self, suffix: &str) -> Result<Scraped> {
        let files = Files::of(&self.call);
        let mut file = files.create(suffix).await?;
        if let Some(kind) = self.header("content-type") {
            file = file.content_type(kind);
        }
        let mut size = 0;
        while let Some(chunk) = next_chunk(&mut self.answer).await? {
            size += chunk.len() as u64;
            file.write_bytes(chunk).await?;
        }
        received(&self.call, size);
        let saved = file.finish().await?;
        Ok(Scraped {
            size: saved.size,
            content: saved.content,
            response_headers: headers::as_stored(self.answer.headers()),
        })
    }
}

/// The URL stays out of the error: it may hold a token, and the task has it.
async fn next_chunk(answer: &mut reqwest::Response) -> Result<Option<Bytes>> {
    Ok(answer.chunk().await.map_err(reqwest::Error::without_url)?)
}

fn received(call: &Call, bytes: u64) {
    call.site().scope.events.publish(&Event::Received {
        key: call.key().clone(),
        bytes,
    });
}

/// Headers are the site's data and stay out of logs.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("key", self.call.key())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
