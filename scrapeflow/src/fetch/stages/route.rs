//! Chooses the way of each try, and leaves it where the site has blocked it.

use std::sync::Arc;

use super::Stage;
use crate::error::{Class, Error, Result, may_pass};
use crate::fetch::outgoing::{Answer, Outgoing, presentable};
use crate::fetch::route::Routes;

/// Goes by proxies and sessions, if the run has some.
#[derive(Debug)]
pub(crate) struct Routed<S> {
    inner: S,
    routes: Option<Arc<Routes>>,
}

impl<S> Routed<S> {
    pub(super) fn new(inner: S, routes: Option<Arc<Routes>>) -> Self {
        Self { inner, routes }
    }
}

impl<S: Stage> Stage for Routed<S> {
    async fn send(&self, request: &Outgoing) -> Result<Answer> {
        match &self.routes {
            None => self.inner.send(request).await,
            // Boxed, since runs that go straight out would carry it.
            Some(routes) => Box::pin(by(routes, &self.inner, request)).await,
        }
    }
}

async fn by<S: Stage>(routes: &Arc<Routes>, inner: &S, request: &Outgoing) -> Result<Answer> {
    let ticket = &request.ticket;
    // What belongs to another request goes its way.
    let route = match &request.route {
        Some(route) => route.clone(),
        None => routes.choose(ticket)?,
    };
    let outgoing = Outgoing {
        route: Some(route.clone()),
        ..request.clone()
    };
    let mut answer = inner.send(&outgoing).await?;
    let host = answer.url.host_str().unwrap_or_default();
    let status = answer.response.status().as_u16();
    if ticket.is_block(host, status) {
        route.blocked(host, &ticket.site().scope.events);
        return Err(Error::blocked(format!("HTTP response {status}"))
            .with_class(Class::Runtime)
            .with_http_status(status)
            .with_retryable(may_pass(status))
            .at_url(presentable(&answer.url)));
    }
    ticket.is_at(route.clone(), host);
    answer.route = Some(route);
    Ok(answer)
}
