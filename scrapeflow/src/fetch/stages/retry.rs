//! Tries again what may pass.

use super::Stage;
use crate::error::{Class, Error, Result, may_pass};
use crate::fetch::outgoing::{Answer, Outgoing, presentable};

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
        loop {
            let answer = self.0.send(request).await;
            let error = match answer.and_then(|answer| judge(answer, request)) {
                Ok(answer) => return Ok(Answer { tried, ..answer }),
                Err(error) => error.at_url(presentable(&request.url)),
            };
            // Boxed, since few come here and all would carry it.
            if !Box::pin(request.ticket.tries_again(tried, &error)).await {
                return Err(error);
            }
            tried += 1;
        }
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
