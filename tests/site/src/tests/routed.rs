//! Handlers of a test's own.

use std::time::Duration;

use super::client::{Client, get};
use crate::{Answer, Ending, Site};

#[test]
fn routes_go_before_built_in_paths() {
    let site = Site::start();
    site.route("/page/1", |request| {
        let name = request.query("name").unwrap_or_default();
        Answer::text(format!("hello {name}")).header("X-Own", "yes")
    });
    let reply = get(&site, "/page/1?name=a%20b");
    assert_eq!(
        (reply.text(), reply.header("X-Own")),
        ("hello a b", Some("yes"))
    );
    assert_eq!(get(&site, "/page/2").header("X-Own"), None);
    site.route("/page/1", |_| Answer::json("{}").status(201));
    assert_eq!(get(&site, "/page/1").status, 201);
}

#[test]
fn routes_can_break_what_they_like() {
    let site = Site::start();
    site.route("/raw", |_| Answer::raw("HTTP/9 what\r\n\r\n"));
    site.route("/cut", |_| {
        Answer::html("abc")
            .header("Content-Length", "4")
            .ending(Ending::Cut)
            .delay(Duration::from_millis(1))
    });
    assert_eq!(
        Client::sent(&site, "/raw").rest().unwrap(),
        b"HTTP/9 what\r\n\r\n"
    );
    assert!(
        Client::sent(&site, "/cut")
            .rest()
            .unwrap()
            .ends_with(b"\r\n\r\nabc")
    );
}

#[test]
fn a_panic_in_a_route_is_an_answer() {
    let site = Site::start();
    site.route("/panics", |_| panic!("as it should"));
    site.route("/raw", |_| Answer::raw("").status(200));
    let mut client = Client::connect(&site);
    let reply = client.get("/panics");
    assert_eq!(
        (reply.status, reply.text()),
        (500, "the handler panicked: as it should")
    );
    assert!(
        client
            .get("/raw")
            .text()
            .contains("a raw answer has neither a status nor headers")
    );
    assert_eq!(client.get("/page/1").status, 200);
}

#[test]
fn proxies_see_whole_addresses() {
    let site = Site::start();
    let target = "http://quotes.example/page/1?size=900";
    assert_eq!(get(&site, target).body.len(), 900);
    assert_eq!((site.hits(target), site.hits("/page/1?size=900")), (1, 0));
}

#[test]
#[should_panic(expected = "must begin with `/` and have no query")]
fn a_route_with_a_query_is_a_mistake() {
    Site::start().route("/page/1?a=b", |_| Answer::text(""));
}
