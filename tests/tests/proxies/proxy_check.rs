//! A check sorts the proxies of a provider into those that carry pages and those that don't, each with its reason, however
//! they fail and however many they are.

#[path = "services/everywhere.rs"]
mod everywhere;
#[path = "services/loading.rs"]
mod loading;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use scrapeflow::prelude::*;
use scrapeflow::{Checked, Proxy, ProxyList, ProxyProvider};
use scrapeflow_tests::{Answer, Ending, Microsocks, Request, Site, Tinyproxy};

const SECOND: Duration = Duration::from_secs(1);

/// Nobody is asked who it is: proxies of these tests answer themselves.
const PAGE: &str = "http://shop.example/robots.txt";

/// A proxy that answers so, whoever is asked for.
fn proxy(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Site {
    let site = Site::start();
    site.route("/robots.txt", answer);
    site
}

fn address(site: &Site) -> String {
    format!("http://ann:geheim@{}", site.address())
}

fn list<'a>(sites: impl IntoIterator<Item = &'a Site>) -> ProxyList {
    ProxyList::new(sites.into_iter().map(address)).unwrap()
}

/// What was found; its `Debug` shows no password.
async fn checked(proxies: &ProxyList, rounds: u32) -> Checked {
    let check = proxies.check(SECOND * 20, rounds).url(PAGE);
    assert!(!format!("{check:?}").contains("geheim"));
    let checked = check.run().await.unwrap();
    let shown = format!("{checked:?}");
    assert!(!shown.contains("geheim"), "{shown}");
    checked
}

/// Those that are picked, of as many as there are.
fn picked(proxies: &ProxyList) -> Vec<String> {
    let picks = (0..proxies.pool().len()).filter_map(|_| proxies.one(None, &[]).ok());
    let mut picked: Vec<_> = picks.map(|proxy| proxy.to_string()).collect();
    picked.sort();
    picked.dedup();
    picked
}

#[tokio::test]
async fn good_ones_are_live_and_each_bad_one_is_told_with_its_reason() {
    let page = |status| Answer::text("").status(status);
    let table: [(Answer, Option<&str>); 11] = [
        (page(200), None),
        (page(204), None),
        (page(302), None),
        (page(399), None),
        (page(403), Some("HTTP response 403")),
        (page(407), Some("HTTP response 407")),
        (page(502), Some("HTTP response 502")),
        (
            Answer::raw("\0\x01 what is this \r\n\r\n"),
            Some("invalid HTTP"),
        ),
        (Answer::raw(""), Some("connection closed")),
        (Answer::raw("").ending(Ending::Hang), Some("timed out")),
        (
            Answer::raw("HTTP/1.1 200 OK\r\nX-Half").ending(Ending::Hang),
            Some("timed out"),
        ),
    ];
    let sites: Vec<Site> = table
        .iter()
        .map(|(answer, _)| {
            let answer = answer.clone();
            proxy(move |_| answer.clone())
        })
        .collect();
    let nobody = "http://ann:geheim@127.0.0.1:1".to_owned();
    let proxies = ProxyList::new(sites.iter().map(address).chain([nobody])).unwrap();
    let checked = proxies.check(SECOND * 3, 1).url(PAGE).run().await.unwrap();
    assert!(!format!("{checked:?}").contains("geheim"), "{checked:?}");
    assert_eq!((checked.live, checked.bad.len()), (4, 8), "{checked:?}");
    let refused = |(proxy, why): &(Proxy, String)| {
        proxy.to_string() == "http://127.0.0.1:1" && why.contains("refused")
    };
    assert!(checked.bad.iter().any(refused), "{checked:?}");
    let mut live = Vec::new();
    for (site, (answer, why)) in sites.iter().zip(&table) {
        let name = format!("http://{}", site.address());
        let mut bad = checked.bad.iter();
        let found = bad.find(|(proxy, _)| proxy.to_string() == name);
        match (found, why) {
            (None, None) => live.push(name),
            (Some((_, found)), Some(why)) => assert!(found.contains(why), "{answer:?}: {found}"),
            _ => panic!("{answer:?}: {found:?}"),
        }
        assert_eq!(site.total_hits(), 1, "{answer:?}");
    }
    live.sort();
    assert_eq!(picked(&proxies), live);
}

#[tokio::test]
async fn those_of_socks_and_tunnels_are_checked_too() {
    let site = Site::start();
    let (socks, http) = (
        Microsocks::start("ann", "geheim"),
        Tinyproxy::start("BasicAuth ann geheim"),
    );
    let right = socks.url("socks5h");
    let stranger = format!("socks5h://bob:geheim-too@{}", socks.address());
    let proxies = ProxyList::new([right, stranger, http.url("ann", "geheim")]).unwrap();
    let checked = proxies
        .check(SECOND * 20, 2)
        .url(site.url("/page/1"))
        .run()
        .await
        .unwrap();
    assert_eq!(
        (checked.live, checked.bad.len(), site.hits("/page/1")),
        (2, 1, 4)
    );
    assert!(!format!("{checked:?}").contains("geheim"), "{checked:?}");
    for url in [http.url("ann", "geheim"), http.url("bob", "geheim-too")] {
        let proxies = ProxyList::new([url]).unwrap();
        // It speaks no TLS.
        let to = format!("https://{}/", site.address());
        let checked = proxies.check(SECOND * 20, 1).url(to).run().await.unwrap();
        assert_eq!((checked.live, checked.bad.len()), (0, 1));
        assert!(!format!("{checked:?}").contains("geheim"), "{checked:?}");
    }
    assert_eq!(http.requests(), 4);
}

#[tokio::test]
async fn a_failure_in_any_round_is_enough_and_ends_the_rounds() {
    for (fails_in, rounds, live, asked) in [
        (None, 0, 1, 1),
        (None, 1, 1, 1),
        (None, 3, 1, 3),
        (Some(1), 3, 0, 1),
        (Some(2), 3, 0, 2),
        (Some(3), 3, 0, 3),
        (Some(4), 3, 1, 3),
    ] {
        let round = AtomicUsize::new(0);
        let flaky = proxy(move |_| {
            let round = round.fetch_add(1, Ordering::SeqCst) + 1;
            let status = if Some(round) == fails_in { 502 } else { 204 };
            Answer::text("").status(status)
        });
        let found = checked(&list([&flaky]), rounds).await;
        assert_eq!(
            (found.live, found.bad.len()),
            (live, 1 - live),
            "{fails_in:?} of {rounds}"
        );
        let requests = flaky.requests();
        assert_eq!(
            (requests.len(), flaky.connections()),
            (asked, asked),
            "{fails_in:?} of {rounds}"
        );
        for request in requests {
            assert_eq!((request.method(), request.target()), ("HEAD", PAGE));
        }
    }
}

#[tokio::test]
async fn what_was_before_is_forgotten_and_a_bad_one_is_left_alone_for_half_an_hour() {
    let ok = |_: &Request| Answer::text("");
    let (back, gone) = (proxy(ok), proxy(|_| Answer::text("").status(502)));
    let proxies = list([&back, &gone]);
    let pool = proxies.pool();
    for _ in 0..3 {
        proxies.bad(&address(&back).parse().unwrap());
    }
    let is_live = |site: &Site| pool.is_live(&address(site).parse().unwrap());
    assert_eq!((is_live(&back), is_live(&gone)), (false, true));
    assert_eq!(checked(&proxies, 1).await.live, 1);
    assert_eq!((is_live(&back), is_live(&gone)), (true, false));

    let name = |site: &Site| format!("http://{}", site.address());
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(29 * 60)).await;
    assert_eq!(picked(&proxies), [name(&back)]);
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(
        proxies.one(None, &[]).unwrap().to_string(),
        name(&gone),
        "a probe"
    );
    tokio::time::resume();

    gone.route("/robots.txt", ok);
    assert_eq!(checked(&proxies, 1).await.live, 2);
    assert_eq!(picked(&proxies).len(), 2);
}

#[tokio::test]
async fn progress_is_told_after_each() {
    let good = [(); 5].map(|()| proxy(|_| Answer::text("")));
    let bad = [(); 4].map(|()| proxy(|_| Answer::text("").status(502)));
    let proxies = list(good.iter().chain(&bad).chain(&good[..2]));
    let told = Mutex::new(Vec::new());
    let check = proxies
        .check(SECOND * 20, 2)
        .url(PAGE)
        .on_progress(|so_far| {
            told.lock()
                .unwrap()
                .push((so_far.checked, so_far.live, so_far.total));
        });
    let checked = check.run().await.unwrap();
    let told = told.into_inner().unwrap();
    let nth: Vec<_> = told.iter().map(|&(nth, _, total)| (nth, total)).collect();
    assert_eq!(
        nth,
        (1..=9).map(|nth| (nth, 9)).collect::<Vec<_>>(),
        "one that comes twice counts once"
    );
    assert!(
        told.windows(2)
            .all(|two| (0..=1).contains(&(two[1].1 - two[0].1))),
        "{told:?}"
    );
    assert_eq!((told[8].1, checked.live, checked.bad.len()), (5, 5, 4));
}

#[tokio::test]
async fn one_that_is_dropped_in_the_middle_leaves_no_connection_and_keeps_what_it_found() {
    let bad = proxy(|_| Answer::text("").status(502));
    let slow = proxy(|_| Answer::text("").gate("never opened"));
    let proxies = list([&bad, &slow]);
    let found = tokio::sync::Notify::new();
    let check = proxies
        .check(SECOND * 60, 1)
        .url(PAGE)
        .on_progress(|_| found.notify_one());
    tokio::select! {
        checked = check.run() => panic!("{checked:?}"),
        () = async {
            found.notified().await;
            slow.until(|slow| slow.in_flight() == 1).await;
        } => {}
    }
    slow.until(|slow| slow.open_connections() == 0).await;
    assert_eq!(picked(&proxies), [format!("http://{}", slow.address())]);
}
