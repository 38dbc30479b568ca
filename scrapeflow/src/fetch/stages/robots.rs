//! Asks a site's robots.txt before the site.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use http::Method;
use tokio::time::Instant;
use tower::Service;
use url::{Origin, Url};

use super::Sent;
use super::redirect::Redirect;
use crate::error::{Class, Error, Result};
use crate::fetch::outgoing::{Answer, From, Outgoing};
use crate::fetch::pace::LocalTurns;
use crate::fetch::robots::{self, Meaning, Rules, product_token};
use crate::fetch::settings::Settings;

/// A site that takes longer to answer cannot say what its rules are.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Refuses what robots.txt disallows.
#[derive(Debug, Clone)]
pub(crate) struct Robots<S> {
    inner: S,
    settings: Arc<Settings>,
    cache: Arc<RobotsCache>,
}

impl<S> Robots<S> {
    pub(super) fn new(inner: S, settings: &Arc<Settings>, cache: &Arc<RobotsCache>) -> Self {
        Self {
            inner,
            settings: settings.clone(),
            cache: cache.clone(),
        }
    }
}

impl<S> Service<Outgoing> for Robots<S>
where
    S: Service<Outgoing, Response = Answer, Error = Error, Future = Sent> + Clone + Send + 'static,
{
    type Response = Answer;
    type Error = Error;
    type Future = Sent;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Outgoing) -> Sent {
        let of_host = self
            .settings
            .host(request.host())
            .and_then(|host| host.robots);
        if !of_host.unwrap_or(self.settings.politeness.robots) {
            return self.inner.call(request);
        }
        let (mut inner, cache) = (self.inner.clone(), self.cache.clone());
        async move {
            let rules = cache.rules(&request, &mut inner).await?;
            if let Some(rule) = rules.refusing(&request.url) {
                let message = format!(
                    "robots.txt of {} disallows it (`Disallow: {rule}`)",
                    request.host()
                );
                return Err(Error::recorded(Class::Runtime, message));
            }
            inner.call(request).await
        }
        .boxed()
    }
}

/// The rules of all sites that were asked.
pub(super) struct RobotsCache {
    product_token: String,
    turns: Option<Arc<LocalTurns>>,
    /// By scheme, host and port, as RFC 9309 (2.3) has it.
    sites: Mutex<HashMap<Origin, Arc<Site>>>,
}

/// The rules of a site, once they are known, and until when they count.
type Site = tokio::sync::Mutex<Option<(Arc<Rules>, Instant)>>;

impl RobotsCache {
    pub(super) fn new(settings: &Settings, turns: Option<&Arc<LocalTurns>>) -> Self {
        let user_agent = settings.user_agent.to_str().unwrap_or_default();
        Self {
            product_token: product_token(user_agent).to_owned(),
            turns: turns.cloned(),
            sites: Mutex::default(),
        }
    }

    /// The rules for a request; asked for where they aren't known.
    async fn rules<S>(&self, request: &Outgoing, inner: &mut S) -> Result<Arc<Rules>>
    where
        S: Service<Outgoing, Response = Answer, Error = Error, Future = Sent>
            + Clone
            + Send
            + 'static,
    {
        let site = self.site(&request.url);
        let seat = &request.ticket.site().seat;
        let mut known = if let Ok(known) = site.try_lock() {
            known
        } else {
            // Whoever asks may need the turn that was kept here.
            drop(seat.take_turn());
            seat.aside(site.lock()).await
        };
        if let Some((rules, until)) = &*known
            && *until > Instant::now()
        {
            return Ok(rules.clone());
        }
        let (meaning, body) = ask(request, inner).await?;
        // Rules that were read before the site had trouble go on to count (2.4).
        let rules = match (&*known, meaning) {
            (Some((rules, _)), Meaning::DisallowAll) => rules.clone(),
            _ => Arc::new(meaning.rules(&body, &self.product_token)),
        };
        *known = Some((rules.clone(), Instant::now() + meaning.lasts()));
        if let (Some(turns), Some(delay)) = (&self.turns, rules.crawl_delay()) {
            turns.crawl_delay(request.host(), delay);
        }
        Ok(rules)
    }

    fn site(&self, url: &Url) -> Arc<Site> {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        sites.entry(url.origin()).or_default().clone()
    }
}

/// Fetches a site's robots.txt in the turn of the request that wants to know, which is kept for that.
async fn ask<S>(request: &Outgoing, inner: &mut S) -> Result<(Meaning, Vec<u8>)>
where
    S: Service<Outgoing, Response = Answer, Error = Error, Future = Sent> + Clone + Send + 'static,
{
    let mut url = Url::clone(&request.url);
    url.set_path("/robots.txt");
    url.set_query(None);
    url.set_fragment(None);
    let asked = Outgoing {
        url: Arc::new(url),
        method: Method::GET,
        body: None,
        timeout: Some(TIMEOUT),
        from: From::Nobody,
        ..request.clone()
    };
    let mut inner = Redirect::at_most(inner.clone(), robots::MAX_REDIRECTS);
    let mut answer = match inner.call(asked).await {
        Ok(answer) => answer,
        Err(error) if error.is_stopped() => return Err(error),
        Err(error) if error.class() == Class::ClientResponse => {
            return Ok((robots::Answer::TooManyRedirects.meaning(), Vec::new()));
        }
        Err(_) => return Ok((robots::Answer::Unreachable.meaning(), Vec::new())),
    };
    if let Some(turn) = answer.turn.take()
        && turn.host == request.host()
    {
        request.ticket.site().seat.keep_turn(turn);
    }
    let status = answer.response.status().as_u16();
    let meaning = robots::Answer::Status(status).meaning();
    if meaning != Meaning::Parse {
        return Ok((meaning, Vec::new()));
    }
    let mut body = Vec::new();
    let mut chunks = answer.response.bytes_stream();
    // One octet more than counts shows that there is more.
    while body.len() <= robots::MAX_OCTETS {
        match chunks.next().await {
            None => break,
            Some(Ok(chunk)) => {
                let room = robots::MAX_OCTETS + 1 - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            }
            Some(Err(_)) => return Ok((robots::Answer::Unreachable.meaning(), Vec::new())),
        }
    }
    Ok((meaning, body))
}

impl fmt::Debug for RobotsCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RobotsCache")
            .field("product_token", &self.product_token)
            .finish_non_exhaustive()
    }
}
