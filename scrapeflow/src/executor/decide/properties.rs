//! What holds for decisions from any facts. What each fact leads to is in the tables of cases beside.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        1 => Just(Verdict::Never),
        1 => Just(Verdict::Error),
        3 => Just(Verdict::Success),
    ]
}

fn retry_failed() -> impl Strategy<Value = RetryFailed> {
    prop_oneof![
        Just(RetryFailed::All),
        Just(RetryFailed::Retryable),
        Just(RetryFailed::None),
    ]
}

/// In seconds, the future included.
fn time() -> impl Strategy<Value = DateTime<Utc>> {
    (0..1000_i64).prop_map(|seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds))
}

prop_compose! {
    fn recorded()(
        verdict in verdict(),
        retryable in any::<bool>(),
        version in 0..3_u32,
        last_run in prop::option::weighted(0.8, time()),
        changed in prop::option::weighted(0.2, Just("scrape".to_owned())),
        damaged in prop::option::weighted(0.2, Just("gone".to_owned())),
    ) -> Recorded {
        Recorded { verdict, retryable, version, last_run, changed, damaged }
    }
}

prop_compose! {
    fn facts()(
        selected in prop::bool::weighted(0.8),
        forced in prop::bool::weighted(0.2),
        retry_failed in retry_failed(),
        version in 1..3_u32,
        max_age in prop::option::of((0..1000_u64).prop_map(Duration::from_secs)),
        now in time(),
        record in recorded(),
    ) -> Facts {
        Facts { selected, forced, retry_failed, version, max_age, now, record }
    }
}

fn runs(facts: &Facts) -> bool {
    matches!(decide(facts), Decision::Run(_))
}

/// The same with something else.
fn with(facts: &Facts, change: impl FnOnce(&mut Facts)) -> Facts {
    let mut other = facts.clone();
    change(&mut other);
    other
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_selected_and_forced_runs_and_nothing_else_counts(facts in facts()) {
        let forced = with(&facts, |facts| (facts.selected, facts.forced) = (true, true));
        prop_assert_eq!(decide(&forced), Decision::Run(Why::Forced));
        let left_out = with(&facts, |facts| facts.selected = false);
        prop_assert!(!runs(&left_out));
        prop_assert_eq!(
            decide(&left_out),
            decide(&with(&left_out, |facts| facts.forced = !facts.forced))
        );
    }

    #[test]
    fn only_a_success_is_skipped_and_never_left(facts in facts()) {
        let is_success = facts.record.verdict == Verdict::Success;
        match decide(&facts) {
            Decision::Skip => prop_assert!(is_success),
            Decision::Leave(Leave::NotSelected) => prop_assert!(!is_success && !facts.selected),
            Decision::Leave(Leave::Failed) => {
                prop_assert_eq!(facts.record.verdict, Verdict::Error);
                prop_assert!(facts.selected && facts.retry_failed != RetryFailed::All);
            }
            Decision::Run(_) => prop_assert!(facts.selected),
        }
    }

    #[test]
    fn the_reason_is_one_of_the_facts(facts in facts()) {
        let record = &facts.record;
        let Decision::Run(why) = decide(&facts) else {
            return Ok(());
        };
        prop_assert_eq!(facts.forced, why == Why::Forced);
        let is_success = record.verdict == Verdict::Success;
        let ran = record.verdict != Verdict::Never;
        match why {
            Why::Forced => {}
            Why::New => prop_assert_eq!(record.verdict, Verdict::Never),
            Why::Failed => prop_assert_eq!(record.verdict, Verdict::Error),
            Why::Version { was, is } => {
                prop_assert!(ran && was != is);
                prop_assert_eq!((was, is), (record.version.max(1), facts.version));
            }
            Why::Changed(input) => prop_assert_eq!((ran, Some(input)), (true, record.changed.clone())),
            Why::Damaged(what) => prop_assert_eq!((is_success, Some(what)), (true, record.damaged.clone())),
            Why::Expired => prop_assert!(is_success && facts.max_age.is_some()),
        }
    }

    #[test]
    fn one_more_reason_never_keeps_it_from_running(facts in facts()) {
        prop_assume!(runs(&facts));
        for more in [
            with(&facts, |facts| facts.forced = true),
            with(&facts, |facts| facts.record.changed = Some("params".into())),
            with(&facts, |facts| facts.record.damaged = Some("gone".into())),
            with(&facts, |facts| facts.max_age = Some(Duration::ZERO)),
            with(&facts, |facts| facts.record.retryable = true),
            with(&facts, |facts| facts.retry_failed = RetryFailed::All),
            with(&facts, |facts| facts.now += TimeDelta::days(1)),
        ] {
            prop_assert!(runs(&more), "{more:?}");
        }
    }

    #[test]
    fn what_stands_stands_for_whoever_is_content_with_more(facts in facts(), more in 0..1000_u64) {
        prop_assume!(!runs(&facts));
        let older = |age: Duration| age + Duration::from_secs(more);
        for content in [
            with(&facts, |facts| facts.max_age = facts.max_age.map(older)),
            with(&facts, |facts| facts.max_age = None),
            with(&facts, |facts| facts.retry_failed = RetryFailed::None),
            with(&facts, |facts| facts.record.last_run = Some(facts.now)),
            with(&facts, |facts| facts.forced = false),
            with(&facts, |facts| facts.selected = false),
        ] {
            prop_assert!(!runs(&content), "{content:?}");
        }
    }
}
