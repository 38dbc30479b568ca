//! Proxies that refuse, hang, speak garbage, close, answer themselves or go in circles: each ends in its class within the
//! timeout, and nothing goes past them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crate::asking::{Asking, ask};
use scrapeflow::prelude::*;
use scrapeflow::{InvalidProxy, Proxy, ProxyByCountry, ProxyList};
use scrapeflow_tests::{Site, Tinyproxy};
use serde_json::{Value, json};

async fn text(fetch: Fetch, url: String) -> Result<Value> {
    Ok(json!(fetch.get(&url).send().await?.text().await?))
}

/// What a bad proxy does once it was spoken to.
#[derive(Debug, Clone, Copy)]
enum Does {
    Say(&'static [u8]),
    Close,
    Hang,
}

/// A bad proxy, which ends when it is dropped.
struct Bad {
    address: SocketAddr,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Bad {
    fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ends = Arc::new(AtomicBool::new(false));
        let seen = ends.clone();
        let thread = thread::spawn(move || {
            // Kept open until it ends.
            let mut hanging = Vec::new();
            for stream in listener.incoming() {
                if seen.load(Ordering::SeqCst) {
                    return;
                }
                let mut stream = stream.unwrap();
                let read = stream.read(&mut [0; 4096]);
                match does {
                    // Whoever is gone already doesn't hear it.
                    Does::Say(what) if read.is_ok() => drop(stream.write_all(what)),
                    Does::Say(_) | Does::Close => {}
                    Does::Hang => hanging.push(stream),
                }
            }
        });
        Self {
            address,
            ends,
            thread: Some(thread),
        }
    }
}

impl Drop for Bad {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        // Wakes it.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

const NEEDS_PASSWORD: &[u8] =
    b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
const ERROR_PAGE: &[u8] =
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\n<h1>no</h1>";
const GARBAGE: &[u8] = b"\x00\x01\x02 what is this \xff\xfe\r\n\r\n";

#[tokio::test]
async fn each_ends_in_its_class_within_the_timeout_and_never_direct() {
    use Does::{Close, Hang, Say};
    let site = Site::start();
    let (clear, encrypted) = (
        site.url("/page/1"),
        format!("https://{}/page/1", site.address()),
    );
    let connection = "ClientConnectionError";
    for (does, of_http, of_connect, of_socks) in [
        (Say(NEEDS_PASSWORD), connection, connection, connection),
        (Say(ERROR_PAGE), "RuntimeError", connection, connection),
        (Say(GARBAGE), "ClientResponseError", connection, connection),
        (Close, "ServerDisconnectedError", connection, connection),
        (Hang, "TimeoutError", "TimeoutError", "TimeoutError"),
    ] {
        let bad = Bad::start(does);
        let (http, socks) = (
            format!("http://{}", bad.address),
            format!("socks5h://{}", bad.address),
        );
        for (proxy, url, class) in [
            (&http, &clear, of_http),
            (&http, &encrypted, of_connect),
            (&socks, &clear, of_socks),
            (&socks, &encrypted, of_socks),
        ] {
            let run = |run: Run<Asking>| {
                run.proxies(ProxyList::new([proxy]).unwrap())
                    .timeout(Duration::from_secs(1))
                    .request_retries(0)
            };
            let told = ask(url, run, text).await.unwrap_err();
            assert!(
                told.starts_with(&format!("{class} ")),
                "{does:?} {proxy} {url}: {told}"
            );
        }
    }
    assert_eq!(site.requests().len(), 0);
}

#[tokio::test]
async fn one_that_is_its_own_upstream_goes_in_circles_no_longer_than_the_timeout() {
    let site = Site::start();
    let circle = Tinyproxy::start("upstream http SELF\nMaxClients 20");
    let run = |run: Run<Asking>| {
        run.proxies(ProxyList::new([circle.address().to_string()]).unwrap())
            .timeout(Duration::from_secs(2))
            .request_retries(0)
    };
    for url in [site.url("/page/1"), format!("https://{}/", site.address())] {
        let told = ask(&url, run, text).await.unwrap_err();
        let class = told.split(' ').next().unwrap();
        let classes = [
            "TimeoutError",
            "RuntimeError",
            "ClientConnectionError",
            "ServerDisconnectedError",
        ];
        assert!(classes.contains(&class), "{told}");
    }
    assert_eq!(site.requests().len(), 0);
}

#[tokio::test]
async fn one_that_breaks_off_in_the_middle_of_a_body_is_told_and_another_is_taken() {
    let short = Bad::start(Does::Say(
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
    ));
    let (site, good) = (Site::start(), Tinyproxy::start(""));
    let url = site.url("/page/1");
    let alone = |run: Run<Asking>| {
        run.proxies(ProxyList::new([short.address.to_string()]).unwrap())
            .request_retries(1)
    };
    let told = ask(&url, alone, text).await.unwrap_err();
    assert!(
        told.starts_with("ClientPayloadError retryable: by a proxy: "),
        "{told}"
    );
    let both = |run: Run<Asking>| {
        let addresses = [short.address, good.address()].map(|address| address.to_string());
        run.proxies(ProxyList::new(addresses).unwrap())
            .request_retries(1)
    };
    for _ in 0..8 {
        assert!(ask(&url, both, text).await.is_ok());
    }
}

#[test]
fn what_is_no_list_of_proxies_is_told_by_its_place() {
    let told = |list: Result<ProxyList, InvalidProxy>| list.unwrap_err().to_string();
    assert_eq!(
        told(ProxyList::new([""; 0])),
        "the list is empty; give at least one proxy"
    );
    for (text, why) in [
        ("", "it is empty"),
        ("10.0.0.2", "it has no port"),
        (
            "ftp://10.0.0.2:21",
            "its scheme is none of http, https, socks5 and socks5h",
        ),
        ("http://ann:s3cret@:8080", "it has no host"),
        (
            "http://ann:s3cret@10.0.0.2:99999",
            "its port is no number from 1 to 65535",
        ),
        (
            "http://ann:s3cret@10.0.0.2:80/path",
            "it has a path; a proxy is a host and a port",
        ),
        (
            "10.0.0.2:80 ann s3cret",
            "it has blanks or control characters in it",
        ),
    ] {
        let told = told(ProxyList::new(["10.0.0.1:8080", text]));
        let expected = format!("proxy 2 of the list: {why}; write http://user:password@host:port");
        assert_eq!(told, expected);
    }
    let countries = ProxyByCountry::new([("US", vec!["10.0.0.1:1"]), ("DE", vec!["x"])]);
    let told = countries.unwrap_err().to_string();
    assert!(
        told.starts_with("proxy 1 of the list of `DE`: it has no port"),
        "{told}"
    );
    let none = ProxyByCountry::new([("US", Vec::<String>::new())]).unwrap_err();
    assert_eq!(
        none.to_string(),
        "the list of `US` is empty; give at least one proxy"
    );
    let nothing = ProxyByCountry::new(Vec::<(String, Vec<String>)>::new()).unwrap_err();
    assert_eq!(nothing.to_string(), "there is no list of proxies");
}

#[test]
fn what_a_proxy_is_can_be_told_without_its_password() {
    let proxy: Proxy = "socks5://ann:s3cret@p.example:1080".parse().unwrap();
    assert_eq!(
        format!("{proxy} {proxy:?}"),
        "socks5://p.example:1080 Proxy { at: socks5://p.example:1080, country: None, .. }"
    );
}
