//! A page that isn't what was asked for is an error of the request, whatever its status: it leaves no file, is
//! recorded under its class, and gets another try where the judge asks for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::asking::ask;
use scrapeflow::prelude::*;
use scrapeflow::{Page, Request};
use scrapeflow_tests::{Answer, Sandbox, Site};
use serde_json::{Value, json};

/// How an executor gets at a page's body.
#[derive(Debug, Clone, Copy)]
enum Way {
    Save,
    SendAndSave,
    Text,
    Bytes,
    Json,
}

const WAYS: [Way; 5] = [
    Way::Save,
    Way::SendAndSave,
    Way::Text,
    Way::Bytes,
    Way::Json,
];

impl Way {
    async fn get(self, request: Request) -> Result<Value> {
        Ok(match self {
            Self::Save => json!(request.save("body").await?.size),
            Self::SendAndSave => json!(request.send().await?.save("body").await?.size),
            Self::Text => json!(request.send().await?.text().await?.len()),
            Self::Bytes => json!(request.send().await?.bytes().await?.len()),
            Self::Json => json!(
                request
                    .send()
                    .await?
                    .json::<Value>()
                    .await?
                    .to_string()
                    .len()
            ),
        })
    }
}

/// What comes of a page that is so judged, and how often it was asked for.
async fn judged(
    site: &Site,
    path: &str,
    way: Way,
    judge: impl Fn(&Page) -> Result<()> + Send + Sync + Clone + 'static,
) -> (Result<Value, String>, usize) {
    let before = site.hits(path);
    let asks = move |fetch: Fetch, url: String| way.get(fetch.get(&url).validate(judge.clone()));
    let told = ask(&site.url(path), |run| run, asks).await;
    (told, site.hits(path) - before)
}

/// A site with a page of `12345`, which is JSON as well as text.
fn site() -> Site {
    let site = Site::start();
    site.route("/page", |_| Answer::json("12345"));
    site
}

#[tokio::test]
async fn a_valid_page_passes_however_it_is_read() {
    let site = site();
    for way in WAYS {
        let told = judged(&site, "/page", way, |_| Ok(())).await;
        assert_eq!(told, (Ok(json!(5)), 1), "{way:?}");
    }
}

type Judge = fn(&Page) -> Result<()>;

#[tokio::test]
async fn one_that_is_not_is_recorded_and_leaves_no_file() {
    let site = site();
    let judges: [(Judge, &str, usize); 5] = [
        (
            |page| {
                ensure!(page.text().contains("price"), "the page has no price");
                Ok(())
            },
            "RuntimeError final: the page has no price",
            1,
        ),
        (
            |_| Err(Error::recorded(Class::UnidentifiedImage, "no image")),
            "UnidentifiedImageError final: no image",
            1,
        ),
        (
            |_| Err(Error::retry("half a page")),
            "RuntimeError retryable: half a page",
            3,
        ),
        (
            |_| Err(Error::blocked("a captcha")),
            "RuntimeError retryable: a captcha",
            3,
        ),
        (
            |_| Err(Error::recorded(Class::ClientPayload, "cut").with_retryable(false)),
            "ClientPayloadError final: cut",
            1,
        ),
    ];
    for (judge, error, hits) in judges {
        for way in WAYS {
            let told = judged(&site, "/page", way, judge).await;
            assert_eq!(told, (Err(error.to_owned()), hits), "{way:?}");
        }
    }
}

#[tokio::test]
async fn a_later_try_that_is_valid_is_what_counts() {
    let site = site();
    for way in WAYS {
        let judgements = Arc::new(AtomicUsize::new(0));
        let judge = move |_: &Page| match judgements.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => Err(Error::retry("not yet")),
            _ => Ok(()),
        };
        let told = judged(&site, "/page", way, judge).await;
        assert_eq!(told, (Ok(json!(5)), 3), "{way:?}");
    }
}

#[tokio::test]
async fn the_retries_of_the_request_bound_its_tries() {
    let site = site();
    for (retries, hits) in [(0, 1), (1, 2), (4, 5)] {
        let before = site.hits("/page");
        let asks = move |fetch: Fetch, url: String| async move {
            let request = fetch.get(&url).retries(retries);
            let request = request.validate(|_| Err(Error::retry("no")));
            Ok(json!(request.save("body").await?.size))
        };
        let told = ask(&site.url("/page"), |run| run, asks).await;
        assert_eq!(told, Err("RuntimeError retryable: no".to_owned()));
        assert_eq!(site.hits("/page") - before, hits);
    }
}

#[tokio::test]
async fn the_judge_sees_the_decoded_page_with_status_and_headers() {
    let site = Site::start();
    let asks = |fetch: Fetch, url: String| async move {
        let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
        let notes = seen.clone();
        let request = fetch
            .get(&url)
            .accept_status([200, 404])
            .validate(move |page| {
                let kind = page.headers()["content-type"].to_str().unwrap().to_owned();
                let whole = page.bytes().len() == page.text().len();
                notes
                    .lock()
                    .unwrap()
                    .push(json!([page.status(), kind, page.text().len(), whole]));
                Ok(())
            });
        request.save("body").await?;
        Ok(seen.lock().unwrap().pop().unwrap())
    };
    let text = scrapeflow_tests::site::compressed_text().len();
    let told = ask(&site.url("/gzip"), |run| run, asks).await;
    assert_eq!(
        told,
        Ok(json!([200, "text/plain; charset=utf-8", text, true]))
    );
    let told = ask(&site.url("/status/404"), |run| run, asks)
        .await
        .unwrap();
    assert_eq!(
        (&told[0], &told[1]),
        (&json!(404), &json!("text/html; charset=utf-8"))
    );
}

#[tokio::test]
async fn a_status_that_is_not_accepted_and_a_body_that_breaks_off_are_not_judged() {
    let site = Site::start();
    for (path, error) in [
        ("/status/404", "RuntimeError final: HTTP response 404"),
        ("/short", "ClientPayloadError retryable: "),
    ] {
        let judge = |_: &Page| Err(Error::recorded(Class::Runtime, "judged"));
        let (told, _) = judged(&site, path, Way::Save, judge).await;
        let told = told.unwrap_err();
        assert!(told.starts_with(error), "{told}");
    }
}

/// Rejects the second page that it is given.
#[executor]
async fn both(Params(urls): Params<Urls>, fetch: Fetch) -> Result<Scraped> {
    let first = fetch.get(&urls.first).save("first").await?;
    let second = fetch.get(&urls.second).validate(|_| bail!("a captcha"));
    second.save("second").await?;
    Ok(first)
}

#[derive(Debug, Serialize, Deserialize)]
struct Urls {
    first: String,
    second: String,
}

workflow! { Pairs = both; }

#[tokio::test]
async fn a_page_saved_before_one_that_is_rejected_is_not_left_either() {
    let site = site();
    let sandbox = Sandbox::new();
    let urls = Urls {
        first: site.url("/page/1"),
        second: site.url("/page"),
    };
    let report = Pairs::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("page", urls)]).unwrap())
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!(report.failed(), 1);
    assert_eq!(sandbox.files(), ["page.status.json"]);
    let status = sandbox.status("page");
    assert_eq!(status["both_status"], "ERROR RuntimeError::a captcha");
    assert_eq!(status["both_meta"]["url"], site.url("/page"));
    assert_eq!(status["both_meta"]["kind"], "recorded");
}
