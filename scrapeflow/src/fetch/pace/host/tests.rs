use super::*;

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Begins a request, and says how long after it the next may begin.
#[track_caller]
fn gap(host: &mut Host, now: Instant, random: f64) -> Duration {
    assert_eq!(host.begin(true, now, random), When::Now);
    match host.begin(true, now, random) {
        When::Now => Duration::ZERO,
        When::At(at) => at - now,
        When::Later => panic!("a request is begun in a turn that is there"),
    }
}

/// How slow a host of this pace is after a 429 that says nothing more.
fn slowed(pace: Pace) -> (Host, Instant) {
    let (mut host, now) = (Host::new(pace), Instant::now());
    host.too_much(now, now, None);
    (host, now)
}

#[test]
fn turns_are_granted_up_to_the_concurrency_and_again_as_they_are_given_back() {
    for most in [1, 3] {
        let (mut host, now) = (Host::new(Pace::default().concurrency(most)), Instant::now());
        for nth in 0..most {
            assert_eq!(host.grant(now), When::Now, "{nth} of {most}");
        }
        assert_eq!(host.grant(now), When::Later);
        host.give_back(true);
        assert_eq!(host.grant(now), When::Now);
        assert_eq!(host.grant(now), When::Later);
    }
}

#[test]
fn a_host_without_a_limit_lets_all_begin_at_once() {
    for pace in [Pace::default(), Pace::default().concurrency(0)] {
        let (mut host, now) = (Host::new(pace), Instant::now());
        assert!(!host.is_limited(now));
        for _ in 0..1000 {
            assert_eq!(host.grant(now), When::Now);
            assert_eq!(host.begin(true, now, 0.5), When::Now);
        }
    }
}

#[test]
fn a_request_begins_when_the_delay_since_the_last_is_over() {
    let (mut host, began) = (Host::new(Pace::per_second(10.0)), Instant::now());
    assert!(host.is_limited(began));
    assert_eq!(host.begin(true, began, 0.0), When::Now);
    for early in [0, 1, 99] {
        let next = When::At(began + millis(100));
        assert_eq!(host.begin(true, began + millis(early), 0.0), next);
        assert_eq!(host.grant(began + millis(early)), next);
    }
    // One that comes late doesn't let the next come early.
    let late = began + millis(150);
    assert_eq!(gap(&mut host, late, 0.0), millis(100));
}

#[test]
fn jitter_makes_a_delay_longer_and_never_shorter() {
    for (share, random, expected) in [
        (0.0, 1.0, 1000),
        (0.5, 0.0, 1000),
        (0.5, 0.5, 1250),
        (0.5, 1.0, 1500),
        (2.0, 1.0, 3000),
        (-1.0, 1.0, 1000),
        (f64::NAN, 1.0, 1000),
    ] {
        let pace = Pace::default().delay(seconds(1)).jitter(share);
        let found = gap(&mut Host::new(pace), Instant::now(), random);
        assert_eq!(found, millis(expected), "{share} at {random}");
    }
}

#[test]
fn the_longer_of_our_delay_and_the_crawl_delay_counts() {
    for (own, asked, expected) in [(0, 2, 2), (1, 2, 2), (3, 2, 3)] {
        let mut host = Host::new(Pace::default().delay(seconds(own)));
        host.crawl_delay(seconds(asked));
        let now = Instant::now();
        assert!(host.is_limited(now));
        assert_eq!(gap(&mut host, now, 0.0), seconds(expected));
    }
}

#[test]
fn a_host_that_is_asked_too_much_is_asked_half_as_fast_five_times_at_most() {
    for (pace, delays) in [
        (Pace::default(), [100, 200, 400, 800, 1600, 1600, 1600]),
        (
            Pace::per_second(1.0),
            [2, 4, 8, 16, 32, 32, 32].map(|s| s * 1000),
        ),
        (Pace::per_second(100.0), [20, 40, 80, 160, 320, 320, 320]),
    ] {
        let (mut host, mut now) = (Host::new(pace), Instant::now());
        for (nth, expected) in delays.into_iter().enumerate() {
            let sent = now + millis(1);
            now = sent + millis(1);
            host.too_much(sent, now, None);
            assert!(host.is_limited(now));
            now += seconds(100);
            assert_eq!(
                gap(&mut host, now, 0.0),
                millis(expected),
                "{nth} of {pace:?}"
            );
            now += seconds(100);
        }
    }
}

#[test]
fn all_that_were_under_way_together_count_once() {
    let (mut host, began) = (Host::new(Pace::per_second(10.0)), Instant::now());
    let answered = began + seconds(1);
    for sent in [0, 100, 200, 1000] {
        host.too_much(began + millis(sent), answered + millis(sent), None);
    }
    let later = answered + seconds(60);
    assert_eq!(gap(&mut host, later, 0.0), millis(200));
    // One that was sent after that is a further step.
    host.too_much(later, later + millis(50), None);
    assert_eq!(gap(&mut host, later + seconds(60), 0.0), millis(400));
}

#[test]
fn after_each_20_good_answers_a_slowed_host_is_asked_a_tenth_faster_until_it_has_its_pace_again() {
    for (pace, own) in [(Pace::default(), 0.0), (Pace::per_second(1.0), 1.0)] {
        let (mut host, began) = slowed(pace);
        let mut now = began + seconds(60);
        let twice = gap(&mut host, now, 0.0).as_secs_f64();
        // 1.1 to the 7th is less than 2, to the 8th more.
        for step in 1..=8 {
            for _ in 0..19 {
                host.fine(now);
            }
            now += seconds(60);
            let before = gap(&mut host, now, 0.0).as_secs_f64();
            let expected = twice / 1.1_f64.powi(step - 1);
            assert!((before - expected).abs() < 1e-6, "step {step}: {before}");
            host.fine(now);
        }
        now += seconds(60);
        assert!((gap(&mut host, now, 0.0).as_secs_f64() - own).abs() < 1e-9);
        assert_eq!(host.is_limited(now), pace.is_limited());
        for _ in 0..1000 {
            host.fine(now);
        }
        now += seconds(60);
        let fastest = gap(&mut host, now, 0.0).as_secs_f64();
        assert!((fastest - own).abs() < 1e-9, "faster than it may be");
    }
}

#[test]
fn good_answers_are_counted_anew_after_each_step_down() {
    let (mut host, began) = slowed(Pace::per_second(10.0));
    for _ in 0..19 {
        host.fine(began + seconds(1));
    }
    let later = began + seconds(60);
    host.too_much(later, later + millis(1), None);
    host.fine(later + seconds(1));
    assert_eq!(gap(&mut host, later + seconds(60), 0.0), millis(400));
}

#[test]
fn what_was_sent_before_it_was_slowed_speeds_nothing_up() {
    let (mut host, began) = slowed(Pace::per_second(10.0));
    for _ in 0..1000 {
        host.fine(began);
    }
    let later = began + seconds(60);
    assert_eq!(gap(&mut host, later, 0.0), millis(200));
    // Nor do good answers count among which there is another that was asked too much.
    for _ in 0..19 {
        host.fine(later);
    }
    host.too_much(began, later, None);
    host.fine(later);
    assert_eq!(gap(&mut host, later + seconds(60), 0.0), millis(200));
}

#[test]
fn a_host_is_left_alone_as_long_as_it_asks_for_but_an_hour_at_most() {
    for (asked, alone) in [
        (Some(seconds(7)), seconds(7)),
        (Some(LONGEST), LONGEST),
        (Some(LONGEST + millis(1)), LONGEST),
        (Some(seconds(u64::MAX)), LONGEST),
        (Some(Duration::MAX), LONGEST),
        // It says nothing: the backoff of the request does.
        (Some(Duration::ZERO), Duration::ZERO),
        (None, Duration::ZERO),
    ] {
        let (mut host, now) = (Host::new(Pace::default()), Instant::now());
        host.too_much(now, now, asked);
        if !alone.is_zero() {
            let over = When::At(now + alone);
            assert_eq!(host.grant(now), over, "{asked:?}");
            assert_eq!(host.begin(true, now, 0.0), over, "{asked:?}");
        }
        assert_eq!(host.grant(now + alone), When::Now, "{asked:?}");
        assert_eq!(host.begin(true, now + alone, 0.0), When::Now, "{asked:?}");
    }
}

#[test]
fn of_a_burst_the_longest_time_alone_counts() {
    let (mut host, now) = (Host::new(Pace::default()), Instant::now());
    for asked in [5, 60, 1] {
        host.too_much(now, now, Some(seconds(asked)));
    }
    assert_eq!(host.grant(now), When::At(now + seconds(60)));
}

#[test]
fn a_delay_beyond_all_time_is_none_that_is_over_and_no_panic() {
    for (delay, jitter) in [
        (Duration::MAX, 0.0),
        (Duration::MAX, 0.5),
        (seconds(1), f64::INFINITY),
        (seconds(1), f64::MAX),
    ] {
        let pace = Pace::default().delay(delay).jitter(jitter);
        let (mut host, now) = (Host::new(pace), Instant::now());
        assert_eq!(host.begin(true, now, 1.0), When::Now);
        let soon = now + millis(999);
        assert_ne!(host.grant(soon), When::Now, "{delay:?}, jitter {jitter}");
        host.too_much(now, now, None);
        host.fine(soon);
        assert_ne!(
            host.begin(true, soon, 0.0),
            When::Now,
            "{delay:?}, jitter {jitter}"
        );
    }
}
