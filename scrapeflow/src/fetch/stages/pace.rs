//! Waits for the host's turn, and listens to what the host says of the pace.

use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use futures::future::poll_immediate;
use http::header::{HeaderMap, RETRY_AFTER};
use tokio::time::Instant;
use tower::Service;

use super::Sent;
use crate::error::{Error, Result};
use crate::executor::call::Site;
use crate::fetch::outgoing::{Answer, Outgoing};
use crate::schedule::{Granted, Heard, Taken};

/// Paces requests.
#[derive(Debug, Clone)]
pub(crate) struct Paced<S>(S);

impl<S> Paced<S> {
    pub(super) fn new(inner: S) -> Self {
        Self(inner)
    }
}

impl<S> Service<Outgoing> for Paced<S>
where
    S: Service<Outgoing, Response = Answer, Error = Error, Future = Sent> + Clone + Send + 'static,
{
    type Response = Answer;
    type Error = Error;
    type Future = Sent;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Outgoing) -> Sent {
        let mut inner = self.0.clone();
        async move {
            let (ticket, url) = (request.ticket.clone(), request.url.clone());
            let host = url.host_str().unwrap_or_default();
            let site = ticket.site();
            let turn = if site.scope.lines.are_needed() {
                // Boxed, since runs without limits would carry it.
                Box::pin(begun(site, host)).await?
            } else {
                None
            };
            let sent = Instant::now();
            let mut answer = inner.call(request).await?;
            site.scope.lines.heard(host, sent, heard(&answer));
            answer.turn = turn;
            Ok(answer)
        }
        .boxed()
    }
}

/// A turn in which the request may be sent now; `None` where none is needed.
async fn begun(site: &Site, host: &str) -> Result<Option<Granted>> {
    let mut turn = take(site, host).await?;
    if let Some(turn) = &mut turn {
        begin(site, turn).await?;
    }
    Ok(turn)
}

/// The turn that was kept for the host, or one that can be had, or one that is waited for; `None` where none is
/// needed.
async fn take(site: &Site, host: &str) -> Result<Option<Granted>> {
    if let Some(turn) = site.seat.take_turn()
        && turn.host == host
    {
        return Ok(Some(turn));
    }
    let turn = match site.scope.lines.try_take(host) {
        Taken::Free => return Ok(None),
        Taken::Turn(turn) => turn,
        Taken::Wait => {
            let lines = &site.scope.lines;
            aside(site, lines.take(host)).await?
        }
    };
    let host = host.to_owned();
    Ok(Some(Granted { host, turn }))
}

async fn begin(site: &Site, turn: &mut Granted) -> Result<()> {
    let mut begins = turn.turn.begin();
    if poll_immediate(&mut begins).await.is_some() {
        return Ok(());
    }
    aside(site, begins).await
}

/// Waits aside, unless the run stops: then nothing was begun, and nothing is recorded.
async fn aside<T>(site: &Site, wait: impl Future<Output = T>) -> Result<T> {
    let wait = async {
        tokio::select! {
            biased;
            done = wait => Ok(done),
            () = site.scope.stop.requested() => Err(Error::stopped()),
        }
    };
    site.seat.aside(wait).await
}

fn heard(answer: &Answer) -> Heard {
    match answer.response.status().as_u16() {
        429 | 503 => Heard::TooMuch(retry_after(answer.response.headers(), SystemTime::now())),
        _ => Heard::Fine,
    }
}

/// `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); a date that is over is none.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty() {
        // More seconds than fit are as many as there are.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    httpdate::parse_http_date(value)
        .ok()?
        .duration_since(now)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date() {
        // Sun, 06 Nov 1994 08:49:30 GMT
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        for (value, seconds) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(7)),
            ("Sun Nov  6 08:49:37 1994", Some(7)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            let found = retry_after(&headers, now);
            assert_eq!(found, seconds.map(Duration::from_secs), "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
