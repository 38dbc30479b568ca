//! A body over the limit is an error and never cut, however it was packed; one that breaks off is asked for anew.

use crate::asking::ask;
use scrapeflow::Request;
use scrapeflow::prelude::*;
use scrapeflow_tests::{Answer, Page, Site};
use serde_json::{Value, json};

/// How an executor gets at a body: all give its length.
#[derive(Debug, Clone, Copy)]
enum Way {
    Save,
    SaveValid,
    Bytes,
    Text,
}

const WAYS: [Way; 4] = [Way::Save, Way::SaveValid, Way::Bytes, Way::Text];

impl Way {
    async fn get(self, request: Request) -> Result<Value> {
        Ok(match self {
            Self::Save => json!(request.save("body").await?.size),
            Self::SaveValid => json!(request.validate(|_| Ok(())).save("body").await?.size),
            Self::Bytes => json!(request.send().await?.bytes().await?.len()),
            Self::Text => json!(request.send().await?.text().await?.len()),
        })
    }
}

fn over(limit: u64) -> Result<Value, String> {
    Err(format!(
        "ClientPayloadError final: the body is over the limit of {limit} bytes"
    ))
}

#[tokio::test]
async fn a_body_of_the_limit_passes_and_one_byte_more_does_not() {
    let site = Site::start();
    for path in ["/page/1?size=", "/gzip?size=", "/deflate?size="] {
        for limit in [1_000, 100_000] {
            for way in WAYS {
                let asks = move |fetch: Fetch, url: String| way.get(fetch.get(&url));
                for (size, told) in [(limit, Ok(json!(limit))), (limit + 1, over(limit))] {
                    let path = format!("{path}{size}");
                    let before = site.hits(&path);
                    let found = ask(&site.url(&path), |run| run.max_body(limit), asks).await;
                    assert_eq!(found, told, "{path} {way:?}");
                    assert_eq!(
                        site.hits(&path) - before,
                        1,
                        "{path} {way:?}: not tried again"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn nothing_fits_no_bytes_but_an_empty_body() {
    let site = Site::start();
    let asks = |fetch: Fetch, url: String| Way::Save.get(fetch.get(&url));
    for (path, told) in [("/bytes/0", Ok(json!(0))), ("/bytes/1", over(0))] {
        let found = ask(&site.url(path), |run| run.max_body(0), asks).await;
        assert_eq!(found, told, "{path}");
    }
}

#[tokio::test]
async fn what_a_bomb_unpacks_to_counts() {
    let site = Site::start();
    // Packed to less than a hundredth, which is within the limit.
    for path in ["/gzip?size=4000000", "/deflate?size=4000000"] {
        for way in WAYS {
            let asks = move |fetch: Fetch, url: String| way.get(fetch.get(&url));
            let found = ask(&site.url(path), |run| run.max_body(200_000), asks).await;
            assert_eq!(found, over(200_000), "{path} {way:?}");
        }
    }
}

#[tokio::test]
async fn without_a_setting_an_endless_body_ends_at_64_mib() {
    let site = Site::start();
    let asks = |fetch: Fetch, url: String| Way::Bytes.get(fetch.get(&url));
    let found = ask(&site.url("/endless"), |run| run, asks).await;
    assert_eq!(found, over(64 * 1024 * 1024));
}

#[tokio::test]
async fn the_requests_own_limit_goes_over_the_runs() {
    let site = Site::start();
    for (of_run, of_request, told) in [
        (10, 1_000, Ok(json!(1_000))),
        (1_000, 10, over(10)),
        (1_000, 999, over(999)),
    ] {
        for way in WAYS {
            let asks =
                move |fetch: Fetch, url: String| way.get(fetch.get(&url).max_body(of_request));
            let url = site.url("/page/1?size=1000");
            let found = ask(&url, |run| run.max_body(of_run), asks).await;
            assert_eq!(found, told, "{way:?}");
        }
    }
}

#[tokio::test]
async fn one_that_breaks_off_is_asked_for_again_within_the_request() {
    let site = Site::start();
    let whole = Page::new(0).html().len();
    for path in ["/short", "/chunk/bad", "/chunk/cut", "/gzip/broken"] {
        for way in WAYS {
            // Each way has paths of its own, since they count.
            for (times, retries, hits) in [(1, 2, 2), (2, 2, 3), (3, 2, 3), (1, 0, 1)] {
                let path = format!("{path}?times={times}&way={way:?}&retries={retries}");
                let asks =
                    move |fetch: Fetch, url: String| way.get(fetch.get(&url).retries(retries));
                let found = ask(&site.url(&path), |run| run, asks).await;
                match found {
                    Ok(length) => {
                        assert_eq!((length, times < hits), (json!(whole), true), "{path}");
                    }
                    Err(error) => {
                        assert!(
                            error.starts_with("ClientPayloadError retryable: "),
                            "{path}: {error}"
                        );
                        assert_eq!(times, hits, "{path}: {error}");
                    }
                }
                assert_eq!(site.hits(&path), hits, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn the_run_says_how_often() {
    let site = Site::start();
    for (retries, hits) in [(0, 1), (2, 3), (4, 5)] {
        let path = format!("/short?retries={retries}");
        let asks = |fetch: Fetch, url: String| Way::Save.get(fetch.get(&url));
        let found = ask(&site.url(&path), |run| run.request_retries(retries), asks).await;
        assert!(
            found
                .unwrap_err()
                .starts_with("ClientPayloadError retryable: ")
        );
        assert_eq!(site.hits(&path), hits);
    }
}

#[tokio::test]
async fn tries_of_status_and_body_are_counted_together() {
    let site = Site::start();
    let count = std::sync::atomic::AtomicUsize::new(0);
    site.route("/both", move |_| {
        match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 2 {
            0 => Answer::text("busy").status(503),
            _ => Answer::text("abc")
                .header("Content-Length", "4")
                .ending(scrapeflow_tests::Ending::Cut),
        }
    });
    let asks = |fetch: Fetch, url: String| Way::Save.get(fetch.get(&url).retries(4));
    let found = ask(&site.url("/both"), |run| run, asks).await;
    assert_eq!(
        found,
        Err("RuntimeError retryable: HTTP response 503".to_owned())
    );
    assert_eq!(site.hits("/both"), 5);
}

#[tokio::test]
async fn one_that_hangs_is_given_up_after_the_requests_own_time() {
    let site = Site::start();
    let asks = |fetch: Fetch, url: String| {
        let request = fetch
            .get(&url)
            .timeout(Duration::from_millis(500))
            .retries(1);
        Way::Save.get(request)
    };
    for path in ["/hang/body", "/hang"] {
        let found = ask(&site.url(path), |run| run, asks).await;
        let error = found.unwrap_err();
        assert!(error.starts_with("TimeoutError retryable: "), "{error}");
        assert_eq!(site.hits(path), 2, "{path}");
    }
}
