//! One host: what was granted, when the next request may begin, and how much it was slowed down.
//!
//! Pure: time is handed in.

use std::time::Duration;

use tokio::time::Instant;

use super::Pace;

/// A host that says nothing of its pace is slowed down from this: 20 requests a second.
const UNLIMITED: Duration = Duration::from_millis(50);

/// At most so many halvings.
const HALVINGS: u32 = 5;

/// Good answers after which a slowed host is asked a tenth faster.
const GOOD: u32 = 20;

/// The longest that a host is left alone at its own request.
pub(super) const LONGEST: Duration = Duration::from_secs(60 * 60);

#[derive(Debug)]
pub(super) struct Host {
    pace: Pace,
    /// What its robots.txt asks for.
    crawl_delay: Duration,
    granted: u32,
    /// When the last request began, and how long after it the next may.
    last: Option<(Instant, Duration)>,
    alone_until: Option<Instant>,
    slowed: Option<Slowed>,
}

#[derive(Debug)]
struct Slowed {
    delay: Duration,
    since: Instant,
    good: u32,
}

/// When a turn may be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Now,
    At(Instant),
    /// When one is given back.
    Later,
}

impl Host {
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            pace,
            crawl_delay: Duration::ZERO,
            granted: 0,
            last: None,
            alone_until: None,
            slowed: None,
        }
    }

    /// Whether it must be kept in mind.
    pub(super) fn is_limited(&self, now: Instant) -> bool {
        self.pace.is_limited()
            || !self.crawl_delay.is_zero()
            || self.slowed.is_some()
            || self.alone_until.is_some_and(|until| until > now)
    }

    pub(super) fn crawl_delay(&mut self, delay: Duration) {
        self.crawl_delay = delay;
    }

    /// Grants a turn, or says when to ask again.
    pub(super) fn grant(&mut self, now: Instant) -> When {
        if self
            .pace
            .concurrency
            .is_some_and(|most| self.granted >= most)
        {
            return When::Later;
        }
        let when = self.may_begin(now);
        if when == When::Now {
            self.granted += 1;
        }
        when
    }

    pub(super) fn give_back(&mut self) {
        self.granted = self.granted.saturating_sub(1);
    }

    /// Begins a request, or says when to ask again; `random` from 0 to 1 is for the jitter.
    pub(super) fn begin(&mut self, now: Instant, random: f64) -> When {
        let when = self.may_begin(now);
        if when == When::Now {
            let delay = self.delay();
            self.last = Some((now, delay + delay.mul_f64(self.pace.jitter * random)));
        }
        when
    }

    fn may_begin(&self, now: Instant) -> When {
        let next = self.last.and_then(|(last, delay)| last.checked_add(delay));
        match next.max(self.alone_until) {
            Some(at) if at > now => When::At(at),
            _ => When::Now,
        }
    }

    fn delay(&self) -> Duration {
        let own = self.pace.delay.max(self.crawl_delay);
        self.slowed
            .as_ref()
            .map_or(own, |slowed| slowed.delay.max(own))
    }

    /// A good answer.
    pub(super) fn fine(&mut self) {
        let own = self.pace.delay.max(self.crawl_delay);
        let Some(slowed) = &mut self.slowed else {
            return;
        };
        slowed.good += 1;
        if slowed.good < GOOD {
            return;
        }
        slowed.good = 0;
        slowed.delay = slowed.delay.div_f64(1.1);
        if slowed.delay <= own.max(UNLIMITED) {
            self.slowed = None;
        }
    }

    /// It was asked too much, by a request that was sent at `sent`: one step for all that were under way
    /// together.
    pub(super) fn too_much(&mut self, sent: Instant, now: Instant, alone: Option<Duration>) {
        let own = self.pace.delay.max(self.crawl_delay).max(UNLIMITED);
        let burst = self
            .slowed
            .as_ref()
            .is_some_and(|slowed| sent <= slowed.since);
        if !burst {
            let before = self.slowed.as_ref().map_or(own, |slowed| slowed.delay);
            self.slowed = Some(Slowed {
                delay: before
                    .saturating_mul(2)
                    .min(own.saturating_mul(1 << HALVINGS)),
                since: now,
                good: 0,
            });
        }
        // A zero says nothing: the backoff of the request does.
        if let Some(alone) = alone.filter(|alone| !alone.is_zero()) {
            let until = now.checked_add(alone.min(LONGEST));
            self.alone_until = self.alone_until.max(until);
        }
    }
}

#[cfg(test)]
mod tests;
