//! What a run is told of its requests and cannot be is refused before anything is touched, saying what is wrong;
//! what a request alone is told is recorded on its task. No value that may be a secret is in a message.

use std::net::SocketAddr;

use crate::asking::{Asking, ask};
use expect_test::expect;
use scrapeflow::prelude::*;
use scrapeflow_tests::Site;
use serde_json::json;

/// How a run is refused that is so set up.
async fn refused(set_up: impl FnOnce(Run<Asking>) -> Run<Asking>) -> String {
    let site = Site::start();
    let asks = |fetch: Fetch, url: String| async move {
        Ok(json!(fetch.get(&url).send().await?.status()))
    };
    let told = ask(&site.url("/page/1"), set_up, asks).await;
    assert_eq!(site.total_hits(), 0, "nothing was asked");
    let told = told.unwrap_err();
    assert!(!told.contains("secret"), "{told}");
    told + "\n"
}

#[tokio::test]
async fn headers_that_cannot_be() {
    let told = [
        refused(|run| run.headers([("x y", "secret")])).await,
        refused(|run| run.headers([("", "secret")])).await,
        refused(|run| run.headers([("x-fine", "1"), ("x-token", "secret\r\nx-more: 1")])).await,
        refused(|run| run.user_agent("secret\n")).await,
        refused(|run| run.host("a.example", |host| host.header("x:", "secret"))).await,
        refused(|run| run.host("a.example", |host| host.header("x-y", "secret\0"))).await,
        refused(|run| run.host("a.example", |host| host.user_agent("secret\n"))).await,
    ];
    expect![[r#"
        the run ends: `x y` cannot be a header's name; take letters, digits and hyphens
        the run ends: `` cannot be a header's name; take letters, digits and hyphens
        the run ends: the value of header `x-token` has characters that no header can have; take away line breaks and control characters
        the run ends: the value of header `user-agent` has characters that no header can have; take away line breaks and control characters
        the run ends: `x:` cannot be a header's name; take letters, digits and hyphens (host `a.example`)
        the run ends: the value of header `x-y` has characters that no header can have; take away line breaks and control characters (host `a.example`)
        the run ends: the value of header `user-agent` has characters that no header can have; take away line breaks and control characters (host `a.example`)
    "#]].assert_eq(&told.concat());
}

#[tokio::test]
async fn cookies_that_cannot_be() {
    let told = [
        refused(|run| run.cookies([("a", "secret; b=1")])).await,
        refused(|run| run.cookies([("a", "secret\r\nx-more: 1")])).await,
        refused(|run| run.cookies([("", "secret")])).await,
        refused(|run| run.cookies([("a=b", "secret")])).await,
        refused(|run| run.cookies([("a b", "secret")])).await,
        refused(|run| run.host("a.example", |host| host.cookie("a", "secret; b=1"))).await,
        refused(|run| run.host("a.example", |host| host.cookie("", "secret"))).await,
    ];
    expect![[r#"
        the run ends: cookie `a` has characters that no cookie can have
        the run ends: cookie `a` has characters that no cookie can have
        the run ends: cookie `` has characters that no cookie can have
        the run ends: cookie `a=b` has characters that no cookie can have
        the run ends: cookie `a b` has characters that no cookie can have
        the run ends: cookie `a` has characters that no cookie can have (host `a.example`)
        the run ends: cookie `` has characters that no cookie can have (host `a.example`)
    "#]]
    .assert_eq(&told.concat());
}

#[tokio::test]
async fn statuses_that_are_none() {
    let told = [
        refused(|run| run.accept_status([200, 20])).await,
        refused(|run| run.accept_status([])).await,
        refused(|run| run.host("a.example", |host| host.accept_status([1000]))).await,
    ];
    expect![[r#"
        the run ends: accept_status: 20 is no HTTP status; those are 100 to 999
        the run ends: accept_status: no status would be accepted; name one
        the run ends: accept_status: 1000 is no HTTP status; those are 100 to 999 (host `a.example`)
    "#]]
    .assert_eq(&told.concat());
}

#[tokio::test]
async fn hosts_that_are_none() {
    let mut told = Vec::new();
    for name in [
        "",
        "http://a.example",
        "a.example:80",
        "a.example/b",
        "ann@a.example",
        "a example",
    ] {
        told.push(refused(|run| run.host(name, |host| host)).await);
    }
    expect![[r#"
        the run ends: `` is no host; give its name alone, without scheme and port: `shop.example`
        the run ends: `http://a.example` is no host; give its name alone, without scheme and port: `shop.example`
        the run ends: `a.example:80` is no host; give its name alone, without scheme and port: `shop.example`
        the run ends: `a.example/b` is no host; give its name alone, without scheme and port: `shop.example`
        the run ends: `ann@a.example` is no host; give its name alone, without scheme and port: `shop.example`
        the run ends: `a example` is no host; give its name alone, without scheme and port: `shop.example`
    "#]].assert_eq(&told.concat());
}

#[tokio::test]
async fn certificates_that_are_none() {
    for pem in [
        "",
        "secret",
        "-----BEGIN CERTIFICATE-----\nsecret",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    ] {
        let told = refused(|run| run.add_root_certificates(pem.as_bytes())).await;
        assert!(
            told.starts_with("the run ends: the root certificates"),
            "{told}"
        );
        // What reqwest says of everything.
        assert!(!told.contains("builder error"), "{told}");
    }
}

#[tokio::test]
async fn a_host_is_meant_however_its_name_is_written() {
    let site = Site::start();
    let port = site.address().port();
    for (said, name) in [
        ("A.Example", "a.example"),
        ("a.example", "A.EXAMPLE"),
        ("b\u{fc}cher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "b\u{fc}cher.example"),
        ("B\u{dc}CHER.example", "b\u{fc}cher.example"),
    ] {
        let set_up = |run: Run<Asking>| {
            run.resolve(said, SocketAddr::from(([127, 0, 0, 1], 0)))
                .host(said, |host| host.header("x-meant", "yes"))
        };
        let asks = |fetch: Fetch, url: String| async move {
            Ok(json!(fetch.get(&url).send().await?.status()))
        };
        let told = ask(&format!("http://{name}:{port}/page/1"), set_up, asks).await;
        assert_eq!(told, Ok(json!(200)), "{said}: {name}");
        let request = site.requests().pop().unwrap();
        assert_eq!(request.header("x-meant"), Some("yes"), "{said}: {name}");
    }
}

type Change = fn(scrapeflow::Request) -> scrapeflow::Request;

#[tokio::test]
async fn what_a_request_alone_is_told_is_recorded() {
    let site = Site::start();
    let changes: [(Change, &str); 7] = [
        (
            |request| request.header("x y", "secret"),
            "`x y` cannot be a header's name; take letters, digits and hyphens",
        ),
        (
            |request| request.header("x-y", "secret\n"),
            "the value of header `x-y` has characters that no header can have; take away line breaks and control characters",
        ),
        (
            |request| request.cookie("a", "secret; b=1"),
            "cookie `a` has characters that no cookie can have",
        ),
        (
            |request| request.cookie("", "secret"),
            "cookie `` has characters that no cookie can have",
        ),
        (
            |request| request.cookie("a", "secret\x7f"),
            "cookie `a` has characters that no cookie can have",
        ),
        (
            |request| request.json(&std::collections::BTreeMap::from([((1, 2), "secret")])),
            "what is to be sent doesn't serialize: key must be a string",
        ),
        // The first mistake is told.
        (
            |request| request.header("x y", "1").cookie("", "1"),
            "`x y` cannot be a header's name; take letters, digits and hyphens",
        ),
    ];
    for (change, why) in changes {
        let asks = move |fetch: Fetch, url: String| {
            let request = change(fetch.get(&url));
            async move { Ok(json!(request.send().await?.status())) }
        };
        let told = ask(&site.url("/page/1"), |run| run, asks).await;
        assert_eq!(told, Err(format!("RuntimeError final: {why}")));
    }
    assert_eq!(site.total_hits(), 0);
}
