//! The HTTP client of a run: one, with its pool of connections.

use std::sync::Arc;

use crate::run::extensions::Extensions;

/// Names us and where to complain, as well-behaved crawlers do.
const USER_AGENT: &str = concat!(
    "scrapeflow/",
    env!("CARGO_PKG_VERSION"),
    " (+",
    env!("CARGO_PKG_REPOSITORY"),
    ")"
);

/// At most this many redirects are followed, as Scrapy does.
const REDIRECTS: usize = 20;

/// The client that all executors of a run share.
#[derive(Debug)]
pub(super) struct Client(reqwest::Client);

impl Client {
    pub(super) fn http(&self) -> &reqwest::Client {
        &self.0
    }
}

/// Makes the run's client, once.
pub(super) fn prepare(extensions: &mut Extensions) -> Result<(), String> {
    if extensions.get::<Client>().is_none() {
        let client = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::limited(REDIRECTS))
            // The executor's timeout bounds the whole attempt; one more here would only hide it.
            .build()
            .map_err(|error| format!("takes Fetch, and no HTTP client can be made: {error}"))?;
        extensions.insert(Arc::new(Client(client)));
    }
    Ok(())
}
