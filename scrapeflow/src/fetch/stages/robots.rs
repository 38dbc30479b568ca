//! Asks a site's robots.txt before the site.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Method;
use http::header::{HeaderMap, USER_AGENT};
use tokio::sync::watch;
use tokio::time::Instant;
use url::Url;

use super::Stage;
use super::pace::aside;
use super::redirect::{Redirect, TooMany};
use super::route::Routed;
use crate::error::{Class, Error, Result};
use crate::executor::call::{Call, Site};
use crate::fetch::address::Refused;
use crate::fetch::outgoing::{Answer, Outgoing};
use crate::fetch::robots::{self, Meaning, Refusal, Rules, product_token};
use crate::fetch::route::{Routes, is_of_proxies};
use crate::fetch::settings::Settings;
use crate::fetch::ticket::{Ticket, Way};
use crate::report::event::Event;
use crate::schedule::Seat;

/// A site that takes longer to answer cannot say what its rules are.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Refuses what robots.txt disallows.
#[derive(Debug)]
pub(crate) struct Robots<S> {
    /// Shared with those who ask.
    inner: Arc<S>,
    routes: Option<Arc<Routes>>,
    settings: Arc<Settings>,
    sites: Arc<Sites>,
}

impl<S> Robots<S> {
    pub(super) fn new(inner: S, settings: &Arc<Settings>, routes: Option<Arc<Routes>>) -> Self {
        Self {
            inner: Arc::new(inner),
            routes,
            settings: settings.clone(),
            sites: Arc::default(),
        }
    }

    fn asks(&self, request: &Outgoing) -> bool {
        let of_host = self.settings.host(request.host());
        of_host
            .and_then(|host| host.robots)
            .unwrap_or(self.settings.politeness.robots)
    }
}

impl<S: Stage> Stage for Robots<S> {
    async fn send(&self, request: &Outgoing) -> Result<Answer> {
        if self.asks(request) {
            // Boxed, since runs that don't ask would carry it.
            let rules =
                Box::pin(self.sites.rules(request, &self.inner, self.routes.as_ref())).await?;
            if let Some(why) = rules.refusing(&request.url) {
                // Asked for ahead, for nothing.
                drop(request.ticket.site().seat.take_turn(request.host()));
                let message = format!("robots.txt of {} {why}", request.host());
                // A rule stays; what could not be read may be, another time.
                let may_pass = why == Refusal::Unreadable;
                return Err(Error::recorded(Class::Runtime, message).with_retryable(may_pass));
            }
        }
        self.inner.send(request).await
    }
}

/// The rules of all sites that were asked.
///
/// By the name that we have there and by scheme, host and port, as RFC 9309 (2.2.1, 2.3) has it.
#[derive(Default)]
pub(super) struct Sites(Mutex<HashMap<Box<str>, Known>>);

/// What is known of a site.
enum Known {
    /// Its rules, and until when they count.
    Rules(Arc<Rules>, Instant),
    /// Somebody asks; the older rules count on if the site has trouble (2.4).
    Asked(watch::Receiver<Option<Told>>),
}

/// What came of asking.
type Told = Result<Arc<Rules>, Unasked>;

/// Why nobody was asked, which says nothing of the site.
#[derive(Debug, Clone)]
enum Unasked {
    Refused(Refused),
    /// No proxy carried the question.
    ByProxies(Arc<str>),
}

impl From<Unasked> for Error {
    fn from(why: Unasked) -> Self {
        match why {
            Unasked::Refused(refused) => refused.into(),
            Unasked::ByProxies(why) => {
                let message = format!("robots.txt cannot be asked for: {why}");
                Self::recorded(Class::ClientConnection, message)
            }
        }
    }
}

impl Sites {
    /// The rules for a request; asked for where they aren't known. Whoever asks is nobody's request, so that none
    /// that is given up or left alone keeps them from the others.
    async fn rules<S: Stage>(
        self: &Arc<Self>,
        request: &Outgoing,
        inner: &Arc<S>,
        routes: Option<&Arc<Routes>>,
    ) -> Result<Arc<Rules>> {
        let user_agent = request.user_agent().to_str().unwrap_or_default();
        let name = product_token(user_agent).to_owned();
        let site: Box<str> =
            format!("{name} {}", request.url.origin().ascii_serialization()).into();
        let mut told = {
            let mut known = self.known();
            match known.get(&site) {
                Some(Known::Rules(rules, until)) if *until > Instant::now() => {
                    return Ok(rules.clone());
                }
                // Not one who panicked.
                Some(Known::Asked(told)) if told.has_changed().is_ok() => told.clone(),
                old => {
                    let old = match old {
                        Some(Known::Rules(rules, _)) => Some(rules.clone()),
                        _ => None,
                    };
                    let (tell, told) = watch::channel(None);
                    let asking = self.clone().ask(
                        site.clone(),
                        name,
                        old,
                        asking(request),
                        Routed::new(
                            Redirect::at_most(inner.clone(), robots::MAX_REDIRECTS),
                            routes.cloned(),
                        ),
                        tell,
                    );
                    tokio::spawn(asking);
                    known.insert(site, Known::Asked(told.clone()));
                    told
                }
            }
        };
        let call = &request.ticket.call;
        let told = aside(call, async move {
            told.wait_for(Option::is_some)
                .await
                .ok()
                .and_then(|told| told.clone())
        });
        match told.await? {
            Some(told) => told.map_err(Error::from),
            None => Err(Error::recorded(
                Class::Unhandled,
                "asking for robots.txt panicked",
            )),
        }
    }

    async fn ask<S: Stage>(
        self: Arc<Self>,
        site: Box<str>,
        name: String,
        old: Option<Arc<Rules>>,
        asking: Outgoing,
        inner: S,
        tell: watch::Sender<Option<Told>>,
    ) {
        let host = asking.host().to_owned();
        let scope = asking.ticket.site().scope.clone();
        let answer = tokio::select! {
            biased;
            answer = answer(asking, inner) => answer,
            // Nobody waits any more.
            () = scope.stop.requested() => return,
        };
        let (meaning, body) = match answer {
            Ok(answered) => answered,
            Err(refused) => {
                self.known().remove(&site);
                let _ = tell.send(Some(Err(refused)));
                return;
            }
        };
        let rules = match (old, meaning) {
            (Some(old), Meaning::DisallowAll) => old,
            _ => Arc::new(meaning.rules(&body, &name)),
        };
        let delay = rules.crawl_delay().unwrap_or_default();
        if !delay.is_zero() {
            scope.events.publish(&Event::CrawlDelay {
                host: host.as_str().into(),
                delay,
            });
        }
        scope.lines.crawl_delay(&host, delay);
        self.known().insert(
            site,
            Known::Rules(rules.clone(), Instant::now() + meaning.lasts()),
        );
        // Everybody may have gone.
        let _ = tell.send(Some(Ok(rules)));
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Box<str>, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The request for the robots.txt of a request's site: with the name that is sent there, no credentials where the
/// request has left them behind, and nothing else of the request's own terms, in a seat of its own that takes over the turn which the request was granted ahead.
fn asking(request: &Outgoing) -> Outgoing {
    let of = &request.ticket;
    let seat = Arc::new(Seat::alone());
    if let Some(turn) = of.site().seat.take_turn(request.host()) {
        seat.keep_turn(turn);
    }
    let headers = HeaderMap::from_iter([(USER_AGENT, request.user_agent().clone())]);
    let ticket = Ticket {
        call: Call::new(Site {
            seat,
            ..of.site().clone()
        }),
        headers,
        cookies: None,
        accept_status: vec![200],
        accept_otherwise: None,
        not_modified: false,
        validate: None,
        retries: 0,
        settings: of.settings.clone(),
        // A visitor of its own, who takes being turned away for an answer.
        way: Way::of(of.way.country.clone(), None, None),
        ..*of.as_ref()
    };
    let mut url = Url::clone(&request.url);
    url.set_path("/robots.txt");
    url.set_query(None);
    url.set_fragment(None);
    Outgoing {
        ticket: Arc::new(ticket),
        url: Arc::new(url),
        method: Method::GET,
        body: None,
        timeout: Some(TIMEOUT),
        crossed: request.crossed,
        became_get: false,
        redirected_by: request.redirected_by,
        credentials: None,
        kept_cookies: Vec::new(),
        tried: 0,
        // The try that asks may have the only proxy.
        route: request.route.as_ref().map(|route| route.without_session()),
    }
}

/// What a site's robots.txt says, or why it cannot be asked for; tried again as often as requests are.
async fn answer<S: Stage>(mut asking: Outgoing, inner: S) -> Result<(Meaning, Vec<u8>), Unasked> {
    let settings = asking.ticket.settings.clone();
    let mut tried = 0;
    loop {
        let answered = answer_once(&asking, &inner).await;
        let may_pass = match &answered {
            Ok((meaning, _)) => *meaning == Meaning::DisallowAll,
            Err(Unasked::ByProxies(_)) => true,
            Err(Unasked::Refused(_)) => false,
        };
        if !may_pass || tried >= settings.retries {
            return answered;
        }
        tried += 1;
        asking.route = None;
        tokio::time::sleep(settings.backoff.pause(tried, fastrand::f64())).await;
    }
}

async fn answer_once<S: Stage>(
    asking: &Outgoing,
    inner: &S,
) -> Result<(Meaning, Vec<u8>), Unasked> {
    let unreachable = (robots::Answer::Unreachable.meaning(), Vec::new());
    let mut answer = match inner.send(asking).await {
        Ok(answer) => answer,
        Err(error) => {
            if let Some(refused) = error.downcast_ref::<Refused>() {
                return Err(Unasked::Refused(*refused));
            }
            if error.downcast_ref::<TooMany>().is_some() {
                return Ok((robots::Answer::TooManyRedirects.meaning(), Vec::new()));
            }
            if asking.ticket.settings.proxies.is_some() && is_of_proxies(&error) {
                return Err(Unasked::ByProxies(error.to_string().into()));
            }
            return Ok(unreachable);
        }
    };
    let status = answer.response.status().as_u16();
    let meaning = robots::Answer::Status(status).meaning();
    let mut body = Vec::new();
    // One octet more than counts shows that there is more.
    while meaning == Meaning::Parse && body.len() <= robots::MAX_OCTETS {
        match answer.response.chunk().await {
            Ok(None) => break,
            Ok(Some(chunk)) => {
                let room = robots::MAX_OCTETS + 1 - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            }
            Err(_) => return Ok(unreachable),
        }
    }
    Ok((meaning, body))
}

impl fmt::Debug for Sites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sites").finish_non_exhaustive()
    }
}
