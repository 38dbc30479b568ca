//! Paths whose answers any client understands.

use std::time::{Duration, Instant};

use super::client::{Client, get};
use super::wait;
use crate::{Page, Site, noise};

fn good() -> String {
    Page::new(0).html()
}

#[test]
fn pages_are_as_known_in_advance() {
    let site = Site::start();
    let mut client = Client::connect(&site);
    let reply = client.get("/page/7");
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.header("Content-Type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(reply.text(), Page::new(7).html());
    for part in [
        "<title>Page 7</title>",
        "/page/8\"",
        "/page/9\"",
        "/page/17\"",
    ] {
        assert!(reply.text().contains(part), "{part}");
    }
    assert_eq!(client.get("/page/7?size=21600").body.len(), 21_600);
    assert!(
        client
            .get("/page/7?version=two")
            .text()
            .contains("<p id=\"version\">two</p>")
    );
    assert_eq!(client.get("/page/7?size=nine").status, 400);
    assert_eq!(client.get("/page/seven").status, 400);
    assert_eq!(client.get("/nowhere").status, 404);
    assert_eq!(site.connections(), 1);
}

#[test]
fn a_page_is_padded_to_every_size_that_it_can_have() {
    let bare = Page::new(1).html().len();
    for size in [bare, bare + 1, bare + 100, 100_000] {
        assert_eq!(Page::new(1).size(size).html().len(), size);
    }
    assert_eq!(Page::new(1).size(1).html().len(), bare);
}

#[test]
fn statuses_come_with_when_to_try_again() {
    let site = Site::start();
    let reply = get(&site, "/status/503?retry_after=120");
    assert_eq!(
        (reply.status, reply.header("Retry-After")),
        (503, Some("120"))
    );
    assert!(reply.text().contains("503 Service Unavailable"));

    let reply = get(&site, "/status/429?retry_after_date=60");
    let date = reply.header("Retry-After").unwrap();
    assert!(
        reply.status == 429 && date.ends_with(" GMT") && date.len() == 29,
        "{date}"
    );

    assert_eq!(get(&site, "/status/999").status, 999);
    for target in [
        "/status/199",
        "/status/1000",
        "/status/503?retry_after_date=18446744073709551615",
    ] {
        assert_eq!(get(&site, target).status, 400, "{target}");
    }
}

#[test]
fn what_has_no_body_leaves_the_connection_in_order() {
    let site = Site::start();
    let mut client = Client::connect(&site);
    for target in ["/status/204", "/status/304"] {
        let reply = client.get(target);
        assert_eq!(reply.header("Content-Length"), None);
        assert_eq!(reply.body, b"");
    }
    client.send("HEAD /page/3 HTTP/1.1\r\n\r\n");
    let length = Page::new(3).html().len().to_string();
    assert_eq!(
        client.head().header("Content-Length"),
        Some(length.as_str())
    );
    assert_eq!(client.get("/page/3").text(), Page::new(3).html());
}

#[test]
fn delays_are_kept() {
    let site = Site::start();
    for target in ["/delay/30", "/page/0?delay=30", "/delay/10?delay=20"] {
        let start = Instant::now();
        assert_eq!(get(&site, target).text(), good());
        assert!(start.elapsed() >= Duration::from_millis(30), "{target}");
    }
}

#[test]
fn redirects_lead_where_they_should() {
    let site = Site::start();
    for (target, status, location) in [
        ("/redirect/2", 302, "/redirect/1"),
        ("/redirect/1?status=307", 307, "/redirect/0?status=307"),
        ("/redirect/loop", 302, "/redirect/loop"),
        (
            "/redirect/loop?status=301",
            301,
            "/redirect/loop?status=301",
        ),
        (
            "/redirect/to?url=http%3A%2F%2Fa%2Fb%3Fc%3Dd&status=308",
            308,
            "http://a/b?c=d",
        ),
        ("/redirect/to?url=/page/1", 302, "/page/1"),
    ] {
        let reply = get(&site, target);
        assert_eq!(
            (reply.status, reply.header("Location")),
            (status, Some(location)),
            "{target}"
        );
    }
    assert_eq!(get(&site, "/redirect/0?status=307").text(), good());
    assert_eq!(get(&site, "/redirect/to").status, 400);
    assert_eq!(get(&site, "/redirect/1?status=200").status, 400);
}

#[test]
fn good_chunks_make_the_good_page() {
    let site = Site::start();
    let mut client = Client::connect(&site);
    assert_eq!(client.get("/chunk/good").text(), good());
    assert_eq!(
        client.get("/chunk/good").header("Transfer-Encoding"),
        Some("chunked")
    );
}

#[test]
fn headers_are_as_asked() {
    let site = Site::start();
    let mut client = Client::connect(&site);
    let reply = client.get("/headers?X-One=a+b&X-Two=2&times=9");
    assert_eq!(
        (reply.header("X-One"), reply.header("X-Two")),
        (Some("a b"), Some("2"))
    );
    assert_eq!(reply.header("times"), None);

    let reply = client.get("/headers/repeated");
    assert_eq!(
        reply.header_values("Set-Cookie"),
        ["first=1", "second=2; Path=/"]
    );
    assert_eq!(reply.header_values("X-Twice"), ["one", "two"]);

    assert_eq!(
        client
            .get("/headers/huge")
            .header("X-Huge-1")
            .unwrap()
            .len(),
        1024 * 1024
    );
    let reply = client.get("/headers/huge?size=10&count=300");
    assert_eq!(reply.header("X-Huge-300"), Some("xxxxxxxxxx"));
    assert_eq!(reply.header("X-Huge-301"), None);

    let reply = client.get("/headers?Connection=close");
    assert_eq!(
        (reply.text(), client.rest().unwrap()),
        (good().as_str(), Vec::new())
    );
}

#[test]
fn noise_is_the_same_every_time() {
    let site = Site::start();
    let mut client = Client::connect(&site);
    for length in [0, 1, 16_383, 16_384, 16_385, 200_001] {
        let reply = client.get(&format!("/bytes/{length}"));
        assert_eq!(reply.body.len(), length);
        assert!(reply.body == noise(length), "{length} bytes differ");
    }
    let halves = noise(100_000);
    assert_ne!(halves[..50_000], halves[50_000..]);
}

#[test]
fn the_endless_body_goes_on_until_the_client_leaves() {
    let site = Site::start();
    let mut client = Client::sent(&site, "/endless");
    let head = client.head();
    assert_eq!(
        (head.header("Content-Length"), head.header("Connection")),
        (None, Some("close"))
    );
    assert!(client.take(1_000_000) == noise(1_000_000));
    assert_eq!(site.in_flight(), 1);
    drop(client);
    wait(&site, |site| site.in_flight() == 0);
    assert_eq!(site.served(), 0);
}
