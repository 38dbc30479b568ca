//! A request on its way out.

use std::fmt;
use std::sync::Arc;

use super::client::Client;
use super::response::Response;
use super::scraped::Scraped;
use crate::error::{Class, Error, Result, may_pass};
use crate::executor::call::Call;
use crate::report::event::Event;

/// A request; sent by [`send`](Request::send) or [`save`](Request::save). Any 2xx answer is accepted unless
/// [`accept_status`](Request::accept_status) says otherwise.
#[must_use = "a request does nothing before it is sent"]
pub struct Request {
    client: Arc<Client>,
    call: Call,
    url: String,
    accepted: Vec<u16>,
}

impl Request {
    pub(super) fn get(client: Arc<Client>, call: Call, url: &str) -> Self {
        Self {
            client,
            call,
            url: url.to_owned(),
            accepted: Vec::new(),
        }
    }

    /// Accepts this HTTP status, and others so named, instead of any 2xx.
    pub fn accept_status(mut self, status: u16) -> Self {
        self.accepted.push(status);
        self
    }

    /// Sends it and waits for the answer's headers. Redirects are followed, at most 20.
    ///
    /// # Errors
    /// If the URL is invalid, the server cannot be reached or breaks off, or the status isn't accepted; each
    /// is recorded under its class.
    pub async fn send(self) -> Result<Response> {
        let url = url::Url::parse(&self.url)
            .map_err(|error| Error::from(error).context(format_args!("`{}`", self.url)))?;
        let answer = self.client.http().get(url).send().await;
        let answer = answer.map_err(reqwest::Error::without_url)?;
        let status = answer.status().as_u16();
        self.call.site().scope.events.publish(&Event::Fetched {
            key: self.call.key().clone(),
            status,
        });
        let accepted = if self.accepted.is_empty() {
            answer.status().is_success()
        } else {
            self.accepted.contains(&status)
        };
        if !accepted {
            return Err(refused(status));
        }
        Ok(Response::new(answer, self.call))
    }

    /// Sends it and saves the body under `<key>.<suffix>`, MD5 on the way.
    ///
    /// # Errors
    /// As [`send`](Request::send), and if the body breaks off or cannot be saved. Then no file is left.
    pub async fn save(self, suffix: &str) -> Result<Scraped> {
        self.send().await?.save(suffix).await
    }
}

/// An answer whose status is not accepted; retryable where the status says that it may pass.
fn refused(status: u16) -> Error {
    Error::recorded(Class::Runtime, format!("HTTP response {status}"))
        .with_http_status(status)
        .with_retryable(may_pass(status))
}

/// A URL may hold a password or a token: it stays out of logs.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("key", self.call.key())
            .finish_non_exhaustive()
    }
}
