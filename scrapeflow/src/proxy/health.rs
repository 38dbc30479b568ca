//! How one proxy fares: a pure state machine, told what happened and when.

use std::time::Duration;

use tokio::time::Instant;

use crate::executor::settings::Backoff;

/// For so long a proxy is left alone after it failed: 30 s, doubling to 30 min.
pub(super) const COOLDOWN: Backoff =
    Backoff::new(Duration::from_secs(30), Duration::from_secs(30 * 60));

/// When a probe of which nothing is heard counts as lost.
const LOST: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    Live,
    /// Left alone until then, having failed so often in a row.
    Cooling(Instant, u32),
    /// One request is let through; the next, if nothing is heard of it, then.
    Probed(Instant, u32),
}

impl Health {
    /// When it may be tried again; `None` while it is live.
    pub(super) fn due(self) -> Option<Instant> {
        match self {
            Self::Live => None,
            Self::Cooling(until, _) | Self::Probed(until, _) => Some(until),
        }
    }

    /// A request is let through to see whether it is back.
    pub(super) fn probed(self, now: Instant) -> Self {
        match self {
            Self::Live => Self::Live,
            Self::Cooling(_, times) | Self::Probed(_, times) => Self::Probed(now + LOST, times),
        }
    }

    /// What came through before it cooled says nothing of now.
    pub(super) fn good(self) -> Self {
        match self {
            Self::Live | Self::Probed(..) => Self::Live,
            cooling @ Self::Cooling(..) => cooling,
        }
    }

    /// Of requests that fail together, the first counts; none does where nothing is to cool.
    pub(super) fn bad(self, cooldown: Backoff, now: Instant) -> Self {
        if cooldown.pause(1, 0.0).is_zero() {
            return Self::Live;
        }
        let times = match self {
            Self::Live => 1,
            Self::Probed(_, times) => times.saturating_add(1),
            cooling @ Self::Cooling(..) => return cooling,
        };
        Self::Cooling(now + cooldown.pause(times, 0.0), times)
    }

    /// It was found to be bad before it was needed.
    pub(super) fn given_up(cooldown: Backoff, now: Instant) -> Self {
        let times = u32::MAX;
        Self::Cooling(now + cooldown.pause(times, 0.0), times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_cools_for_30_s_doubling_to_30_min_and_one_good_probe_brings_it_back() {
        let mut now = Instant::now();
        let mut health = Health::Live;
        for (times, seconds) in (1..).zip([30, 60, 120, 240, 480, 960, 1800, 1800]) {
            health = health.bad(COOLDOWN, now);
            let until = now + Duration::from_secs(seconds);
            assert_eq!(health, Health::Cooling(until, times));
            now = until;
            health = health.probed(now);
            assert_eq!(health.due(), Some(now + LOST));
        }
        health = health.good();
        assert_eq!(health, Health::Live);
        let fresh = health.bad(COOLDOWN, now);
        assert_eq!(
            fresh.due(),
            Some(now + Duration::from_secs(30)),
            "all is forgotten"
        );
    }

    #[test]
    fn a_gateway_that_goes_out_elsewhere_each_time_need_not_cool() {
        let zero = Backoff::new(Duration::ZERO, Duration::ZERO);
        assert_eq!(Health::Live.bad(zero, Instant::now()), Health::Live);
    }

    #[test]
    fn a_burst_counts_once_and_what_was_under_way_brings_nothing_back() {
        let now = Instant::now();
        let cooling = Health::Live.bad(COOLDOWN, now);
        let later = now + Duration::from_secs(5);
        assert_eq!(cooling.bad(COOLDOWN, later), cooling);
        assert_eq!(cooling.good(), cooling);
    }
}
