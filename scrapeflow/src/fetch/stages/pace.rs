//! Waits for the host's turn, and listens to what the host says of the pace.

#[cfg(any(test, fuzzing))]
mod invariants;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::{HeaderMap, RETRY_AFTER};
use tokio::time::Instant;

#[cfg(any(test, fuzzing))]
pub(crate) use self::invariants::check_invariants;
use super::Stage;
use crate::error::{Class, Error, Result};
use crate::executor::call::Call;
use crate::features::now;
use crate::fetch::outgoing::{Answer, Outgoing};
use crate::report::event::Event;
use crate::schedule::{Busy, Granted, Heard, Held, Taken, Ungranted, to_the_back};

/// Paces requests.
#[derive(Debug)]
pub(crate) struct Paced<S>(S);

impl<S> Paced<S> {
    pub(super) fn new(inner: S) -> Self {
        Self(inner)
    }
}

impl<S: Stage> Stage for Paced<S> {
    async fn send(&self, request: &Outgoing) -> Result<Answer> {
        let (ticket, host) = (&request.ticket, request.host());
        let site = ticket.site();
        // Those that are ready go on first, so that requests go out one after another: what a processor has just done it does faster
        // again, and a server that is at work need not be woken for each.
        to_the_back().await;
        let turn = if site.scope.lines.are_needed() {
            // Boxed, since runs without limits would carry it.
            Box::pin(begun(&ticket.call, host)).await?
        } else {
            None
        };
        let sent = Instant::now();
        let mut answer = self.0.send(request).await?;
        if let Some(heard) = heard(request, &answer) {
            if let Heard::TooMuch(retry_after) = heard {
                site.scope.events.publish(&Event::Throttled {
                    host: host.into(),
                    status: answer.response.status().as_u16(),
                    retry_after,
                });
            }
            site.scope.lines.heard(host, sent, heard);
        }
        if let Some(turn) = &turn {
            turn.answered();
        }
        answer.turn = turn;
        Ok(answer)
    }
}

/// A turn in which the request may be sent now; `None` where none is needed.
async fn begun(call: &Call, host: &str) -> Result<Option<Arc<Held>>> {
    let Some((mut turn, mut busy)) = take(call, host).await? else {
        return Ok(None);
    };
    // After each wait there is a place to be waited for too, and others may have begun meanwhile.
    while !turn.turn.begin() {
        // To wait is no work.
        drop(busy);
        aside(call, turn.turn.ready()).await?;
        busy = call.site().seat.busy();
    }
    Ok(Some(call.site().seat.hold(turn, busy)))
}

/// The turn that the task has at the host, or one that can be had, or one that is waited for; `None` where none
/// is needed.
async fn take(call: &Call, host: &str) -> Result<Option<(Granted, Busy)>> {
    let site = call.site();
    if let Some(turn) = site.seat.take_turn(host) {
        return Ok(Some((turn, site.seat.busy())));
    }
    let lines = &site.scope.lines;
    let (turn, busy) = match lines.try_take(host) {
        Taken::Free => return Ok(None),
        Taken::Turn(turn) => (turn, site.seat.busy()),
        Taken::Wait => {
            aside(call, lines.take(host, &site.seat))
                .await?
                .map_err(|Ungranted(why)| {
                    let message = format!("whoever grants turns at {host} panicked: {why}");
                    Error::recorded(Class::Unhandled, message)
                })?
        }
    };
    let host = host.to_owned();
    let guessed = false;
    Ok(Some((
        Granted {
            host,
            turn,
            guessed,
        },
        busy,
    )))
}

/// Waits aside, unless the run stops: then nothing was begun, and nothing is recorded.
pub(super) async fn aside<T>(call: &Call, wait: impl Future<Output = T>) -> Result<T> {
    let site = call.site();
    let wait = async {
        tokio::select! {
            // The stop first: what is waited for may have ended because of it.
            biased;
            () = site.scope.stop.requested() => None,
            done = wait => Some(done),
        }
    };
    let waited = site.seat.aside(wait).await;
    waited.ok_or_else(|| {
        call.note_stop();
        Error::recorded(Class::Runtime, "the run stops")
    })
}

/// What an answer says of the pace, if anything: a host that is broken or refuses is not asked faster for it.
fn heard(request: &Outgoing, answer: &Answer) -> Option<Heard> {
    match answer.response.status().as_u16() {
        // Said to one visitor, in whose place another one comes.
        status if is_of_visitor(request, status) => None,
        status
            if request.may_be_of_proxy(status)
                && !answer.response.headers().contains_key(RETRY_AFTER) =>
        {
            None
        }
        429 | 503 => {
            let alone = retry_after(answer.response.headers(), now().into());
            Some(Heard::TooMuch(alone))
        }
        200..400 => Some(Heard::Fine),
        _ => None,
    }
}

/// Whether it is said to somebody in whose place another can come.
fn is_of_visitor(request: &Outgoing, status: u16) -> bool {
    request.proxy().is_some()
        && request.ticket.is_block(request.host(), status)
        && request.ticket.has_elsewhere()
}

/// `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); a date that is over is none.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
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
