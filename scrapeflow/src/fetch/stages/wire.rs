//! Puts the headers on, judges the address, and sends: straight out, or by the proxy that was chosen.
//!
//! A request that has to stay public goes by a client that resolves names to public addresses alone, so that neither a name that
//! resolves differently each time nor a connection that is already open leads it elsewhere. Behind a proxy only literal
//! addresses can be judged.

use std::fmt;
use std::sync::Arc;

use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderValue, USER_AGENT};
use tokio::time::Instant;
use tower::{BoxError, ServiceExt};

use super::Stage;
use super::middleware::{self, Stays, Transport, Via};
use crate::error::{Class, Error, Result};
use crate::fetch::address::AddressPolicy;
use crate::fetch::clients::{Clients, told};
use crate::fetch::deadline::Deadline;
use crate::fetch::outgoing::{Answer, Outgoing, RedirectedBy, literal, presentable};
use crate::fetch::received::{self, Received};
use crate::fetch::route::{Route, Routes};
use crate::fetch::settings::Settings;
use crate::report::event::Event;

/// The clients, and what the caller put around them.
#[derive(Debug)]
pub(crate) struct Wire {
    settings: Arc<Settings>,
    clients: Arc<Clients>,
    /// `None` without middleware, which saves turning requests over and back.
    transport: Option<Transport>,
}

impl Wire {
    pub(super) fn new(
        settings: &Arc<Settings>,
        routes: Option<Arc<Routes>>,
    ) -> Result<Self, String> {
        let clients = Arc::new(Clients::new(settings)?);
        let stays = stays(settings.address_policy);
        Ok(Self {
            settings: settings.clone(),
            transport: middleware::transport(&settings.middleware, &clients, stays, routes),
            clients,
        })
    }
}

impl Stage for Wire {
    async fn send(&self, request: &Outgoing) -> Result<Answer> {
        let (ticket, url) = (&request.ticket, request.url.clone());
        ticket.call.asks(Box::new(move || presentable(&url)));
        let via = Via {
            stays: self.judge(request)?,
            proxy: request.proxy().cloned(),
        };
        let response = match &request.route {
            None => self.answered(request, via).await?,
            // Boxed, since runs that go straight out would carry it.
            Some(route) => Box::pin(self.by(route, request, via)).await?,
        };
        let proxy = request.proxy();
        ticket.site().scope.events.publish(&Event::Fetched {
            key: ticket.call.key().clone(),
            status: response.status().as_u16(),
            proxy: proxy.map(|proxy| proxy.shown().clone()),
        });
        Ok(Answer {
            response: Received::new(response),
            tried: request.tried,
            url: request.url.clone(),
            turn: None,
            route: None,
        })
    }
}

impl Wire {
    /// Sends it, and says of the way how it fared.
    async fn by(&self, route: &Arc<Route>, hop: &Outgoing, via: Via) -> Result<reqwest::Response> {
        let began = Instant::now();
        let mut pending = Pending {
            under_way: Some((route, hop)),
            began,
        };
        let mut answered = self.answered(hop, via.clone()).await;
        if answered.as_ref().is_err_and(|error| is_stale(error, hop)) {
            answered = self.answered(hop, via).await;
        }
        pending.under_way = None;
        match answered {
            Ok(response) => {
                route.came_through();
                let status = response.status().as_u16();
                if hop.may_be_of_proxy(status) {
                    let events = &hop.ticket.site().scope.events;
                    route.doubted(status, hop.host(), began, events);
                }
                Ok(response)
            }
            Err(error) => {
                let events = &hop.ticket.site().scope.events;
                Err(route.failed(error, hop.host(), began, events))
            }
        }
    }

    async fn answered(&self, hop: &Outgoing, via: Via) -> Result<reqwest::Response> {
        let mut request = reqwest::Request::new(hop.method.clone(), url::Url::clone(&hop.url));
        *request.headers_mut() = hop.headers();
        *request.body_mut() = hop.body.clone().map(reqwest::Body::from);
        *request.timeout_mut() = hop.timeout;
        match &self.transport {
            None => send(&self.clients, request, via).await.map_err(told),
            Some(transport) => {
                let headers = request.headers_mut();
                headers
                    .entry(USER_AGENT)
                    .or_insert_with(|| self.settings.user_agent.clone());
                headers
                    .entry(ACCEPT)
                    .or_insert(HeaderValue::from_static("*/*"));
                headers.entry(ACCEPT_ENCODING).or_insert(received::ACCEPTED);
                let mut request = http::Request::try_from(request)?;
                request.extensions_mut().insert(via);
                let answer = transport.clone().oneshot(request);
                let answer = match hop.timeout.and_then(Deadline::after) {
                    Some(deadline) => deadline.keep(answer).await,
                    None => answer.await,
                };
                Ok(answer.map_err(told)?.into())
            }
        }
    }

    /// Whether the hop has to stay public; a literal address is judged here, a name when it is resolved.
    fn judge(&self, hop: &Outgoing) -> Result<Stays> {
        let (policy, from) = match (self.settings.address_policy, hop.redirected_by) {
            // Whoever cannot be told may be public.
            (AddressPolicy::NoPublicToPrivate, RedirectedBy::Unknown) => {
                (AddressPolicy::PublicOnly, None)
            }
            (policy, RedirectedBy::Peer(peer)) => (policy, Some(peer)),
            (policy, _) => (policy, None),
        };
        if let Some(literal) = literal(&hop.url) {
            policy.check(from, literal)?;
        }
        Ok(if policy.stays_public(from) {
            Stays::Public
        } else {
            Stays::Anywhere
        })
    }
}

/// Whether the connection may have been closed while nobody used it, as small proxies do without saying so beforehand: then
/// what has no effect is sent anew (RFC 9110, 9.2.2).
fn is_stale(error: &Error, hop: &Outgoing) -> bool {
    error.class() == Class::ServerDisconnected && hop.proxy().is_some() && hop.method.is_safe()
}

/// A hop that is under way. Dropped so when the attempt's time is over, it has used that up.
struct Pending<'a> {
    under_way: Option<(&'a Arc<Route>, &'a Outgoing)>,
    began: Instant,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if let Some((route, hop)) = self.under_way
            && hop.ticket.ran_out(self.began)
        {
            let events = &hop.ticket.site().scope.events;
            route.given_up(hop.host(), self.began, events);
        }
    }
}

/// Sends a request by the client that it is for.
pub(super) async fn send(
    clients: &Clients,
    request: reqwest::Request,
    via: Via,
) -> Result<reqwest::Response, BoxError> {
    if via.stays == Stays::Public
        && let Some(literal) = literal(request.url())
    {
        AddressPolicy::PublicOnly.check(None, literal)?;
    }
    let Some(proxy) = via.proxy else {
        let client = match via.stays {
            Stays::Anywhere => clients.anywhere(),
            Stays::Public => clients.public()?,
        };
        let answer = client.execute(request).await;
        return Ok(answer.map_err(reqwest::Error::without_url)?);
    };
    // In a tunnel it would be the site that says so.
    let is_seen = proxy.speaks_http() && request.url().scheme() == "http";
    let client = clients.through(&proxy)?;
    let answer = client.execute(request).await;
    let answer = answer.map_err(reqwest::Error::without_url)?;
    if is_seen && answer.status() == http::StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        return Err(ProxyRefused.into());
    }
    Ok(answer)
}

/// The proxy doesn't take us for who we say we are.
#[derive(Debug)]
pub(in crate::fetch) struct ProxyRefused;

impl fmt::Display for ProxyRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it asks for user and password, or for others (HTTP response 407)")
    }
}

impl std::error::Error for ProxyRefused {}

/// Where requests may go that a layer makes of its own: nobody knows who led there.
fn stays(policy: AddressPolicy) -> Stays {
    match policy {
        AddressPolicy::Any => Stays::Anywhere,
        AddressPolicy::NoPublicToPrivate | AddressPolicy::PublicOnly => Stays::Public,
    }
}
