//! Tries again what may pass.

use std::task::{Context, Poll};

use tower::Service;

use super::{Sent, Stage};
use crate::error::{Class, Error, may_pass};
use crate::fetch::outgoing::{Answer, Outgoing, presentable};

/// Judges the answer, and tries again where a failure may pass.
#[derive(Debug, Clone)]
pub(crate) struct Retry<S>(S);

impl<S> Retry<S> {
    pub(super) fn new(inner: S) -> Self {
        Self(inner)
    }
}

impl<S: Stage> Service<Outgoing> for Retry<S> {
    type Response = Answer;
    type Error = Error;
    type Future = Sent;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: Outgoing) -> Sent {
        let mut inner = self.0.clone();
        Box::pin(async move {
            loop {
                let error = match inner
                    .call(request.clone())
                    .await
                    .and_then(|answer| judge(answer, &request))
                {
                    Ok(answer) => return Ok(answer),
                    Err(error) => error.at_url(presentable(&request.url)),
                };
                // Boxed, since few come here and all would carry it.
                if !Box::pin(request.ticket.tries_again(request.tried, &error)).await {
                    return Err(error);
                }
                request.tried += 1;
            }
        })
    }
}

/// An answer whose status is not accepted is an error, retryable where the status says that it may pass.
fn judge(answer: Answer, request: &Outgoing) -> Result<Answer, Error> {
    let status = answer.response.status().as_u16();
    let host = answer.url.host_str().unwrap_or_default();
    if request.ticket.accepts(host, status) {
        return Ok(answer);
    }
    Err(
        Error::recorded(Class::Runtime, format!("HTTP response {status}"))
            .with_http_status(status)
            .with_retryable(may_pass(status)),
    )
}
