//! Paths that break the protocol, each in its own way.

use std::io::ErrorKind;

use super::client::{Client, get};
use super::wait;
use crate::{Page, Site};

/// All bytes of the answer to a request after which the site closes the connection.
fn bytes(site: &Site, target: &str) -> Vec<u8> {
    Client::sent(site, target).rest().unwrap()
}

fn ends_with(site: &Site, target: &str, head: &str, end: &str) {
    let bytes = bytes(site, target);
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains(head), "{target}: {text}");
    assert!(text.ends_with(end), "{target}: {text}");
}

#[test]
fn connections_close_too_early() {
    let site = Site::start();
    assert_eq!(bytes(&site, "/close/before"), b"");
    assert_eq!(
        bytes(&site, "/close/headers"),
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Le"
    );
    ends_with(&site, "/short", "Content-Length: 1000\r\n", "\r\n\r\nabc");
    let cut = "13\r\n<p>a good start</p>\r\n3e8\r\nabc";
    ends_with(&site, "/chunk/cut", "Transfer-Encoding: chunked\r\n", cut);
    assert_eq!(
        (site.total_hits(), site.served(), site.in_flight()),
        (4, 0, 0)
    );
}

#[test]
fn the_reset_reaches_the_client() {
    let site = Site::start();
    let error = Client::sent(&site, "/reset").rest().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn what_is_sent_is_not_http() {
    let site = Site::start();
    assert!(bytes(&site, "/garbage").starts_with(b"\x00\x16\x03 this is not HTTP"));
    let bad = "</p>\r\nthis is no size\r\n";
    ends_with(&site, "/chunk/bad", "Transfer-Encoding: chunked\r\n", bad);
}

#[test]
fn hanging_lasts_until_the_client_leaves() {
    let site = Site::start();
    let mut client = Client::sent(&site, "/hang");
    wait(&site, |site| site.hits("/hang") == 1);
    assert!(client.is_silent());
    assert_eq!(site.in_flight(), 1);
    drop(client);
    wait(&site, |site| {
        site.in_flight() == 0 && site.open_connections() == 0
    });
    assert_eq!(site.served(), 0);
}

#[test]
fn hanging_begins_in_the_middle_of_the_body() {
    let site = Site::start();
    let mut client = Client::sent(&site, "/hang/body");
    let html = Page::new(0).html();
    let length = html.len().to_string();
    assert_eq!(
        client.head().header("Content-Length"),
        Some(length.as_str())
    );
    let half = html.len() / 2;
    assert_eq!(client.take(half as u64), html.as_bytes()[..half]);
    assert!(client.is_silent());
    assert_eq!(site.in_flight(), 1);
}

#[test]
fn any_misbehaviour_ends_after_so_many_times() {
    let site = Site::start();
    let good = Page::new(0).html();
    for path in [
        "/close/before",
        "/reset",
        "/garbage",
        "/status/503",
        "/chunk/cut",
        "/page/1",
    ] {
        let target = format!("{path}?times=2&delay=1");
        for _ in 0..2 {
            let mut client = Client::connect(&site);
            client.send(&format!(
                "GET {target} HTTP/1.1\r\nConnection: close\r\n\r\n"
            ));
            let bytes = client.rest().unwrap_or_default();
            assert!(!bytes.ends_with(good.as_bytes()), "{target}");
        }
        let reply = get(&site, &target);
        assert_eq!((reply.status, reply.text()), (200, &*good), "{target}");
        assert_eq!(site.hits(&target), 3);
    }
}
