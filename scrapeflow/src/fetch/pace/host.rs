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

/// A longer delay is cut to this: a year.
const LONGEST_DELAY: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The longest that a host is left alone at its own request.
pub(super) const LONGEST: Duration = Duration::from_secs(60 * 60);

#[derive(Debug)]
pub(super) struct Host {
    pace: Pace,
    /// What its robots.txt asks for.
    crawl_delay: Duration,
    granted: u32,
    /// Whether a turn was granted in which no request has begun: until one has, nobody knows when the next
    /// may.
    pending: bool,
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
            pending: false,
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
        // Of several sites of the host the one that asks for most.
        self.crawl_delay = self.crawl_delay.max(delay);
    }

    /// Grants a turn, or says when to ask again.
    pub(super) fn grant(&mut self, now: Instant) -> When {
        let most = self.pace.concurrency.unwrap_or(u32::MAX);
        if self.granted >= most || self.pending {
            return When::Later;
        }
        let when = self.may_begin(now);
        if when == When::Now {
            self.granted += 1;
            self.pending = !self.delay().is_zero();
        }
        when
    }

    /// A turn is given back, in which a request has `begun` or not.
    pub(super) fn give_back(&mut self, begun: bool) {
        self.granted = self.granted.saturating_sub(1);
        if !begun {
            self.pending = false;
        }
    }

    /// Begins a request, the `first` of its turn or a further one, or says when to ask again; `random` from 0
    /// to 1 is for the jitter.
    pub(super) fn begin(&mut self, first: bool, now: Instant, random: f64) -> When {
        let when = self.may_begin(now);
        if when == When::Now {
            if first {
                self.pending = false;
            }
            let delay = self.delay().as_secs_f64() * (1.0 + self.pace.jitter * random);
            // Far beyond any run, and nothing that a clock could not count to.
            let delay = delay.min(LONGEST_DELAY.as_secs_f64());
            self.last = Some((now, Duration::from_secs_f64(delay)));
        }
        when
    }

    /// When a request may begin.
    pub(super) fn may_begin(&self, now: Instant) -> When {
        let next = self.last.and_then(|(last, delay)| last.checked_add(delay));
        match next.max(self.alone_until) {
            Some(at) if at > now => When::At(at),
            _ => When::Now,
        }
    }

    fn delay(&self) -> Duration {
        let slowed = self.slowed.as_ref().map(|slowed| slowed.delay);
        self.own_delay().max(slowed.unwrap_or_default())
    }

    fn own_delay(&self) -> Duration {
        self.pace.delay.max(self.crawl_delay)
    }

    /// What a slowed host is slowed down from.
    fn usual_delay(&self) -> Duration {
        match self.own_delay() {
            Duration::ZERO => UNLIMITED,
            own => own,
        }
    }

    /// A good answer to a request that was sent at `sent`; one from before it was slowed says nothing of now.
    pub(super) fn fine(&mut self, sent: Instant) {
        let usual = self.usual_delay();
        let Some(slowed) = self.slowed.as_mut().filter(|slowed| sent > slowed.since) else {
            return;
        };
        slowed.good += 1;
        if slowed.good < GOOD {
            return;
        }
        slowed.good = 0;
        slowed.delay = slowed.delay.div_f64(1.1);
        if slowed.delay <= usual {
            self.slowed = None;
        }
    }

    /// It was asked too much, by a request that was sent at `sent`: one step for all that were under way
    /// together.
    pub(super) fn too_much(&mut self, sent: Instant, now: Instant, alone: Option<Duration>) {
        let usual = self.usual_delay();
        let burst = self.slowed.as_mut().filter(|slowed| sent <= slowed.since);
        if let Some(slowed) = burst {
            slowed.good = 0;
        } else {
            let before = self.slowed.as_ref().map_or(usual, |slowed| slowed.delay);
            self.slowed = Some(Slowed {
                delay: before
                    .saturating_mul(2)
                    .min(usual.saturating_mul(1 << HALVINGS)),
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
