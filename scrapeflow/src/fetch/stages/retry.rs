//! Tries again what may pass.

use super::Stage;
use crate::error::{Class, Error, Result, may_pass};
use crate::fetch::outgoing::{Answer, Outgoing, presentable};
use crate::fetch::ticket::Next;
use crate::proxy::NoProxy;

/// Judges the answer, and tries again where a failure may pass.
#[derive(Debug)]
pub(crate) struct Retry<S>(S);

impl<S> Retry<S> {
    pub(super) fn new(inner: S) -> Self {
        Self(inner)
    }
}

impl<S: Stage> Stage for Retry<S> {
    async fn send(&self, request: &Outgoing) -> Result<Answer> {
        let mut tried = request.tried;
        let mut before: Option<String> = None;
        loop {
            let answer = self.0.send(request).await;
            let error = match answer.and_then(|answer| judge(answer, request)) {
                Ok(answer) => return Ok(Answer { tried, ..answer }),
                Err(error) => told(error, before.as_deref()).at_url(presentable(&request.url)),
            };
            // Boxed, since few come here and all would carry it.
            match Box::pin(request.ticket.next(tried, &error)).await {
                Next::End => return Err(error),
                Next::Again => tried += 1,
                Next::Elsewhere => {}
            }
            if before.is_none() && error.downcast_ref::<NoProxy>().is_none() {
                before = Some(error.to_string());
            }
        }
    }
}

/// That no proxy is left says nothing of why.
fn told(error: Error, before: Option<&str>) -> Error {
    match before {
        Some(before) if error.downcast_ref::<NoProxy>().is_some() => {
            error.context(format_args!("{before}; and then"))
        }
        _ => error,
    }
}

/// An answer whose status is not accepted is an error, retryable where the status says that it may pass.
fn judge(answer: Answer, request: &Outgoing) -> Result<Answer> {
    let status = answer.response.status().as_u16();
    let host = answer.url.host_str().unwrap_or_default();
    if request.ticket.accepts(host, status) {
        return Ok(answer);
    }
    Err(
        Error::recorded(Class::Runtime, format!("HTTP response {status}"))
            .with_http_status(status)
            .with_retryable(may_pass(status))
            .at_url(presentable(&answer.url)),
    )
}
