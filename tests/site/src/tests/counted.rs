//! What the site tells about the requests that it got.

use super::client::{Client, get};
use super::wait;
use crate::Site;

#[test]
fn hits_are_counted_by_exact_target() {
    let site = Site::start();
    for target in ["/page/1", "/page/1", "/page/1?a=b", "/page/2", "/nowhere"] {
        get(&site, target);
    }
    assert_eq!(site.hits("/page/1"), 2);
    assert_eq!(site.hits("/page/1?a=b"), 1);
    assert_eq!(site.hits("/page/3"), 0);
    assert_eq!(site.hits_matching(|target| target.starts_with("/page/")), 4);
    assert_eq!(
        (site.total_hits(), site.served(), site.in_flight()),
        (5, 5, 0)
    );
    assert_eq!((site.max_in_flight(), site.connections()), (1, 5));
}

#[test]
fn requests_are_remembered_in_order() {
    let site = Site::start();
    let mut client = Client::connect(&site);
    client
        .exchange("POST /page/1 HTTP/1.1\r\nB: 1\r\na: 2\r\nB: 3\r\nContent-Length: 4\r\n\r\nbody");
    get(&site, "/page/2");
    client.get("/page/3");

    let [first, second, third] = &site.requests()[..] else {
        panic!("there were three requests");
    };
    assert_eq!(
        (first.method(), first.target(), first.body()),
        ("POST", "/page/1", &b"body"[..])
    );
    let headers = [("B", "1"), ("a", "2"), ("B", "3"), ("Content-Length", "4")];
    assert!(
        first
            .headers()
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .eq(headers)
    );
    assert_eq!(
        (second.path(), second.header("host")),
        ("/page/2", Some("site"))
    );
    assert_eq!(first.connection(), third.connection());
    assert_ne!(first.connection(), second.connection());
    assert!(
        first.received_at() <= second.received_at() && second.received_at() <= third.received_at()
    );
}

#[test]
fn only_the_newest_requests_are_remembered() {
    let site = Site::start();
    let mut client = Client::connect(&site);
    let targets = |site: &Site| -> Vec<String> {
        site.requests()
            .iter()
            .map(|request| request.target().to_owned())
            .collect()
    };
    for page in 1..=1002 {
        client.get(&format!("/page/{page}"));
    }
    assert_eq!(site.requests().len(), 1000);
    assert_eq!(targets(&site)[0], "/page/3");
    site.remember(2);
    assert_eq!(targets(&site), ["/page/1001", "/page/1002"]);
    client.get("/page/1");
    assert_eq!(targets(&site), ["/page/1002", "/page/1"]);
    site.remember(0);
    client.get("/page/1");
    assert!(site.requests().is_empty());
    assert_eq!(site.hits("/page/1"), 3);
}

#[test]
fn requests_at_once_are_counted_at_a_gate() {
    let site = Site::start();
    let mut clients: Vec<Client> = (0..8)
        .map(|number| Client::sent(&site, &format!("/page/{number}?gate=all")))
        .collect();
    wait(&site, |site| site.in_flight() == 8);
    assert!(clients.iter_mut().all(Client::is_silent));
    site.open("another");
    assert_eq!((site.in_flight(), site.served()), (8, 0));
    site.open("all");
    for client in &mut clients {
        assert_eq!(client.head().status, 200);
    }
    wait(&site, |site| site.in_flight() == 0);
    assert_eq!((site.max_in_flight(), site.served()), (8, 8));
    assert_eq!(get(&site, "/page/1?gate=all").status, 200);
    assert_eq!(site.max_in_flight(), 8);
}

#[test]
fn an_answer_is_counted_by_the_time_it_is_read() {
    let site = Site::start();
    let mut clients: Vec<Client> = (0..4).map(|_| Client::connect(&site)).collect();
    for round in 0..200 {
        let client = &mut clients[round % 4];
        client.get(if round % 2 == 0 {
            "/page/1"
        } else {
            "/bytes/40000"
        });
        assert_eq!((site.served(), site.in_flight()), (round + 1, 0));
    }
    assert_eq!(site.max_in_flight(), 1);
}

#[test]
fn who_gives_up_at_a_gate_is_in_flight_no_more() {
    let site = Site::start();
    let client = Client::sent(&site, "/page/1?gate=never");
    wait(&site, |site| site.in_flight() == 1);
    drop(client);
    wait(&site, |site| {
        site.in_flight() == 0 && site.open_connections() == 0
    });
    assert_eq!((site.hits("/page/1?gate=never"), site.served()), (1, 0));
}
