//! Paths that answer by what the client sent, and what a test sets.

use super::client::{Client, get};
use crate::{Page, Site};

#[test]
fn echo_has_the_request() {
    let site = Site::start();
    let mut client = Client::connect(&site);
    let reply =
        client.exchange("POST /echo?a=%22 HTTP/1.1\r\nX-B: \"1\"\r\ncontent-length: 3\r\n\r\na\nb");
    assert_eq!(reply.header("Content-Type"), Some("application/json"));
    assert_eq!(
        reply.text(),
        r#"{"method":"POST","target":"/echo?a=%22","headers":[["X-B","\"1\""],["content-length","3"]],"body":"a\u000ab"}"#
    );
    let reply = client
        .exchange("PUT /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
    assert!(reply.text().ends_with(r#""body":"hi"}"#));
}

#[test]
fn cookies_are_set_and_shown() {
    let site = Site::start();
    let reply = get(&site, "/cookies/set?a=1&b=2%3B+Path%3D%2F&delay=1");
    assert_eq!(reply.header_values("Set-Cookie"), ["a=1", "b=2; Path=/"]);
    assert_eq!(reply.text(), Page::new(0).html());

    assert_eq!(get(&site, "/cookies").text(), "{}");
    let reply = Client::connect(&site)
        .exchange("GET /cookies HTTP/1.1\r\nCookie: a=1; b=2=2\r\nCookie: c=3\r\n\r\n");
    assert_eq!(reply.text(), r#"{"a":"1","b":"2=2","c":"3"}"#);
}

#[test]
fn robots_are_told_what_the_test_says() {
    let site = Site::start();
    assert_eq!(get(&site, "/robots.txt").status, 404);
    site.robots("User-agent: *\nDisallow: /page/2\n");
    let reply = get(&site, "/robots.txt");
    assert_eq!(
        (reply.status, reply.text()),
        (200, "User-agent: *\nDisallow: /page/2\n")
    );
    assert_eq!(
        reply.header("Content-Type"),
        Some("text/plain; charset=utf-8")
    );
    site.robots("");
    assert_eq!(get(&site, "/robots.txt").text(), "");
}

#[test]
fn what_is_no_request_is_told_so() {
    let site = Site::start();
    let mut client = Client::connect(&site);
    let reply = client.exchange("GET /page/1\r\n\r\n");
    assert_eq!(
        (reply.status, reply.text()),
        (400, "`GET /page/1` is no request line")
    );
    assert_eq!(client.rest().unwrap(), b"");
    assert_eq!(site.total_hits(), 0);
}
