//! By which way a request goes: through which proxy, as which visitor.
//!
//! A way is chosen for each try (`stages::route`), and told what became of it: by whoever sends (`stages::wire`), by whoever reads
//! the body (`response`), and by an executor that finds itself blocked.

mod builder;
mod fault;
mod session;

use std::fmt;
use std::sync::Arc;

use tokio::time::Instant;

pub use builder::ProxyFallback;
pub use session::Sessions;
pub(super) use session::{Session, Visit};

use self::fault::{Blame, Fault, fault};
use self::session::SessionPool;
use super::settings::Settings;
use super::ticket::Ticket;
use crate::error::{Class, Error, Result};
use crate::proxy::{NoProxy, Proxy, ProxyProvider};
use crate::report::event::{Event, Publisher};

/// Which statuses say that one is blocked, unless something else is said: Crawlee's.
pub(super) const BLOCKED: [u16; 3] = [401, 403, 429];

/// The ways of a run that has proxies, sessions, or both.
pub(super) struct Routes {
    provider: Option<Arc<dyn ProxyProvider>>,
    fallback: ProxyFallback,
    sessions: Option<SessionPool>,
    blame: Blame,
}

/// Whether an error says nothing of the site: no proxy carried the request.
pub(super) fn is_of_proxies(error: &Error) -> bool {
    error.downcast_ref::<NoProxy>().is_some() || fault(error) == Fault::Proxy
}

/// The way of one try, with all its hops.
pub(super) struct Route {
    pub(super) proxy: Option<Proxy>,
    pub(super) session: Option<Arc<Session>>,
    country: Option<Box<str>>,
    routes: Arc<Routes>,
}

impl Routes {
    /// `None` for a run that goes straight out, as nobody in particular.
    pub(super) fn new(settings: &Settings) -> Option<Arc<Self>> {
        if settings.proxies.is_none() && settings.sessions.is_none() {
            return None;
        }
        Some(Arc::new(Self {
            provider: settings.proxies.clone(),
            fallback: settings.proxy_fallback,
            sessions: settings.sessions.map(SessionPool::new),
            blame: Blame::default(),
        }))
    }

    pub(super) fn has_sessions(&self) -> bool {
        self.sessions.is_some()
    }

    /// For the next try of a request: another proxy than before, as far as there are others.
    pub(super) fn choose(self: &Arc<Self>, ticket: &Ticket) -> Result<Arc<Route>> {
        let country = ticket.way.country.as_deref();
        let session = match (&self.sessions, &ticket.way.visit) {
            (Some(sessions), Some(visit)) => {
                Some(visit.session(sessions, country, || self.another(ticket))?)
            }
            _ => None,
        };
        let proxy = match &session {
            Some(session) => session.proxy.clone(),
            None => self.another(ticket)?,
        };
        if let Some(proxy) = &proxy {
            ticket.goes_by(proxy);
        }
        Ok(Arc::new(Route {
            proxy,
            session,
            country: ticket.way.country.clone(),
            routes: self.clone(),
        }))
    }

    /// A proxy; `None` if it is to go straight out.
    pub(super) fn one(
        &self,
        country: Option<&str>,
        except: &[Proxy],
    ) -> Result<Option<Proxy>, NoProxy> {
        let Some(provider) = &self.provider else {
            return Ok(None);
        };
        match provider.one(country, except) {
            Ok(proxy) => Ok(Some(proxy)),
            Err(NoProxy::NoneLive { .. }) if self.fallback == ProxyFallback::Direct => Ok(None),
            Err(none) => Err(none),
        }
    }

    fn another(&self, ticket: &Ticket) -> Result<Option<Proxy>> {
        let one = self.one(ticket.way.country.as_deref(), &ticket.went_by());
        one.map_err(|none| {
            let is_unknown = matches!(none, NoProxy::Country { .. });
            let error = Error::from(none);
            if is_unknown {
                error.with_retryable(false)
            } else {
                error
            }
        })
    }

    /// Whether there is another way than by these proxies.
    pub(super) fn has_others(&self, country: Option<&str>, than: &[Proxy]) -> bool {
        let provider = self.provider.as_ref();
        let by_proxy = provider.is_some_and(|provider| provider.pool().has_others(country, than));
        self.sessions.is_some() || by_proxy
    }

    /// Whether a session can go on: its proxy hasn't failed meanwhile, or is there again where it had to do without.
    fn is_open(&self, session: &Session, country: Option<&str>) -> bool {
        match (&self.provider, &session.proxy) {
            (Some(provider), Some(proxy)) => provider.pool().is_live(proxy),
            (Some(provider), None) => !provider.pool().has_others(country, &[]),
            (None, _) => true,
        }
    }
}

impl Route {
    /// An answer begins to come.
    pub(super) fn came_through(&self) {
        if let (Some(provider), Some(proxy)) = (&self.routes.provider, &self.proxy) {
            provider.good(proxy);
        }
    }

    /// An answer came, as far as it was wanted.
    pub(super) fn answered(&self, host: &str) {
        if let Some(proxy) = &self.proxy {
            self.routes.blame.answered(host, proxy);
        }
    }

    /// An answer came that may be the proxy's own.
    pub(super) fn doubted(&self, status: u16, host: &str, began: Instant, events: &Publisher) {
        self.is_bad(
            Fault::Unclear,
            (host, began),
            &format!("HTTP response {status}"),
            events,
        );
    }

    /// The same way, by nobody in particular.
    pub(super) fn without_session(&self) -> Arc<Self> {
        Arc::new(Self {
            proxy: self.proxy.clone(),
            session: None,
            country: self.country.clone(),
            routes: self.routes.clone(),
        })
    }

    /// What came instead of an answer, or of the rest of it; said of the proxy if it is to blame.
    pub(super) fn failed(
        &self,
        error: Error,
        host: &str,
        began: Instant,
        events: &Publisher,
    ) -> Error {
        let fault = fault(&error);
        if fault == Fault::Nobody {
            return error;
        }
        self.is_bad(fault, (host, began), &error.to_string(), events);
        if self.proxy.is_none() {
            return error;
        }
        // Which one is told by the event: like failures are counted together.
        let error = error.context("by a proxy");
        match fault {
            Fault::Proxy => error.with_class(Class::ClientConnection),
            Fault::Unclear | Fault::Nobody => error,
        }
    }

    /// The attempt ran out of time, or the request was given up, before there was an answer.
    pub(super) fn given_up(&self, host: &str, began: Instant, events: &Publisher) {
        self.is_bad(Fault::Unclear, (host, began), "no answer in time", events);
    }

    fn is_bad(
        &self,
        fault: Fault,
        (host, began): (&str, Instant),
        error: &str,
        events: &Publisher,
    ) {
        let mut left_alone = false;
        if let (Some(provider), Some(proxy)) = (&self.routes.provider, &self.proxy) {
            left_alone = self.routes.blame.is_of_proxy(fault, host, proxy, began)
                && (fault == Fault::Proxy || self.is_not_the_last(provider));
            if left_alone {
                provider.bad(proxy);
            }
            events.publish(&Event::ProxyFailed {
                proxy: proxy.shown().clone(),
                error: error.into(),
                left_alone,
            });
        }
        if let Some(session) = &self.session {
            session.failed(left_alone);
        }
    }

    /// The site doesn't want this visitor: the session isn't used again, nor for a while the proxy, if there is another.
    pub(super) fn blocked(&self, host: &str, events: &Publisher) {
        if let Some(session) = &self.session {
            session.retire();
        }
        if let (Some(provider), Some(proxy)) = (&self.routes.provider, &self.proxy)
            && self.is_not_the_last(provider)
        {
            provider.bad(proxy);
        }
        events.publish(&Event::Blocked {
            host: host.into(),
            proxy: self.proxy.as_ref().map(|proxy| proxy.shown().clone()),
        });
    }
}

impl Route {
    /// The last that is live is left alone only if it is clear that it doesn't work: or one site that turns a visitor away would
    /// end the run for all.
    fn is_not_the_last(&self, provider: &Arc<dyn ProxyProvider>) -> bool {
        let than = self.proxy.as_slice();
        provider.pool().has_others(self.country.as_deref(), than)
    }

    /// Whether there is another way.
    pub(super) fn has_others(&self) -> bool {
        self.routes
            .has_others(self.country.as_deref(), self.proxy.as_slice())
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes")
            .field("proxies", &self.provider)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("proxy", &self.proxy)
            .finish_non_exhaustive()
    }
}
