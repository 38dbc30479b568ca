//! How an executor is run: its attribute's options, what a run says over them, and the defaults.

use std::time::Duration;

/// What `#[executor(…)]` says; `None` where it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Bounds one attempt.
    pub timeout: Option<Duration>,
    /// Further attempts after a retryable failure.
    pub retries: Option<u32>,
    /// Pauses before them.
    pub backoff: Option<Backoff>,
    /// Of the code: outputs of another version are made again.
    pub version: u32,
    /// A success older than this is made again.
    pub max_age: Option<Duration>,
}

impl Options {
    /// What an attribute without options says.
    pub const DEFAULT: Self = Self {
        timeout: None,
        retries: None,
        backoff: None,
        version: 1,
        max_age: None,
    };
}

/// Pauses before retries: the first, doubling up to the longest, each cut by up to a half at random so that
/// tasks that failed together don't come back together ("equal jitter").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backoff {
    /// Before the first retry.
    pub first: Duration,
    /// The longest.
    pub most: Duration,
}

impl Default for Backoff {
    /// 1 s doubling to 60 s.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            most: Self::MOST,
        }
    }
}

impl Backoff {
    /// The longest unless something else is said: 60 s.
    const MOST: Duration = Duration::from_mins(1);

    /// Pauses from `first`, doubling to 60 s.
    pub const fn doubling_from(first: Duration) -> Self {
        Self::new(first, Self::MOST)
    }

    /// Pauses from `first`, doubling to `most`.
    pub const fn new(first: Duration, most: Duration) -> Self {
        Self { first, most }
    }

    /// The pause before retry `nth` (from 1); `jitter` from 0 to 1 cuts up to a half.
    pub(crate) fn pause(&self, nth: u32, jitter: f64) -> Duration {
        let doubled = 2u32.saturating_pow(nth.saturating_sub(1));
        let whole = self
            .first
            .saturating_mul(doubled)
            .min(self.most.max(self.first));
        whole.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)
    }
}

/// What a run says of one executor, over its attribute; see `configure`.
///
/// ```
/// # use scrapeflow::prelude::*;
/// # use std::time::Duration;
/// # #[executor] async fn parse(key: Key) -> Result<String> { Ok(key.to_string()) }
/// # workflow! { Quotes = parse; }
/// let run = Quotes::in_dir("quotes")
///     .configure::<parse>(|step| step.retries(3).timeout(Duration::from_secs(5)));
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct StepSettings {
    pub(crate) timeout: Option<Duration>,
    pub(crate) retries: Option<u32>,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) max_age: Option<Duration>,
}

impl StepSettings {
    /// Bounds one attempt; 30 s unless set. Waiting doesn't count: see [`Run::timeout`](crate::Run::timeout).
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Further attempts after a retryable failure; 0 unless set.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = Some(retries);
        self
    }

    /// Pauses before retries; 1 s doubling to 60 s unless set.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = Some(backoff);
        self
    }

    /// A success older than this is made again; none is unless set. A retryable failure then keeps what
    /// there was.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// These, and where they say nothing, `under`.
    pub(crate) fn over(self, under: Self) -> Self {
        Self {
            timeout: self.timeout.or(under.timeout),
            retries: self.retries.or(under.retries),
            backoff: self.backoff.or(under.backoff),
            max_age: self.max_age.or(under.max_age),
        }
    }
}

impl From<Options> for StepSettings {
    fn from(options: Options) -> Self {
        Self {
            timeout: options.timeout,
            retries: options.retries,
            backoff: options.backoff,
            max_age: options.max_age,
        }
    }
}

/// All that was said of an executor, settled for one run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settled {
    pub(crate) timeout: Duration,
    pub(crate) retries: u32,
    pub(crate) backoff: Backoff,
    pub(crate) version: u32,
    pub(crate) max_age: Option<Duration>,
    pub(crate) forced: bool,
    pub(crate) selected: bool,
}

/// Bounds an attempt unless something else is said.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_the_longest_and_jitter_cuts_up_to_a_half() {
        let backoff = Backoff::default();
        let seconds = |nth, jitter| backoff.pause(nth, jitter).as_secs_f64();
        for (nth, whole) in [
            (1, 1.0),
            (2, 2.0),
            (3, 4.0),
            (6, 32.0),
            (7, 60.0),
            (200, 60.0),
        ] {
            assert!((seconds(nth, 0.0) - whole).abs() < 1e-9, "{nth}");
            assert!((seconds(nth, 1.0) - whole / 2.0).abs() < 1e-9, "{nth}");
        }
    }

    #[test]
    fn a_first_pause_over_the_longest_stands() {
        let backoff = Backoff::new(Duration::from_secs(90), Duration::from_mins(1));
        assert_eq!(backoff.pause(4, 0.0), Duration::from_secs(90));
    }
}
