//! An answer, and its body on the way in.

use std::fmt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use url::Url;

use super::came::Came;
use super::client::Client;
use super::outgoing::{Answer, Outgoing, presentable};
use super::page::{Page, content_type};
use super::received::Received;
use super::refresh::{self, Earlier};
use super::scraped::Scraped;
use super::ticket::Next;
use crate::error::{Class, Error, Result};
use crate::executor::argument::{FileWriter, Files, Saved, decode};
use crate::report::event::Event;
use crate::status::json;

/// An accepted answer whose body has not been read.
///
/// A body that breaks off is asked for anew as far as the request's retries go; status and headers may be
/// others then.
///
/// ```
/// use scrapeflow::prelude::*;
/// use scrapeflow::ready::ScrapeParams;
///
/// /// How many more there are, as the first page's `Link` header and body tell.
/// #[executor]
/// async fn count(Params(task): Params<ScrapeParams>, fetch: Fetch) -> Result<(Option<String>, usize)> {
///     let response = fetch.get(&task.url).accept_status([200, 206]).send().await?;
///     let link = response.header("link").map(str::to_owned);
///     let names: Vec<String> = response.json().await?;
///     Ok((link, names.len()))
/// }
/// ```
pub struct Response(Box<Parts>);

/// What it consists of; boxed, since it is handed on from try to try.
struct Parts {
    answer: Answer,
    request: Outgoing,
    client: Arc<Client>,
    earlier: Option<Earlier>,
    /// Since when its body is read.
    reading: Option<Instant>,
}

impl Response {
    pub(super) fn new(
        answer: Answer,
        request: Outgoing,
        client: Arc<Client>,
        earlier: Option<Earlier>,
    ) -> Self {
        Self(Box::new(Parts {
            answer,
            request,
            client,
            earlier,
            reading: None,
        }))
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.0.answer.response.status().as_u16()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.0.answer.response.headers()
    }

    /// The value of a header, by its name in any case; the first, if it is repeated.
    pub fn header(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.headers().get(name)?.as_bytes()).ok()
    }

    /// Where it came from, redirects followed.
    pub fn url(&self) -> &str {
        self.0.answer.url.as_str()
    }

    /// The whole body, decoded (gzip, deflate, br, zstd).
    ///
    /// # Errors
    /// If it breaks off, cannot be decoded, is over the limit, or isn't valid.
    pub async fn bytes(self) -> Result<Bytes> {
        Ok(self.whole().await?.bytes)
    }

    /// The body as text, by its byte order mark, else the charset of its content type, else its own
    /// declaration, else what its bytes look like.
    ///
    /// # Errors
    /// As [`bytes`](Response::bytes).
    pub async fn text(self) -> Result<String> {
        let page = self.whole().await?;
        Ok(decode(&page.bytes, content_type(&page.headers)).into_owned())
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// As [`bytes`](Response::bytes), and if it isn't JSON that fits `T`; recorded on the task.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T> {
        let url = presentable(&self.0.answer.url);
        let bytes = self.bytes().await?;
        let parsed = serde_json::from_slice(&bytes);
        parsed.map_err(|error| {
            let why = json::misfit(&error);
            let message = format!("the answer is not the JSON that was expected: {why}");
            Error::recorded(Class::Runtime, message).at_url(url)
        })
    }

    /// Saves the body under `<key>.<suffix>` as it comes, MD5 on the way. It becomes visible when the
    /// executor succeeds. What was saved before plays no part: whether it has changed is asked only by
    /// [`Request::save`](crate::Request::save), which knows the suffix beforehand.
    ///
    /// # Errors
    /// As [`bytes`](Response::bytes), and if it cannot be saved. Then no file is left.
    pub async fn save(mut self, suffix: &str) -> Result<Scraped> {
        loop {
            if self.status() == 304
                && let Some(earlier) = self.0.earlier.take()
            {
                return Ok(earlier.keep(&self.0.request.ticket.call, self.headers()));
            }
            let saved = match self.0.request.ticket.validate {
                Some(_) => self.save_valid(suffix).await,
                None => self.save_streamed(suffix).await,
            };
            match saved {
                Ok(saved) => return Ok(self.scraped(saved)),
                // Boxed, since few come here and all would carry it.
                Err(error) => self = Box::pin(self.again(error)).await?,
            }
        }
    }

    /// The body in memory, valid.
    async fn whole(mut self) -> Result<Page> {
        loop {
            match self.read().await {
                Ok(page) => return Ok(page),
                // Boxed, since few come here and all would carry it.
                Err(error) => self = Box::pin(self.again(error)).await?,
            }
        }
    }

    async fn read(&mut self) -> Result<Page> {
        self.0.reading = Some(Instant::now());
        let mut chunks = Chunks::new(self);
        let mut body = match chunks.next().await? {
            None => Bytes::new(),
            Some(first) => match chunks.next().await? {
                None => first,
                Some(second) => {
                    let mut all = BytesMut::from(first);
                    all.extend_from_slice(&second);
                    while let Some(chunk) = chunks.next().await? {
                        all.extend_from_slice(&chunk);
                    }
                    all.freeze()
                }
            },
        };
        self.received(body.len() as u64);
        let page = Page {
            status: self.status(),
            headers: self.headers().clone(),
            bytes: std::mem::take(&mut body),
        };
        if let Some(judge) = &self.0.request.ticket.validate {
            judge(&page)?;
        }
        Ok(page)
    }

    async fn save_valid(&mut self, suffix: &str) -> Result<Saved> {
        let page = self.read().await?;
        let mut file = self.file(suffix).await?.came_by(&self.came());
        file.write_bytes(page.bytes).await?;
        file.finish().await
    }

    async fn save_streamed(&mut self, suffix: &str) -> Result<Saved> {
        let mut file = self.file(suffix).await?.came_by(&self.came());
        self.0.reading = Some(Instant::now());
        let mut size = 0;
        let mut chunks = Chunks::new(self);
        while let Some(chunk) = chunks.next().await? {
            size += chunk.len() as u64;
            file.write_bytes(chunk).await?;
        }
        self.received(size);
        file.finish().await
    }

    fn came(&self) -> Came<'_> {
        Came {
            request: &self.0.request,
            answer: &self.0.answer,
        }
    }

    /// Begins the file, of the kind that the answer says.
    fn file(&self, suffix: &str) -> impl Future<Output = Result<FileWriter>> + Send + use<> {
        let files = Files::of(&self.0.request.ticket.call);
        let kind = content_type(self.headers()).map(str::to_owned);
        let validators = refresh::validators(self.headers());
        let suffix = suffix.to_owned();
        async move {
            let file = files.create(&suffix).await?.validators(validators);
            Ok(match kind {
                Some(kind) => file.content_type(kind),
                None => file,
            })
        }
    }

    fn scraped(mut self, saved: Saved) -> Scraped {
        Scraped {
            size: saved.size,
            content: saved.content,
            status: self.status(),
            response_headers: self.0.answer.response.take_headers(),
            final_url: differs(&self.0.request.url, &self.0.answer.url),
        }
    }

    fn received(&mut self, bytes: u64) {
        // The host's turn ends with the body.
        self.0.answer.turn = None;
        self.0.reading = None;
        let call = &self.0.request.ticket.call;
        call.forget_asked();
        call.site().scope.events.publish(&Event::Received {
            key: call.key().clone(),
            bytes,
        });
    }

    /// Asks anew after the body failed, if another try is worth it and left.
    async fn again(mut self, error: Error) -> Result<Self> {
        let error = self.blame(error);
        self.0.answer.route = None;
        let error = error.at_url(presentable(&self.0.answer.url));
        let tried = self.0.answer.tried;
        self.0.answer.turn = None;
        let mut request = self.0.request.clone();
        request.tried = match self.0.request.ticket.next(tried, &error).await {
            Next::End => return Err(error),
            Next::Again => tried + 1,
            Next::Elsewhere => tried,
        };
        self.0.answer = self.0.client.send(&request).await?;
        Ok(self)
    }

    /// Tells the way by which the answer came what became of it.
    fn blame(&self, error: Error) -> Error {
        let answer = &self.0.answer;
        let Some(route) = &answer.route else {
            return error;
        };
        let host = answer.url.host_str().unwrap_or_default();
        let events = &self.0.request.ticket.site().scope.events;
        let began = self.0.reading.unwrap_or_else(Instant::now);
        if error.is_blocked() {
            route.blocked(host, events);
            return error;
        }
        match error.class() {
            Class::ClientPayload if !error.is_retryable() => error,
            Class::ClientPayload | Class::Timeout | Class::ClientOs | Class::ServerDisconnected => {
                route.failed(error, host, began, events)
            }
            _ => error,
        }
    }
}

/// Its way is told how it ended: also where nobody wanted the body, or it used up the attempt's time.
impl Drop for Parts {
    fn drop(&mut self) {
        let Some(route) = &self.answer.route else {
            return;
        };
        let (ticket, host) = (
            &self.request.ticket,
            self.answer.url.host_str().unwrap_or_default(),
        );
        match self.reading {
            None => route.answered(host),
            Some(began) if ticket.ran_out(began) => {
                route.given_up(host, began, &ticket.site().scope.events);
            }
            Some(_) => {}
        }
    }
}

/// The chunks of a body, as long as they stay under the limit.
struct Chunks<'a> {
    response: &'a mut Received,
    room: u64,
    limit: u64,
}

impl<'a> Chunks<'a> {
    fn new(response: &'a mut Response) -> Self {
        let limit = response.0.request.ticket.max_body;
        Self {
            response: &mut response.0.answer.response,
            room: limit,
            limit,
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        let Some(chunk) = self.response.chunk().await? else {
            return Ok(None);
        };
        let Some(room) = self.room.checked_sub(chunk.len() as u64) else {
            let message = format!("the body is over the limit of {} bytes", self.limit);
            return Err(Error::recorded(Class::ClientPayload, message).with_retryable(false));
        };
        self.room = room;
        Ok(Some(chunk))
    }
}

/// Where an answer came from, if that isn't where the request was sent. Fragments are never sent; user and
/// password are not stored.
fn differs(asked: &Url, answered: &Url) -> Option<String> {
    let answered = presentable(answered);
    (presentable(asked) != answered).then_some(answered)
}

/// Headers are the site's data and stay out of logs.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("key", self.0.request.ticket.call.key())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
