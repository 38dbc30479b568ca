//! `Fetch`: HTTP for executors.
//!
//! A request is made ([`Request`]), sent by the run's one client, and answered ([`Response`]); its body goes
//! to memory or, in chunks with its MD5 on the way, to the store. Doesn't decide about retries: those belong
//! to the executor's attempts.

mod classify;
mod client;
mod headers;
mod request;
mod response;
mod scraped;

use std::fmt;
use std::sync::Arc;

pub(crate) use classify::classify;
pub use request::Request;
pub use response::Response;
pub use scraped::Scraped;

use crate::error::{Class, Error, Result};
use crate::executor::argument::Context;
use crate::executor::call::Call;
use crate::executor::contract::Argument;
use crate::executor::input::Needs;
use client::Client;

/// HTTP, for executors. An executor that doesn't take it cannot reach the network through the run, and is
/// run again without asking where its output is damaged.
///
/// ```
/// use scrapeflow::prelude::*;
///
/// #[executor(timeout = "60s", retries = 2)]
/// async fn geocode(city: Params<std::collections::HashMap<String, String>>, fetch: Fetch) -> Result<String> {
///     let page = fetch.get(&format!("https://geo.example/{}", city["name"])).send().await?;
///     page.text().await
/// }
/// ```
#[derive(Clone)]
pub struct Fetch {
    client: Arc<Client>,
    call: Call,
}

impl Fetch {
    fn of(call: &Call) -> Result<Self> {
        let client = call
            .site()
            .scope
            .extensions
            .get()
            .ok_or_else(|| Error::recorded(Class::Unhandled, "the run has no HTTP client"))?;
        Ok(Self {
            client,
            call: call.clone(),
        })
    }

    /// A GET request.
    pub fn get(&self, url: &str) -> Request {
        Request::get(self.client.clone(), self.call.clone(), url)
    }
}

impl<S> Argument<S> for Fetch {
    fn describe(needs: &mut Needs) {
        describe(needs);
    }

    async fn get(call: &Call) -> Result<Self> {
        Self::of(call)
    }
}

impl Context {
    /// HTTP through the run, as the argument `Fetch` has it.
    ///
    /// # Errors
    /// Never in an executor of a run: it is made ready before the first.
    pub fn fetch(&self) -> Result<Fetch> {
        Fetch::of(self.call())
    }
}

/// Whoever can fetch needs the network, and the run's client.
pub(crate) fn describe(needs: &mut Needs) {
    needs.network = true;
    needs.prepare(client::prepare);
}

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetch")
            .field("key", self.call.key())
            .finish_non_exhaustive()
    }
}
