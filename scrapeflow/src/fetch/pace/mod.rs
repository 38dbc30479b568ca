//! How considerate a run is of sites.

mod host;
mod local;

use std::time::Duration;

pub(super) use local::LocalTurns;

/// How fast a host may be asked; not limited unless set.
///
/// ```
/// use std::time::Duration;
/// use scrapeflow::Pace;
///
/// let two_a_second = Pace::per_second(2.0);
/// let gentle = Pace::default().concurrency(1).delay(Duration::from_secs(3)).jitter(0.5);
/// # drop((two_a_second, gentle));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pace {
    pub(super) concurrency: Option<u32>,
    pub(super) delay: Duration,
    pub(super) jitter: f64,
}

impl Pace {
    /// At most so many requests a second, one after another has begun.
    ///
    /// # Panics
    /// If it is not more than 0, or so small that no delay is long enough.
    pub fn per_second(requests: f64) -> Self {
        assert!(
            requests > 0.0,
            "a pace of {requests} requests a second never asks"
        );
        Self::default().delay(Duration::from_secs_f64(1.0 / requests))
    }

    /// Requests at once, 0 for no limit: no limit unless set. A request ends when its body is read or its
    /// [`Response`](crate::Response) dropped; of a task that asks the host again before, the next request goes
    /// in the same turn, since it would wait for itself otherwise.
    #[must_use]
    pub fn concurrency(mut self, requests: u32) -> Self {
        self.concurrency = Some(requests).filter(|&requests| requests > 0);
        self
    }

    /// The least time from the start of one request to the start of the next: none unless set.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Adds up to this share of the delay at random, anew for each request: 0.0 unless set. It never makes
    /// a delay shorter.
    #[must_use]
    pub fn jitter(mut self, share: f64) -> Self {
        self.jitter = share.max(0.0);
        self
    }

    pub(super) fn is_limited(&self) -> bool {
        self.concurrency.is_some() || !self.delay.is_zero()
    }
}

/// How considerate a run is: the pace at each host, and whether robots.txt is obeyed.
///
/// Whatever it says, a host that answers 429 or 503 is left alone as long as it asks for (`Retry-After`, at most an
/// hour), and asked half as fast from then on, at most five times in a row (a 32nd of its pace); one that has no
/// pace begins with 10 requests a second. After each 20 good answers it is asked a tenth faster again.
///
/// ```
/// use scrapeflow::{Pace, Politeness};
///
/// let polite = Politeness::polite();
/// let own = Politeness::polite().pace(Pace::per_second(5.0).concurrency(1));
/// # drop((polite, own));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Politeness {
    pub(crate) pace: Pace,
    pub(super) robots: bool,
}

impl Politeness {
    /// What the web expects of a crawler: one request at a time per host, at least 1 s (at most 1.5 s)
    /// between two, robots.txt obeyed.
    pub fn polite() -> Self {
        Self {
            pace: Pace::default()
                .concurrency(1)
                .delay(Duration::from_secs(1))
                .jitter(0.5),
            robots: true,
        }
    }

    /// How fast each host may be asked: as fast as possible unless set. It takes the place of all that the pace was before: after
    /// [`polite`](Self::polite) say [`concurrency(1)`](Pace::concurrency) again. A longer `Crawl-delay` in a robots.txt
    /// that is obeyed goes over its delay.
    #[must_use]
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// Whether robots.txt is obeyed (RFC 9309): not unless set.
    #[must_use]
    pub fn robots(mut self, obey: bool) -> Self {
        self.robots = obey;
        self
    }
}
