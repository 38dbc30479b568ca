//! Run or skip: one decision for one executor of one task, from facts alone.
//!
//! Pure: facts in, decision out. Where the facts come from is `executor::facts`' business, and what follows
//! from the decision is the run's.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::status::Verdict;

/// What a decision is made from.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// Whether the run is about this executor (`only`).
    pub(crate) selected: bool,
    pub(crate) forced: bool,
    pub(crate) retry_failed: RetryFailed,
    pub(crate) version: u32,
    pub(crate) max_age: Option<Duration>,
    pub(crate) now: DateTime<Utc>,
    pub(crate) record: Recorded,
}

/// What is on record of the executor.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) verdict: Verdict,
    /// Of a recorded error.
    pub(crate) retryable: bool,
    /// 0 where none is recorded, which stands for 1: the predecessor had no versions.
    pub(crate) version: u32,
    pub(crate) last_run: Option<DateTime<Utc>>,
    /// The first input that differs from what it was made of, or failed on.
    pub(crate) changed: Option<String>,
    /// What is wrong with what the success left, where running again can mend it.
    pub(crate) damaged: Option<String>,
}

/// Which tasks that failed before run again. The others stay failed, unless what failed has another version now or reads something
/// that is different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RetryFailed {
    /// All of them.
    #[default]
    All,
    /// Those whose error may not come again: timeouts, connections, HTTP 408, 425, 429, 500, 502, 503, 504,
    /// 522, 524.
    Retryable,
    /// None.
    None,
}

impl RetryFailed {
    /// Whether a failure runs again that may pass, or may not.
    pub(crate) fn includes(self, retryable: bool) -> bool {
        match self {
            Self::All => true,
            Self::Retryable => retryable,
            Self::None => false,
        }
    }
}

/// What is to be done with an executor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    Run(Why),
    /// Its success stands.
    Skip,
    /// It has no success, and this run is not to make one: the task ends here.
    Leave(Leave),
}

/// Why an executor runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason", content = "detail")]
#[non_exhaustive]
pub enum Why {
    /// It never ran on this task.
    New,
    /// It failed the last time.
    Failed,
    /// The run forces it.
    Forced,
    /// Its `version` is another than the one that made the stored output, or that failed.
    Version {
        /// The one that did.
        was: u32,
        /// The one of today.
        is: u32,
    },
    /// What it has is older than `max_age`.
    Expired,
    /// This input is another than the one it was made of, or that it failed on.
    Changed(String),
    /// What it left is gone or cannot be used any more.
    Damaged(String),
}

/// Why a task ends before an executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leave {
    /// `only` leaves it out.
    NotSelected,
    /// It failed before, and `retry_failed` leaves it so.
    Failed,
}

pub(crate) fn decide(facts: &Facts) -> Decision {
    use Decision::{Leave as LeaveIt, Run, Skip};
    let record = &facts.record;
    let success = record.verdict == Verdict::Success;
    if !facts.selected {
        return if success {
            Skip
        } else {
            LeaveIt(Leave::NotSelected)
        };
    }
    if facts.forced {
        return Run(Why::Forced);
    }
    match record.verdict {
        Verdict::Never => return Run(Why::New),
        Verdict::Error if facts.retry_failed.includes(record.retryable) => return Run(Why::Failed),
        Verdict::Error | Verdict::Success => {}
    }
    let was = record.version.max(1);
    if was != facts.version {
        return Run(Why::Version {
            was,
            is: facts.version,
        });
    }
    if let Some(input) = &record.changed {
        return Run(Why::Changed(input.clone()));
    }
    if !success {
        return LeaveIt(Leave::Failed);
    }
    if let Some(what) = &record.damaged {
        return Run(Why::Damaged(what.clone()));
    }
    if facts
        .max_age
        .is_some_and(|age| is_older(record.last_run, age, facts.now))
    {
        return Run(Why::Expired);
    }
    Skip
}

/// A success without a readable time is of unknown age, which is too old. One from the future (a clock that
/// was set back) is not old.
fn is_older(last_run: Option<DateTime<Utc>>, age: Duration, now: DateTime<Utc>) -> bool {
    last_run.is_none_or(|at| (now - at).to_std().is_ok_and(|passed| passed > age))
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("never ran"),
            Self::Failed => f.write_str("failed before"),
            Self::Forced => f.write_str("forced"),
            Self::Version { was, is } => write!(f, "version {was} became {is}"),
            Self::Expired => f.write_str("older than its max_age"),
            Self::Changed(input) => write!(f, "`{input}` changed"),
            Self::Damaged(what) => f.write_str(what),
        }
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use expect_test::{Expect, expect};

    fn success() -> Facts {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        Facts {
            selected: true,
            forced: false,
            retry_failed: RetryFailed::All,
            version: 1,
            max_age: None,
            now,
            record: Recorded {
                verdict: Verdict::Success,
                retryable: false,
                version: 1,
                last_run: Some(now - TimeDelta::hours(1)),
                changed: None,
                damaged: None,
            },
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "a table of cases reads better so"
    )]
    fn check(change: impl FnOnce(&mut Facts), expected: Expect) {
        let mut facts = success();
        change(&mut facts);
        let text = match decide(&facts) {
            Decision::Run(why) => format!("run: {why}"),
            Decision::Skip => "skip".to_owned(),
            Decision::Leave(leave) => format!("leave: {leave:?}"),
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn a_success_that_nothing_speaks_against_is_skipped() {
        check(|_| {}, expect!["skip"]);
        check(|f| f.record.version = 0, expect!["skip"]);
        check(|f| f.retry_failed = RetryFailed::None, expect!["skip"]);
        check(
            |f| f.max_age = Some(Duration::from_hours(1)),
            expect!["skip"],
        );
        check(
            |f| {
                f.max_age = Some(Duration::from_secs(1));
                f.record.last_run = Some(f.now + TimeDelta::hours(1));
            },
            expect!["skip"],
        );
    }

    #[test]
    fn each_reason_to_run() {
        check(
            |f| f.record.verdict = Verdict::Never,
            expect!["run: never ran"],
        );
        check(
            |f| f.record.verdict = Verdict::Error,
            expect!["run: failed before"],
        );
        check(|f| f.forced = true, expect!["run: forced"]);
        check(|f| f.version = 3, expect!["run: version 1 became 3"]);
        check(
            |f| {
                f.version = 2;
                f.record.version = 0;
            },
            expect!["run: version 1 became 2"],
        );
        check(
            |f| f.max_age = Some(Duration::from_secs(3599)),
            expect!["run: older than its max_age"],
        );
        check(
            |f| {
                f.max_age = Some(Duration::from_secs(9999));
                f.record.last_run = None;
            },
            expect!["run: older than its max_age"],
        );
        check(
            |f| f.record.changed = Some("scrape".into()),
            expect!["run: `scrape` changed"],
        );
        check(
            |f| f.record.damaged = Some("`a.thumb` is missing".into()),
            expect!["run: `a.thumb` is missing"],
        );
    }

    #[test]
    fn failures_run_again_as_the_run_says() {
        let failed = |policy, retryable| {
            move |f: &mut Facts| {
                f.record.verdict = Verdict::Error;
                f.record.retryable = retryable;
                f.retry_failed = policy;
            }
        };
        check(
            failed(RetryFailed::Retryable, true),
            expect!["run: failed before"],
        );
        check(
            failed(RetryFailed::Retryable, false),
            expect!["leave: Failed"],
        );
        let stays = failed(RetryFailed::None, true);
        check(stays, expect!["leave: Failed"]);
        // What it failed on may be mended.
        check(
            |f| {
                stays(f);
                f.version = 2;
            },
            expect!["run: version 1 became 2"],
        );
        check(
            |f| {
                stays(f);
                f.record.changed = Some("params".into());
            },
            expect!["run: `params` changed"],
        );
    }

    #[test]
    fn what_only_leaves_out_is_not_run_whatever_speaks_for_it() {
        check(
            |f| {
                f.selected = false;
                f.forced = true;
                f.record.changed = Some("params".into());
            },
            expect!["skip"],
        );
        check(
            |f| {
                f.selected = false;
                f.record.verdict = Verdict::Never;
            },
            expect!["leave: NotSelected"],
        );
    }
}
