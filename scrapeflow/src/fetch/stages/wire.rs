//! Puts the headers on, judges the address, and sends.
//!
//! There are two clients, each with a pool of connections: one goes everywhere, the other resolves names to
//! public addresses alone. A request that has to stay public goes by the second, so that neither a name that
//! resolves differently each time nor a connection that is already open leads it elsewhere.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderValue, USER_AGENT};
use reqwest::redirect::Policy;
use tower::{BoxError, ServiceExt};
use url::{Host, Url};

use super::Stage;
use super::middleware::{self, Stays, Transport};
use crate::error::{Error, Result};
use crate::fetch::address::AddressPolicy;
use crate::fetch::classify::remedy;
use crate::fetch::outgoing::{Answer, Outgoing, RedirectedBy, presentable};
use crate::fetch::received::{self, Received};
use crate::fetch::resolver::PublicOnly;
use crate::fetch::settings::Settings;
use crate::report::event::Event;

/// The clients, and what the caller put around them.
#[derive(Debug)]
pub(crate) struct Wire {
    policy: AddressPolicy,
    clients: Arc<Clients>,
    /// `None` without middleware, which saves turning requests over and back.
    transport: Option<Transport>,
}

impl Wire {
    pub(super) fn new(settings: &Arc<Settings>) -> Result<Self, String> {
        let clients = Arc::new(Clients::new(settings)?);
        Ok(Self {
            policy: settings.address_policy,
            transport: middleware::transport(
                &settings.middleware,
                &clients,
                stays(settings.address_policy),
            ),
            clients,
        })
    }
}

impl Stage for Wire {
    async fn send(&self, request: &Outgoing) -> Result<Answer> {
        let (ticket, url) = (&request.ticket, request.url.clone());
        ticket.call.asks(Box::new(move || presentable(&url)));
        let response = self.answered(request).await?;
        ticket.site().scope.events.publish(&Event::Fetched {
            key: ticket.call.key().clone(),
            status: response.status().as_u16(),
        });
        Ok(Answer {
            response: Received::new(response),
            tried: request.tried,
            url: request.url.clone(),
            turn: None,
        })
    }
}

impl Wire {
    async fn answered(&self, hop: &Outgoing) -> Result<reqwest::Response> {
        let stays = self.judge(hop)?;
        let mut request = reqwest::Request::new(hop.method.clone(), Url::clone(&hop.url));
        *request.headers_mut() = hop.headers();
        *request.body_mut() = hop.body.clone().map(reqwest::Body::from);
        *request.timeout_mut() = hop.timeout;
        match &self.transport {
            None => self.clients.send(request, stays).await.map_err(told),
            Some(transport) => {
                let headers = request.headers_mut();
                headers
                    .entry(USER_AGENT)
                    .or_insert_with(|| self.clients.settings.user_agent.clone());
                headers
                    .entry(ACCEPT)
                    .or_insert(HeaderValue::from_static("*/*"));
                headers.entry(ACCEPT_ENCODING).or_insert(received::ACCEPTED);
                let mut request = http::Request::try_from(request)?;
                request.extensions_mut().insert(stays);
                let response = transport.clone().oneshot(request).await;
                Ok(response.map_err(told)?.into())
            }
        }
    }

    /// Whether the hop has to stay public; a literal address is judged here, a name when it is resolved.
    fn judge(&self, hop: &Outgoing) -> Result<Stays> {
        let (policy, from) = match (self.policy, hop.redirected_by) {
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

/// Those who send.
pub(super) struct Clients {
    anywhere: reqwest::Client,
    /// Made when it is needed.
    public: OnceLock<reqwest::Client>,
    settings: Arc<Settings>,
}

impl Clients {
    fn new(settings: &Arc<Settings>) -> Result<Self, String> {
        let mut builder = builder(settings);
        for (host, addresses) in &settings.resolve {
            builder = builder.resolve_to_addrs(host, addresses);
        }
        let anywhere = builder
            .build()
            .map_err(|error| format!("takes Fetch, and no HTTP client can be made: {error}"))?;
        Ok(Self {
            anywhere,
            public: OnceLock::new(),
            settings: settings.clone(),
        })
    }

    pub(super) async fn send(
        &self,
        request: reqwest::Request,
        stays: Stays,
    ) -> Result<reqwest::Response, BoxError> {
        let client = match stays {
            Stays::Anywhere => &self.anywhere,
            Stays::Public => {
                if let Some(literal) = literal(request.url()) {
                    AddressPolicy::PublicOnly.check(None, literal)?;
                }
                self.public()?
            }
        };
        let answer = client.execute(request).await;
        Ok(answer.map_err(reqwest::Error::without_url)?)
    }

    fn public(&self) -> reqwest::Result<&reqwest::Client> {
        if let Some(client) = self.public.get() {
            return Ok(client);
        }
        let resolver = PublicOnly::new(self.settings.resolve.clone());
        let client = builder(&self.settings)
            .dns_resolver(Arc::new(resolver))
            .build()?;
        Ok(self.public.get_or_init(|| client))
    }
}

/// Where requests may go that a layer makes of its own: nobody knows who led there.
fn stays(policy: AddressPolicy) -> Stays {
    match policy {
        AddressPolicy::Any => Stays::Anywhere,
        AddressPolicy::NoPublicToPrivate | AddressPolicy::PublicOnly => Stays::Public,
    }
}

/// The address that a URL names; names are judged when they are resolved.
fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

/// With what can be done about it.
fn told(error: BoxError) -> Error {
    let remedy = error.downcast_ref().and_then(remedy);
    let error = Error::from_boxed(error);
    match remedy {
        Some(remedy) => error.context(remedy),
        None => error,
    }
}

/// How long connecting may take: a host that drops packets is not to use up an attempt, in which it might be tried
/// again.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a connection is kept that nobody uses. A run over many hosts comes back to none of them soon, and each
/// kept connection is an open file.
const IDLE: Duration = Duration::from_secs(15);

fn builder(settings: &Settings) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .pool_idle_timeout(IDLE)
        .connect_timeout(CONNECT)
        // What the environment says of proxies would be no part of the run, and hide addresses from the policy.
        .no_proxy()
        // Followed hop by hop, as robots.txt, paces and addresses have it.
        .redirect(Policy::none())
        .user_agent(settings.user_agent.clone())
        .default_headers(HeaderMap::from_iter([(
            ACCEPT_ENCODING,
            received::ACCEPTED,
        )]))
        // Decoded by `received`, whatever other crates of the build switch on.
        .no_gzip()
        .no_deflate()
        .no_brotli()
        .no_zstd()
        .tls_danger_accept_invalid_certs(settings.accept_invalid_certs);
    if settings.roots.is_empty() {
        builder
    } else {
        builder.tls_certs_merge(settings.roots.clone())
    }
}

impl std::fmt::Debug for Clients {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clients").finish_non_exhaustive()
    }
}
