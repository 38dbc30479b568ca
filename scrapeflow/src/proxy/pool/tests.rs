use std::collections::BTreeMap;
use std::time::Duration;

use super::*;

fn proxies(count: usize, countries: &[&str]) -> Vec<Proxy> {
    let numbered = (0..count).map(|nth| format!("10.0.0.1:{}", nth + 1).parse::<Proxy>().unwrap());
    let of_country =
        |(nth, proxy): (usize, Proxy)| match countries.get(nth % countries.len().max(1)) {
            Some(&"") | None => proxy,
            Some(country) => proxy.in_country(country),
        };
    numbered.enumerate().map(of_country).collect()
}

/// How often each was picked, of so many times.
fn picks(pool: &ProxyPool, country: Option<&str>, times: usize) -> BTreeMap<String, usize> {
    let mut picked = BTreeMap::new();
    for _ in 0..times {
        *picked
            .entry(pool.one(country, &[]).unwrap().to_string())
            .or_default() += 1;
    }
    picked
}

#[test]
fn those_that_are_live_take_turns() {
    // Over more picks than a part of many has, wherever the first turn is.
    for count in [10, 256] {
        let pool = ProxyPool::of(proxies(count, &[]));
        let picked = picks(&pool, None, 30 * count);
        assert_eq!(picked.len(), count);
        assert!(picked.values().all(|&times| times == 30), "{picked:?}");
    }
}

#[test]
fn a_retry_takes_one_that_it_has_not_tried_as_long_as_there_is_one() {
    let all = proxies(4, &[]);
    let pool = ProxyPool::of(all.clone());
    for tried in 0..4 {
        for _ in 0..8 {
            let proxy = pool.one(None, &all[..tried]).unwrap();
            assert!(!all[..tried].contains(&proxy));
        }
    }
    assert!(pool.one(None, &all).is_ok(), "else one again");
}

#[test]
fn countries_are_apart_and_anywhere_is_everywhere_but_where_there_is_a_star() {
    let pool = ProxyPool::of(proxies(9, &["US", "de", ""]));
    assert_eq!(picks(&pool, Some("us"), 30).len(), 3);
    assert_eq!(picks(&pool, Some("DE"), 30).len(), 3);
    assert_eq!(picks(&pool, None, 30).len(), 9);
    let pool = ProxyPool::of(proxies(9, &["US", "DE", "*"]));
    assert_eq!(picks(&pool, None, 30).len(), 3);
    let none = pool.one(Some("fr"), &[]).unwrap_err();
    assert_eq!(
        none.to_string(),
        "no proxy of country `FR`; there are DE, US"
    );
    let nowhere = ProxyPool::of(proxies(3, &[]))
        .one(Some("fr"), &[])
        .unwrap_err();
    assert_eq!(
        nowhere.to_string(),
        "no proxy is said to be of country `FR`, nor of any other"
    );
}

#[test]
fn one_that_comes_twice_counts_once() {
    let mut all = proxies(3, &[]);
    all.extend(proxies(3, &[]));
    assert_eq!(ProxyPool::of(all).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn one_that_failed_is_left_alone_until_a_single_request_has_come_back() {
    let all = proxies(2, &["US", "DE"]);
    let pool = ProxyPool::of(all.clone());
    pool.bad(&all[0]);
    assert!(picks(&pool, None, 9).len() == 1 && pool.one(Some("US"), &[]).is_err());
    tokio::time::advance(Duration::from_secs(29)).await;
    assert!(pool.one(Some("US"), &[]).is_err());
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(pool.one(None, &[]).unwrap(), all[0], "the probe");
    assert!(pool.one(Some("US"), &[]).is_err(), "one is enough");
    pool.good(&all[0]);
    assert_eq!((pool.live(), picks(&pool, None, 8).len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_no_probe_unless_nothing_else_is_left_and_one_that_is_lost_is_made_again() {
    let all = proxies(2, &[]);
    let pool = ProxyPool::of(all.clone());
    pool.bad(&all[0]);
    tokio::time::advance(Duration::from_secs(30)).await;
    let tried: Proxy = "10.9.9.9:1".parse().unwrap();
    assert_eq!(
        pool.one(None, std::slice::from_ref(&tried)).unwrap(),
        all[1]
    );
    assert_eq!(
        pool.one(None, &[]).unwrap(),
        all[0],
        "the probe, of which nothing is heard"
    );
    assert_eq!(picks(&pool, None, 5).len(), 1);
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(pool.one(None, &[]).unwrap(), all[0], "another");
    pool.bad(&all[0]);
    pool.bad(&all[1]);
    let none = pool.one(None, &[tried]).unwrap_err();
    let next = Duration::from_secs(30);
    assert_eq!(
        none,
        NoProxy::NoneLive {
            country: None,
            of: 2,
            next
        }
    );
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_each_is_either_live_or_due_in_all_its_groups() {
    let all = proxies(12, &["US", "DE", "", "*"]);
    let pool = ProxyPool::of(all.clone());
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..5_000 {
        let proxy = &all[random.usize(..all.len())];
        match random.u32(..6) {
            0 => pool.good(proxy),
            1 => pool.bad(proxy),
            2 => pool.found(proxy, random.bool()),
            3 => tokio::time::advance(Duration::from_secs(random.u64(..100))).await,
            4 => drop(pool.one(None, &[])),
            _ => drop(pool.one(Some(["US", "DE", "*"][random.usize(..3)]), &[])),
        }
        let inner = pool.inner();
        for (id, known) in inner.known.iter().enumerate() {
            for &(group, place) in &known.places {
                let group = &inner.groups[group];
                match known.health.due() {
                    None => assert_eq!(group.live[place], id),
                    Some(due) => assert!(group.due.contains(&(due, id))),
                }
            }
        }
        let places: usize = inner.known.iter().map(|known| known.places.len()).sum();
        let members: usize = inner
            .groups
            .iter()
            .map(|group| group.live.len() + group.due.len())
            .sum();
        assert_eq!(places, members);
    }
}
