//! Redirects are followed as browsers follow them, 20 at most, to addresses of HTTP alone.

use crate::asking::ask;
use scrapeflow::Method;
use scrapeflow::prelude::*;
use scrapeflow_tests::{Answer, Site};
use serde_json::{Value, json};

/// Where a GET of an address ends, or how it fails.
async fn ends(url: &str) -> Result<Value, String> {
    let asks =
        |fetch: Fetch, url: String| async move { Ok(json!(fetch.get(&url).send().await?.url())) };
    ask(url, |run| run, asks).await
}

#[tokio::test]
async fn twenty_are_followed_and_no_more() {
    let site = Site::start();
    assert_eq!(
        ends(&site.url("/redirect/20")).await,
        Ok(json!(site.url("/redirect/0")))
    );
    assert_eq!(site.total_hits(), 21);
    let many = Err("ClientResponseError final: more than 20 redirects".to_owned());
    assert_eq!(ends(&site.url("/redirect/21")).await, many);
    assert_eq!(
        site.hits("/redirect/0"),
        1,
        "the last of 21 is not asked for"
    );
    assert_eq!(ends(&site.url("/redirect/loop")).await, many);
    assert_eq!(site.hits("/redirect/loop"), 21, "not tried again");
}

#[tokio::test]
async fn methods_and_bodies_go_on_as_the_status_says() {
    let site = Site::start();
    site.route("/from", |request| {
        let status = request.query("status").unwrap().parse().unwrap();
        Answer::redirect("/echo").status(status)
    });
    for (method, status, then) in [
        ("POST", 301, "GET"),
        ("POST", 302, "GET"),
        ("POST", 303, "GET"),
        ("POST", 307, "POST"),
        ("POST", 308, "POST"),
        ("PUT", 301, "PUT"),
        ("PUT", 302, "PUT"),
        ("PUT", 303, "GET"),
        ("PUT", 307, "PUT"),
        ("GET", 303, "GET"),
        ("HEAD", 303, "HEAD"),
        ("HEAD", 302, "HEAD"),
    ] {
        let asks = move |fetch: Fetch, url: String| async move {
            let mut request = fetch.request(Method::try_from(method).unwrap(), &url);
            if matches!(method, "POST" | "PUT") {
                request = request.json(&json!([1]));
            }
            Ok(json!(request.send().await?.status()))
        };
        let url = site.url(&format!("/from?status={status}"));
        assert_eq!(ask(&url, |run| run, asks).await, Ok(json!(200)));
        let last = site.requests().pop().unwrap();
        assert_eq!(
            (last.path(), last.method()),
            ("/echo", then),
            "{method} {status}"
        );
        let with_body = matches!(then, "POST" | "PUT");
        assert_eq!(
            last.body(),
            if with_body { &b"[1]"[..] } else { b"" },
            "{method} {status}"
        );
        let kind = with_body.then_some("application/json");
        assert_eq!(last.header("content-type"), kind, "{method} {status}");
        assert!(
            with_body
                || last
                    .header("content-length")
                    .is_none_or(|length| length == "0")
        );
    }
}

#[tokio::test]
async fn what_is_said_of_a_body_stays_with_it_and_a_host_with_its_site() {
    let (site, other) = (Site::start(), Site::start());
    let elsewhere = other.url("/echo");
    site.route("/away", move |_| Answer::redirect(&elsewhere));
    site.route("/from", |_| Answer::redirect("/echo").status(303));
    let asks = |fetch: Fetch, url: String| async move {
        let request = fetch
            .request(Method::POST, &url)
            .body("a=1")
            .header("content-type", "text/x")
            .header("content-language", "de")
            .header("host", "vhost.example");
        Ok(json!(request.send().await?.status()))
    };
    for (path, last) in [("/from", &site), ("/away", &other)] {
        assert_eq!(ask(&site.url(path), |run| run, asks).await, Ok(json!(200)));
        let last = last.requests().pop().unwrap();
        assert_eq!(last.method(), "GET", "{path}");
        assert_eq!(last.header("content-type"), None, "{path}");
        assert_eq!(last.header("content-language"), None, "{path}");
        let stays = path == "/from";
        assert_eq!(
            last.header("host") == Some("vhost.example"),
            stays,
            "{path}"
        );
    }
    // A request that has no body may say of what kind it would be.
    let asks = |fetch: Fetch, url: String| async move {
        let request = fetch.get(&url).header("content-type", "text/x");
        Ok(json!(request.send().await?.status()))
    };
    ask(&site.url("/echo"), |run| run, asks).await.unwrap();
    let last = site.requests().pop().unwrap();
    assert_eq!(last.header("content-type"), Some("text/x"));
}

#[tokio::test]
async fn locations_are_taken_from_where_they_are_said() {
    let site = Site::start();
    let other = Site::start();
    let at = |path: &str| site.url(path);
    for (location, end) in [
        ("/page/1".to_owned(), at("/page/1")),
        ("page".to_owned(), at("/here/page")),
        ("../page/2?a=b#c".to_owned(), at("/page/2?a=b#c")),
        ("?q".to_owned(), at("/here/it?q")),
        (
            format!("//{}/page/3", other.address()),
            other.url("/page/3"),
        ),
        (other.url("/page/4"), other.url("/page/4")),
        (" /page/5 ".to_owned(), at("/page/5")),
        ("/gr\u{fc}n".to_owned(), at("/gr%C3%BCn")),
    ] {
        site.route("/here/it", move |request| match request.target() {
            "/here/it" => Answer::redirect(&location),
            _ => Answer::text(""),
        });
        for path in ["/here/page", "/gr%C3%BCn"] {
            site.route(path, |_| Answer::text(""));
        }
        assert_eq!(ends(&at("/here/it")).await, Ok(json!(end)));
    }
}

#[tokio::test]
async fn the_fragment_stays_unless_there_is_another() {
    let site = Site::start();
    // RFC 9110, 10.2.2.
    for (from, end) in [
        ("/redirect/1#top", "/redirect/0#top"),
        ("/redirect/to?url=/page/1%23part#top", "/page/1#part"),
    ] {
        assert_eq!(
            ends(&site.url(from)).await,
            Ok(json!(site.url(end))),
            "{from}"
        );
    }
}

#[tokio::test]
async fn what_is_not_of_http_is_not_followed() {
    let site = Site::start();
    for (location, error) in [
        (
            "file:///etc/passwd",
            "InvalidUrlClientError final: redirects to a URL of `file:`, which is none of HTTP",
        ),
        (
            "javascript:alert(1)",
            "InvalidUrlClientError final: redirects to a URL of `javascript:`, which is none of HTTP",
        ),
        (
            "data:text/html,x",
            "InvalidUrlClientError final: redirects to a URL of `data:`, which is none of HTTP",
        ),
        (
            "ftp://127.0.0.1/",
            "InvalidUrlClientError final: redirects to a URL of `ftp:`, which is none of HTTP",
        ),
        (
            "http://",
            "ClientResponseError final: redirects to `http://`, which is no URL",
        ),
        (
            "http://a b/",
            "ClientResponseError final: redirects to `http://a b/`, which is no URL",
        ),
        (
            "//127.0.0.1:99999/",
            "ClientResponseError final: redirects to `//127.0.0.1:99999/`, which is no URL",
        ),
    ] {
        site.route("/from", move |_| Answer::redirect(location));
        assert_eq!(ends(&site.url("/from")).await, Err(error.to_owned()));
    }
}

#[tokio::test]
async fn a_password_in_a_location_stays_out_of_messages() {
    let site = Site::start();
    site.route("/from", |_| {
        Answer::redirect("http://ann:secret@127.0.0.1:99999/")
    });
    let told = ends(&site.url("/from")).await.unwrap_err();
    assert!(!told.contains("secret"), "{told}");
}

#[tokio::test]
async fn a_location_of_any_length_is_told_in_short() {
    let site = Site::start();
    let long = format!("http://[{}", "ä".repeat(5000));
    site.route("/from", move |_| Answer::redirect(&long));
    let told = ends(&site.url("/from")).await.unwrap_err();
    assert!(told.contains("…`, which is no URL"), "{told}");
    assert!(told.chars().count() < 500, "{told}");
}

#[tokio::test]
async fn an_error_names_the_hop_that_it_comes_of() {
    let site = Site::start();
    for (at, path) in [("status", "/status/410"), ("break", "/close/before")] {
        site.route(&format!("/{at}"), move |_| Answer::redirect(path));
        let asks = |fetch: Fetch, url: String| async move {
            let error = fetch.get(&url).send().await.unwrap_err();
            Ok(json!(error.url()))
        };
        let told = ask(
            &site.url(&format!("/{at}")),
            |run| run.request_retries(0),
            asks,
        )
        .await;
        assert_eq!(told, Ok(json!(site.url(path))));
    }
}

#[tokio::test]
async fn without_a_location_and_with_another_status_nothing_is_followed() {
    let site = Site::start();
    site.route("/without", |_| Answer::text("").status(302));
    for (path, status) in [
        ("/without", 302),
        ("/redirect/to?url=/page/1&status=300", 300),
        ("/redirect/to?url=/page/1&status=304", 304),
        ("/redirect/to?url=/page/1&status=305", 305),
    ] {
        let error = format!("RuntimeError final: HTTP response {status}");
        assert_eq!(ends(&site.url(path)).await, Err(error), "{path}");
    }
    assert_eq!(site.hits("/page/1"), 0);
}
