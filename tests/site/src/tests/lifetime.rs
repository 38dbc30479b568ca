//! How a site comes up, what it bears, and how it goes.

use std::panic;
use std::sync::Arc;
use std::thread;

use super::client::{Client, get};
use super::wait;
use crate::{Page, Site};

#[test]
fn addresses_are_those_of_this_machine() {
    let site = Site::start();
    assert_eq!(
        site.url("/page/1?a=b"),
        format!("http://127.0.0.1:{}/page/1?a=b", site.address().port())
    );
    let other = Site::start();
    assert_ne!(site.address(), other.address());
    get(&site, "/page/1");
    assert_eq!((site.total_hits(), other.total_hits()), (1, 0));
}

#[test]
#[should_panic(expected = "the path `page/1` must begin with `/`")]
fn an_address_needs_its_slash() {
    let _ = Site::start().url("page/1");
}

#[test]
fn dropping_it_closes_what_is_open() {
    let site = Site::start();
    let mut hanging = Client::sent(&site, "/hang");
    let mut idle = Client::connect(&site);
    idle.get("/page/1");
    wait(&site, |site| site.in_flight() == 1);
    drop(site);
    assert_eq!(hanging.rest().unwrap(), b"");
    assert_eq!(idle.rest().unwrap(), b"");
}

#[test]
fn connections_are_kept_as_the_client_wants() {
    let site = Site::start();
    let mut client = Client::connect(&site);
    client.get("/page/1");
    let reply = client.exchange("GET /page/1 HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert_eq!(reply.header("Connection"), Some("close"));
    assert_eq!(client.rest().unwrap(), b"");
    wait(&site, |site| site.open_connections() == 0);
    assert_eq!((site.connections(), site.served()), (1, 2));
}

#[test]
fn requests_may_be_sent_ahead() {
    let site = Site::start();
    let mut client = Client::sent(&site, "/page/1");
    let reply = client.exchange("GET /page/2?delay=1 HTTP/1.1\r\n\r\nGET /page/3 HTTP/1.1\r\n\r\n");
    assert_eq!(reply.text(), Page::new(1).html());
    assert_eq!(client.exchange("").text(), Page::new(2).html());
    assert_eq!(client.exchange("").text(), Page::new(3).html());
}

/// The test's runtime has a single thread, which the client blocks.
#[tokio::test]
async fn it_answers_while_the_runtime_of_the_test_is_blocked() {
    let site = Site::start();
    assert_eq!(get(&site, "/delay/5").text(), Page::new(0).html());
    site.until(|site| site.served() == 1).await;
}

#[tokio::test]
async fn waiting_ends_with_what_happens_elsewhere() {
    let site = Arc::new(Site::start());
    let other = Arc::clone(&site);
    let client = thread::spawn(move || get(&other, "/page/1?gate=a").status);
    site.until(|site| site.in_flight() == 1).await;
    site.open("a");
    site.until(|site| site.served() == 1).await;
    assert_eq!(client.join().unwrap(), 200);
}

#[tokio::test]
async fn a_taken_port_is_told() {
    let site = Site::start();
    let port = site.address().port();
    let panic = panic::catch_unwind(|| Site::start_on(port)).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(
        message.starts_with(&format!("cannot start a site on 127.0.0.1:{port}: ")),
        "{message}"
    );
}
