//! Credentials stay with the host that they are for: a redirect to another name, another port or into the clear
//! goes without.

use std::sync::{Arc, Mutex};

use crate::asking::{Asking, ask};
use scrapeflow::http;
use scrapeflow::middleware::{Body, answering};
use scrapeflow::prelude::{Fetch, Run};
use scrapeflow_tests::{Answer, Request, Site};
use serde_json::json;

/// What two sites received of a request with all credentials there are, which the first sends on to `to`: each
/// request as its path and the credentials in it. `FIRST` and `SECOND` stand for the sites' addresses.
async fn hops(to: &str) -> Vec<String> {
    let (first, second) = (Site::start(), Site::start());
    let place = |text: &str| {
        text.replace("FIRST", &first.address().to_string())
            .replace("SECOND", &second.address().to_string())
    };
    let to = place(to);
    first.route("/from", move |_| Answer::redirect(&to));
    let back = first.url("/back");
    second.route("/back", move |_| Answer::redirect(&back));
    for site in [&first, &second] {
        site.route("/end", |_| Answer::text(""));
    }
    first.route("/back", |_| Answer::text(""));
    let set_up = |run: Run<Asking>| {
        run.resolve("a.example", first.address())
            .resolve("b.example", second.address())
            .headers([("proxy-authorization", "p"), ("x-run", "r")])
            .host("b.example", |host| {
                host.cookie("b", "1").header("x-token", "b")
            })
            .host("a.example", |host| host.header("x-token", "a"))
    };
    let asks = |fetch: Fetch, url: String| async move {
        let request = fetch
            .get(&url)
            .header("authorization", "a")
            .cookie("q", "1");
        Ok(json!(request.send().await?.status()))
    };
    assert_eq!(
        ask("http://a.example/from", set_up, asks).await,
        Ok(json!(200))
    );
    let requests = [first.requests(), second.requests()].concat();
    let mut requests: Vec<_> = requests.iter().collect();
    requests.sort_by_key(|request| request.received_at());
    requests.into_iter().map(credentials).collect()
}

fn credentials(request: &Request) -> String {
    let names = [
        "authorization",
        "proxy-authorization",
        "cookie",
        "x-token",
        "x-run",
    ];
    let has = names.iter().filter_map(|name| request.header(name));
    let has: Vec<&str> = has.collect();
    format!("{} {}", request.path(), has.join(" "))
}

#[tokio::test]
async fn credentials_stay_with_the_host_that_they_are_for() {
    let asked = "/from a p q=1 a r";
    for (to, then) in [
        ("/end", &["/end a p q=1 a r"][..]),
        ("http://a.example/end", &["/end a p q=1 a r"]),
        // What the run says of another host goes there by HTTPS alone: see below.
        ("http://b.example/end", &["/end r"]),
        ("http://SECOND/end", &["/end r"]),
        // Even back where it came from: who sent it there is another.
        ("http://SECOND/back", &["/back r", "/back r"]),
    ] {
        let hops = hops(to).await;
        assert_eq!(hops[0], asked, "{to}");
        assert_eq!(hops[1..], *then, "{to}");
    }
}

/// What a web that exists only in middleware receives at the second of two addresses, the first of which
/// redirects there, of a host's credentials or, where `own`, of the request's.
async fn across(from: &'static str, to: &'static str, own: bool) -> Vec<String> {
    let received = Arc::new(Mutex::new(Vec::new()));
    let heard = received.clone();
    let web = answering(move |request| {
        heard.lock().unwrap().push(credentials_of(&request));
        let answer = match request.uri().path() {
            "/from" => http::Response::builder().status(302).header("location", to),
            _ => http::Response::builder(),
        };
        async move { answer.body(Body::from("")).unwrap() }
    });
    let set_up = move |run: Run<Asking>| {
        let run = run.layer(web.clone());
        if own {
            run
        } else {
            run.host("a.example", |host| {
                host.header("authorization", "token").cookie("c", "1")
            })
        }
    };
    let asks = move |fetch: Fetch, url: String| {
        let request = if own {
            fetch
                .get(&url)
                .header("authorization", "token")
                .cookie("c", "1")
        } else {
            fetch.get(&url)
        };
        async move { Ok(json!(request.send().await?.status())) }
    };
    assert_eq!(ask(from, set_up, asks).await, Ok(json!(200)));
    Arc::into_inner(received).unwrap().into_inner().unwrap()
}

fn credentials_of(request: &http::Request<Body>) -> String {
    let names = ["authorization", "cookie"];
    let has = names.iter().filter_map(|name| request.headers().get(*name));
    has.map(|value| value.to_str().unwrap())
        .collect::<Vec<_>>()
        .join(" ")
}

#[tokio::test]
async fn neither_another_port_nor_the_clear_gets_credentials() {
    for own in [true, false] {
        for (to, gets) in [
            ("https://a.example/end", "token c=1"),
            ("https://a.example:443/end", "token c=1"),
            ("https://b.example/end", ""),
            ("https://a.example.b.example/end", ""),
            ("https://www.a.example/end", ""),
            ("https://a.example:8443/end", ""),
            ("http://a.example/end", ""),
            ("http://a.example:443/end", ""),
        ] {
            let hops = across("https://a.example/from", to, own).await;
            assert_eq!(hops, ["token c=1", gets], "{to}, own: {own}");
        }
    }
}

#[tokio::test]
async fn where_a_stranger_leads_to_a_host_it_has_to_prove_that_it_is_the_host() {
    for (to, gets) in [
        ("https://a.example/end", "token c=1"),
        ("https://a.example:8443/end", ""),
        ("http://a.example/end", ""),
        ("http://a.example:8080/end", ""),
    ] {
        let hops = across("https://stranger.example/from", to, false).await;
        assert_eq!(hops, ["", gets], "{to}");
    }
}

#[tokio::test]
async fn user_and_password_of_a_url_stay_as_long_as_the_host_does() {
    const ANN: &str = "Basic YW5uOnNlY3JldA==";
    for (to, gets) in [
        ("/end", ANN),
        ("https://a.example/end", ANN),
        ("https://b.example/end", ""),
        ("https://bob:x@b.example/end", "Basic Ym9iOng="),
    ] {
        let hops = across("https://ann:secret@a.example/from", to, false).await;
        assert_eq!(hops[0], "Basic YW5uOnNlY3JldA== c=1");
        let got = hops[1].strip_suffix(" c=1").unwrap_or(&hops[1]);
        assert_eq!(got, gets, "{to}");
    }
}
