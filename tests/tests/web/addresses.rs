//! A run that may go to public addresses only refuses all others, however they are written and whatever name
//! they have, before it connects; one that was not told so trusts its tasks.
//!
//! What a public address may redirect to is tried in `public_redirects`, which has one.

use std::net::SocketAddr;

use crate::asking::{Asking, ask};
use scrapeflow::AddressPolicy;
use scrapeflow::prelude::*;
use scrapeflow_tests::Site;
use serde_json::{Value, json};

async fn status(fetch: Fetch, url: String) -> Result<Value> {
    Ok(json!(fetch.get(&url).send().await?.status()))
}

/// Names that somebody has pointed at this machine.
fn pointed(run: Run<Asking>) -> Run<Asking> {
    run.resolve("a.example", SocketAddr::from(([127, 0, 0, 1], 0)))
        .resolve(
            "metadata.example",
            SocketAddr::from(([169, 254, 169, 254], 0)),
        )
        .resolve("two.example", SocketAddr::from(([10, 0, 0, 1], 0)))
        .resolve("two.example", SocketAddr::from(([127, 0, 0, 1], 0)))
}

/// All of them are 127.0.0.1.
const LOOPBACK: [&str; 14] = [
    "127.0.0.1",
    "127.0.0.1.",
    "2130706433",
    "0x7f000001",
    "0x7F.1",
    "017700000001",
    "0177.0.0.1",
    "127.1",
    "127.0.1",
    "%3127.0.0.1",
    "127\u{3002}0\u{ff0e}0\u{ff61}1",
    "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
    "localhost",
    "a.example",
];

#[tokio::test]
async fn tasks_may_name_this_machine_unless_the_run_says_otherwise() {
    let site = Site::start();
    let port = site.address().port();
    for name in LOOPBACK {
        let url = format!("http://{name}:{port}/page/1");
        assert_eq!(ask(&url, pointed, status).await, Ok(json!(200)), "{name}");
    }
    for policy in [AddressPolicy::NoPublicToPrivate, AddressPolicy::Any] {
        let set_up = |run: Run<Asking>| run.address_policy(policy);
        let told = ask(&site.url("/redirect/2"), set_up, status).await;
        assert_eq!(told, Ok(json!(200)), "private to private, {policy:?}");
    }
}

#[tokio::test]
async fn public_only_refuses_this_machine_however_it_is_written() {
    let site = Site::start();
    let port = site.address().port();
    for name in LOOPBACK {
        let url = format!("http://{name}:{port}/page/1");
        let told = ask(&url, |run| pointed(run).public_only(), status).await;
        let told = told.unwrap_err();
        assert!(told.starts_with("RuntimeError final: "), "{name}: {told}");
        assert!(told.contains("` is loopback ("), "{name}: {told}");
        assert!(
            told.ends_with("; only public addresses are allowed"),
            "{name}: {told}"
        );
    }
    assert_eq!((site.total_hits(), site.connections()), (0, 0));
}

#[tokio::test]
async fn public_only_refuses_all_that_are_not() {
    for (host, why) in [
        ("[::1]", "`::1` is loopback (::1/128, RFC 4291)"),
        (
            "[::ffff:127.0.0.1]",
            "`::ffff:127.0.0.1` stands for `127.0.0.1`, which is loopback (127.0.0.0/8, RFC 1122)",
        ),
        (
            "[::ffff:7f00:1]",
            "`::ffff:127.0.0.1` stands for `127.0.0.1`, which is loopback (127.0.0.0/8, RFC 1122)",
        ),
        (
            "[64:ff9b::7f00:1]",
            "`64:ff9b::7f00:1` stands for `127.0.0.1`, which is loopback (127.0.0.0/8, RFC 1122)",
        ),
        (
            "0.0.0.0",
            "`0.0.0.0` is reserved (0.0.0.0/32, this host, RFC 1122)",
        ),
        (
            "0",
            "`0.0.0.0` is reserved (0.0.0.0/32, this host, RFC 1122)",
        ),
        ("[::]", "`::` is reserved (::/128, unspecified, RFC 4291)"),
        (
            "127.255.255.254",
            "`127.255.255.254` is loopback (127.0.0.0/8, RFC 1122)",
        ),
        ("10.0.0.1", "`10.0.0.1` is private (10.0.0.0/8, RFC 1918)"),
        (
            "192.168.1.1",
            "`192.168.1.1` is private (192.168.0.0/16, RFC 1918)",
        ),
        (
            "169.254.169.254",
            "`169.254.169.254` is a cloud metadata address (169.254.169.254/32, link-local, RFC 3927)",
        ),
        (
            "metadata.example",
            "`169.254.169.254` is a cloud metadata address (169.254.169.254/32, link-local, RFC 3927)",
        ),
        (
            "two.example",
            "`10.0.0.1` is private (10.0.0.0/8, RFC 1918)",
        ),
        ("[fe80::1]", "`fe80::1` is link-local (fe80::/10, RFC 4291)"),
        (
            "[fd00::1]",
            "`fd00::1` is private (fc00::/7, unique local, RFC 4193)",
        ),
    ] {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}/");
            let told = ask(&url, |run| pointed(run).public_only(), status)
                .await
                .unwrap_err();
            assert!(told.starts_with("RuntimeError final: "), "{url}: {told}");
            assert!(
                told.ends_with(&format!("{why}; only public addresses are allowed")),
                "{url}: {told}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_refused_is_recorded_with_its_url_and_leaves_the_run_going() {
    let site = Site::start();
    let asks = |fetch: Fetch, url: String| async move {
        let error = fetch.get(&url).send().await.unwrap_err();
        Ok(json!([
            error.class().name(),
            error.is_retryable(),
            error.url()
        ]))
    };
    for url in [site.url("/page/1"), "http://a.example/page/1".to_owned()] {
        let told = ask(&url, |run| pointed(run).public_only(), asks).await;
        assert_eq!(told, Ok(json!(["RuntimeError", false, url])));
    }
}
