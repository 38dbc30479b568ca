//! What a request's answer gives: status, headers, its body as bytes, text or JSON, and where it came from.

use crate::asking::ask;
use scrapeflow::prelude::*;
use scrapeflow::ready::{ScrapeParams, scrape};
use scrapeflow_tests::site::{CHARSET_TEXT, noise};
use scrapeflow_tests::{Answer, Ending, Page, Sandbox, Site};
use serde_json::{Value, json};

workflow! { Pages = scrape; }

#[derive(Debug, Serialize, Deserialize)]
struct Price {
    euros: u32,
}

#[tokio::test]
async fn status_and_headers_are_as_the_site_said_them() {
    let site = Site::start();
    site.route("/page", |_| {
        Answer::html("")
            .status(203)
            .header("x-TWICE", "one")
            .header("X-Twice", "two")
            .header("x-empty", "")
    });
    let asks = |fetch: Fetch, url: String| async move {
        let response = fetch.get(&url).send().await?;
        let all = response.headers().get_all("x-twice").iter();
        let twice: Vec<&str> = all.map(|value| value.to_str().unwrap()).collect();
        Ok(json!([
            response.status(),
            twice,
            response.header("X-TWICE"),
            response.header("x-empty"),
            response.header("x-none"),
        ]))
    };
    let told = ask(&site.url("/page"), |run| run, asks).await;
    assert_eq!(told, Ok(json!([203, ["one", "two"], "one", "", null])));
}

#[tokio::test]
async fn bytes_are_all_of_the_body() {
    let site = Site::start();
    for size in [0, 1, 65_536, 1_000_000] {
        let asks = |fetch: Fetch, url: String| async move {
            let length = url.rsplit('/').next().unwrap().parse().unwrap();
            let bytes = fetch.get(&url).send().await?.bytes().await?;
            Ok(json!(bytes == noise(length)))
        };
        let is_whole = ask(&site.url(&format!("/bytes/{size}")), |run| run, asks).await;
        assert_eq!(is_whole, Ok(json!(true)), "{size} bytes");
    }
}

#[tokio::test]
async fn text_is_decoded_by_whatever_tells_its_charset() {
    let site = Site::start();
    for page in [
        "utf8",
        "latin1",
        "windows-1252",
        "shift_jis",
        "meta",
        "bom",
        "bom?charset=latin1",
    ] {
        let asks = |fetch: Fetch, url: String| async move {
            Ok(json!(fetch.get(&url).send().await?.text().await?))
        };
        let text = ask(&site.url(&format!("/charset/{page}")), |run| run, asks).await;
        let text = text.unwrap();
        let text = text.as_str().unwrap();
        assert!(text.contains(CHARSET_TEXT), "{page}: {text}");
        assert!(!text.starts_with('\u{feff}'), "{page}");
    }
}

#[tokio::test]
async fn json_fits_the_type_or_is_an_error_that_says_where_it_does_not() {
    let site = Site::start();
    for (body, answer) in [
        (r#"{"euros": 5, "cents": 1}"#, Ok(json!({ "euros": 5 }))),
        (
            r#"{"euros": -1}"#,
            Err("invalid value: integer, expected u32 at line 1 column 12"),
        ),
        (
            r#"{"price": 1}"#,
            Err("missing field `euros` at line 1 column 12"),
        ),
        ("<html>", Err("expected value at line 1 column 1")),
        ("", Err("EOF while parsing a value at line 1 column 0")),
        (
            r#"{"euros": 5} x"#,
            Err("trailing characters at line 1 column 14"),
        ),
    ] {
        site.route("/price", move |_| Answer::json(body));
        let asks = |fetch: Fetch, url: String| async move {
            let price: Price = fetch.get(&url).send().await?.json().await?;
            Ok(json!(price))
        };
        let told = ask(&site.url("/price"), |run| run, asks).await;
        let answer = answer.map_err(|why| {
            format!("RuntimeError final: the answer is not the JSON that was expected: {why}")
        });
        assert_eq!(told, answer, "{body}");
    }
}

#[tokio::test]
async fn a_body_that_stalls_runs_over_its_time_whether_it_is_encoded_or_not() {
    let site = Site::start();
    for coding in ["identity", "gzip"] {
        site.route("/stalls", move |_| {
            // The head of a gzip file.
            let start = b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec();
            let answer = Answer::new("text/plain", start)
                .header("Content-Encoding", coding)
                .header("Content-Length", "100");
            answer.ending(Ending::Hang)
        });
        let asks = |fetch: Fetch, url: String| async move {
            let request = fetch.get(&url).timeout(Duration::from_millis(200));
            Ok(json!(request.send().await?.bytes().await?.len()))
        };
        let told = ask(&site.url("/stalls"), |run| run.request_retries(0), asks).await;
        let told = told.unwrap_err();
        assert!(
            told.starts_with("TimeoutError retryable"),
            "{coding}: {told}"
        );
    }
}

#[tokio::test]
async fn an_error_notes_the_url_without_user_and_password() {
    let site = Site::start();
    site.route("/text", |_| Answer::text("no JSON"));
    let asks = |fetch: Fetch, url: String| async move {
        let url = url.replacen("://", "://ann:secret@", 1);
        let sent = fetch.get(&url).send().await;
        let error = match sent {
            Ok(response) => response.json::<Value>().await.unwrap_err(),
            Err(error) => error,
        };
        assert!(!error.to_string().contains("secret"), "{error}");
        Ok(json!([error.url(), error.http_status()]))
    };
    for (path, from, http_status) in [
        ("/text#top", "/text", Value::Null),
        ("/status/404?a=b", "/status/404?a=b", json!(404)),
        ("/close/before", "/close/before", Value::Null),
    ] {
        let told = ask(&site.url(path), |run| run.request_retries(0), asks).await;
        assert_eq!(told, Ok(json!([site.url(from), http_status])), "{path}");
    }
}

#[tokio::test]
async fn user_and_password_of_the_url_are_sent_as_basic_credentials() {
    let site = Site::start();
    let asks = |fetch: Fetch, url: String| async move {
        let url = url.replacen("://", "://ann:p%40ss@", 1);
        Ok(json!(fetch.get(&url).send().await?.status()))
    };
    let told = ask(&site.url("/page/1"), |run| run, asks).await;
    assert_eq!(told, Ok(json!(200)));
    let request = site.requests().pop().unwrap();
    // `printf ann:p@ss | base64`
    assert_eq!(request.header("authorization"), Some("Basic YW5uOnBAc3M="));
}

/// Pages that redirect, by path: where they are told to have come from.
const REDIRECTS: [(&str, Option<&str>); 7] = [
    ("/page/1", None),
    ("/page/1#top", None),
    ("/once", None),
    ("/redirect/2", Some("/redirect/0")),
    ("/redirect/to?url=../page/7", Some("/page/7")),
    ("/redirect/to?url=/page/7?a=b", Some("/page/7?a=b")),
    ("/redirect/to?url=/page/7%23part", Some("/page/7")),
];

#[tokio::test]
async fn the_final_url_is_told_where_it_differs() {
    let site = Site::start();
    // Sets a cookie first, and then answers at the same address.
    let address = site.url("/once");
    let asked = std::sync::atomic::AtomicBool::new(false);
    site.route("/once", move |_| {
        if asked.swap(true, std::sync::atomic::Ordering::Relaxed) {
            Page::new(0).into()
        } else {
            Answer::redirect(&address)
        }
    });
    let sandbox = Sandbox::new();
    let pages = REDIRECTS.iter().enumerate();
    let tasks = pages.map(|(at, (path, _))| (format!("{at}"), ScrapeParams::new(site.url(path))));
    let run = Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs(tasks).unwrap())
        .progress(Progress::Off);
    run.run().await.unwrap();
    for (at, (path, differs)) in REDIRECTS.iter().enumerate() {
        let told = &sandbox.status(&at.to_string())["scrape"];
        assert_eq!(
            told.get("final_url"),
            differs.map(|path| json!(site.url(path))).as_ref(),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_response_tells_its_url_also_where_nothing_redirected() {
    let site = Site::start();
    for (path, from) in [("/page/1?a", "/page/1?a"), ("/redirect/2", "/redirect/0")] {
        let asks = |fetch: Fetch, url: String| async move {
            Ok(json!(fetch.get(&url).send().await?.url()))
        };
        let told = ask(&site.url(path), |run| run, asks).await;
        assert_eq!(told, Ok(json!(site.url(from))), "{path}");
    }
}

#[tokio::test]
async fn the_media_type_is_the_content_type_alone_in_lower_case() {
    let site = Site::start();
    for (said, media_type) in [
        ("text/html; charset=utf-8", json!("text/html")),
        ("Application/JSON", json!("application/json")),
        (" image/PNG ;q=1", json!("image/png")),
        ("", json!("")),
    ] {
        site.route("/typed", move |_| Answer::new(said, "x"));
        let asks = |fetch: Fetch, url: String| async move {
            let scraped = fetch.get(&url).save("body").await?;
            Ok(json!([scraped.media_type(), scraped.content_type()]))
        };
        let told = ask(&site.url("/typed"), |run| run, asks).await;
        assert_eq!(told, Ok(json!([media_type, said.trim()])), "{said}");
    }
    site.route("/untyped", |_| {
        Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
    });
    let asks = |fetch: Fetch, url: String| async move {
        Ok(json!(fetch.get(&url).save("body").await?.media_type()))
    };
    assert_eq!(
        ask(&site.url("/untyped"), |run| run, asks).await,
        Ok(json!(null))
    );
}
