//! What a request is asked to be, and what has come of its tries.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::HeaderMap;
use tokio::time::Instant;

use super::cookie::Cookie;
use super::page::Validate;
use super::route::{Route, Routes, Visit};
use super::settings::Settings;
use crate::error::Error;
use crate::executor::call::{Call, ELSEWHERE, Site};
use crate::executor::settings::Backoff;
use crate::proxy::Proxy;
use crate::report::event::Event;

/// What a request is asked to be, through all its tries and hops.
pub(super) struct Ticket {
    pub(super) call: Call,
    pub(super) settings: Arc<Settings>,
    pub(super) headers: HeaderMap,
    /// Of the request or the task's params, in place of the run's and the host's.
    pub(super) cookies: Option<Vec<Cookie>>,
    pub(super) retries: u32,
    pub(super) backoff: Backoff,
    /// What the request itself accepts, if it says so.
    pub(super) accept_status: Vec<u16>,
    /// What is accepted where nobody says so; else any 2xx.
    pub(super) accept_otherwise: Option<u16>,
    /// Whether a 304 answers the question that was asked.
    pub(super) not_modified: bool,
    pub(super) max_body: u64,
    pub(super) validate: Option<Validate>,
    pub(super) way: Way,
}

/// By which ways it may go, and has gone.
#[derive(Default)]
pub(super) struct Way {
    /// Where its proxy is to go out.
    pub(super) country: Option<Box<str>>,
    /// The attempt's sessions, if the run has some.
    pub(super) visit: Option<Arc<Visit>>,
    /// Where an answer that says that one is blocked is none.
    pub(super) routes: Option<Arc<Routes>>,
    went_by: Mutex<Vec<Proxy>>,
    /// How often it has gone elsewhere for being blocked.
    elsewhere: AtomicU32,
}

impl Way {
    pub(super) fn of(
        country: Option<Box<str>>,
        visit: Option<Arc<Visit>>,
        routes: Option<Arc<Routes>>,
    ) -> Self {
        Self {
            country,
            visit,
            routes,
            ..Self::default()
        }
    }

    /// Whether there is another way than those that were gone.
    fn has_others(&self, went_by: &[Proxy]) -> bool {
        let routes = self.routes.as_ref();
        routes.is_some_and(|routes| routes.has_others(self.country.as_deref(), went_by))
    }
}

/// What follows a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: it won't pass, all tries are used up, or the run stops.
    End,
    /// A further try.
    Again,
    /// The same try, by another way.
    Elsewhere,
}

impl Ticket {
    pub(super) fn site(&self) -> &Site {
        self.call.site()
    }

    /// Whether an answer of `host` with this status is one that was asked for: as the request says, else as is
    /// said of the host, else of the run.
    pub(super) fn accepts(&self, host: &str, status: u16) -> bool {
        if self.not_modified && status == 304 {
            return true;
        }
        let of_host = self.settings.host(host).map(|host| &host.accept_status);
        let said = [
            Some(&self.accept_status),
            of_host,
            Some(&self.settings.accept_status),
        ];
        match said.into_iter().flatten().find(|said| !said.is_empty()) {
            Some(accepted) => accepted.contains(&status),
            None => match self.accept_otherwise {
                Some(accepted) => status == accepted,
                None => (200..300).contains(&status),
            },
        }
    }

    /// Whether an answer says that whoever asked isn't wanted, in a run that can ask as somebody else.
    pub(super) fn is_block(&self, host: &str, status: u16) -> bool {
        self.way.routes.is_some()
            && self.settings.blocked_status.contains(&status)
            && !self.accepts(host, status)
    }

    /// Waits before the next try, if there is one.
    pub(super) async fn next(&self, tried: u32, error: &Error) -> Next {
        let site = self.site();
        if error.is_blocked() && self.way.routes.is_some() {
            let times = self.way.elsewhere.load(Ordering::Relaxed);
            if times >= ELSEWHERE {
                // Whoever gets the error has nothing left to try, either.
                self.call.forget_way();
                return Next::End;
            }
            if self.has_elsewhere() {
                if site.scope.stop.is_requested() {
                    return self.cut_off();
                }
                self.way.elsewhere.store(times + 1, Ordering::Relaxed);
                self.tell(tried, error, Duration::ZERO);
                return Next::Elsewhere;
            }
        }
        if !error.is_retryable() || tried >= self.retries {
            return Next::End;
        }
        if site.scope.stop.is_requested() {
            return self.cut_off();
        }
        let pause = self.backoff.pause(tried + 1, fastrand::f64());
        self.tell(tried, error, pause);
        let stopped = site
            .seat
            .aside(site.scope.stop.requested_within(pause))
            .await;
        if stopped { self.cut_off() } else { Next::Again }
    }

    /// The run stops before a try that there would have been: the failure was not the last word, and is not recorded.
    fn cut_off(&self) -> Next {
        self.call.note_stop();
        Next::End
    }

    /// Whether it can go by a way that it has not gone.
    pub(super) fn has_elsewhere(&self) -> bool {
        self.way.has_others(&self.went_by())
    }

    fn tell(&self, tried: u32, error: &Error, pause: Duration) {
        let site = self.site();
        site.scope.events.publish(&Event::RequestRetry {
            key: self.call.key().clone(),
            executor: site.step().name,
            attempt: tried + 1,
            url: error.url().unwrap_or_default().into(),
            error: error.to_string().into(),
            pause,
        });
    }

    /// Whether what began then and has no end was cut off for having used up the attempt's time, and not because somebody
    /// went away or the run is over.
    pub(super) fn ran_out(&self, began: Instant) -> bool {
        let site = self.site();
        let timeout = site.scope.settled[site.step].timeout;
        2 * began.elapsed() >= timeout && !site.scope.stop.is_cut_off()
    }

    /// The proxies of its tries.
    pub(super) fn went_by(&self) -> MutexGuard<'_, Vec<Proxy>> {
        self.way
            .went_by
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn goes_by(&self, proxy: &Proxy) {
        let mut went_by = self.went_by();
        if !went_by.contains(proxy) {
            went_by.push(proxy.clone());
        }
    }

    /// Whoever finds in the answer that the attempt is blocked has this way to leave, if there is another.
    pub(super) fn is_at(&self, route: Arc<Route>, host: &str) {
        if self.way.routes.is_none() {
            return;
        }
        let (scope, host) = (self.site().scope.clone(), host.to_owned());
        self.call.goes_way(Box::new(move || {
            route.blocked(&host, &scope.events);
            route.has_others()
        }));
    }
}
