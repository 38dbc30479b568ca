//! A check tells which proxies are worth anything, and those that aren't are not used.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use scrapeflow::prelude::*;
use scrapeflow::{ProxyList, ProxyProvider};
use scrapeflow_tests::{Answer, Site, Tinyproxy};

/// Longer than anybody takes who answers.
const LONG: Duration = Duration::from_secs(3);

fn list(addresses: impl IntoIterator<Item = impl ToString>) -> ProxyList {
    ProxyList::new(addresses.into_iter().map(|address| address.to_string())).unwrap()
}

#[tokio::test]
async fn each_is_asked_in_every_round_and_one_failure_is_enough() {
    let (site, good) = (Site::start(), Tinyproxy::start(""));
    let mut stopped = Tinyproxy::start("");
    stopped.stop();
    let private = Tinyproxy::start("BasicAuth ann s3cret");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().unwrap();
    let proxies = list([good.address(), stopped.address(), private.address(), silent]);
    let progress = Mutex::new(Vec::new());
    let checked = proxies
        .check(LONG, 3)
        .url(site.url("/page/1"))
        .on_progress(|so_far| {
            let mut progress = progress.lock().unwrap();
            progress.push((so_far.checked, so_far.total));
        })
        .run()
        .await
        .unwrap();
    assert_eq!(checked.live, 1, "{checked:?}");
    let mut bad: Vec<(String, String)> = checked
        .bad
        .iter()
        .map(|(proxy, why)| (proxy.to_string(), why.clone()))
        .collect();
    bad.sort();
    let why = |address: std::net::SocketAddr| {
        let name = format!("http://{address}");
        bad.iter()
            .find(|(proxy, _)| *proxy == name)
            .map(|(_, why)| why.clone())
            .unwrap()
    };
    assert!(why(stopped.address()).contains("refused"), "{bad:?}");
    assert_eq!(why(private.address()), "HTTP response 407");
    assert!(why(silent).contains("timed out"), "{bad:?}");
    assert_eq!(*progress.lock().unwrap(), [(1, 4), (2, 4), (3, 4), (4, 4)]);
    let asked: Vec<String> = site
        .requests()
        .iter()
        .map(|request| request.method().to_owned())
        .collect();
    assert_eq!(asked, ["HEAD"; 3], "by the good one alone");
    for _ in 0..9 {
        assert_eq!(
            proxies.one(None, &[]).unwrap().to_string(),
            format!("http://{}", good.address())
        );
    }
}

#[tokio::test]
async fn what_was_before_is_forgotten() {
    let site = Site::start();
    let mut proxy = Tinyproxy::start("");
    let proxies = list([proxy.address()]);
    proxy.stop();
    let check = || proxies.check(LONG, 1).url(site.url("/page/1")).run();
    assert_eq!(check().await.unwrap().live, 0);
    assert!(proxies.one(None, &[]).is_err());
    proxy.go_on();
    assert_eq!(check().await.unwrap().live, 1);
    assert!(proxies.one(None, &[]).is_ok());
}

#[tokio::test]
async fn an_error_page_is_no_good_answer_and_a_redirect_is_one() {
    let (site, proxy) = (Site::start(), Tinyproxy::start(""));
    site.route("/moved", |_| Answer::redirect("/page/1"));
    let proxies = list([proxy.address()]);
    for (path, live) in [
        ("/status/502", 0),
        ("/status/404", 0),
        ("/moved", 1),
        ("/status/204", 1),
    ] {
        let checked = proxies
            .check(LONG, 1)
            .url(site.url(path))
            .run()
            .await
            .unwrap();
        assert_eq!(checked.live, live, "{path}: {checked:?}");
    }
    let told = proxies
        .check(LONG, 1)
        .url("no url")
        .run()
        .await
        .unwrap_err();
    assert!(
        told.to_string().contains("`no url` has no scheme"),
        "{told}"
    );
}

/// Answers everybody, and counts the most connections that were open at once.
fn counting() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = most.clone();
    // Ends with the test.
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            seen.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let open = open.clone();
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while matches!(stream.read(&mut buffer), Ok(1..)) {
                    // Whoever is gone doesn't hear it.
                    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
                }
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    (address, most)
}

#[tokio::test]
async fn however_many_there_are_at_most_a_hundred_connections_are_open() {
    let (address, most) = counting();
    let proxies = list((0..1000).map(|nth| format!("http://user-{nth}:password@{address}")));
    let checked = proxies
        .check(LONG * 10, 2)
        .url("http://shop.example/")
        .run()
        .await
        .unwrap();
    assert_eq!((checked.live, proxies.pool().live()), (1000, 1000));
    let most = most.load(Ordering::SeqCst);
    assert!((1..=100).contains(&most), "{most} at once");
}
