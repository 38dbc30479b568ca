//! What the ready-made `scrape` records and saves of a page that it gets: the decoded body, its size and MD5,
//! and the headers as the predecessor stored them; by retries where the site fails first, and over
//! connections that its tasks share.

use md5::{Digest, Md5};
use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow_tests::site::{CHARSET_TEXT, compressed_text, noise};
use scrapeflow_tests::{Answer, Page, Sandbox, Site};
use serde_json::{Value, json};

#[executor]
async fn text(page: Body<scrape>) -> Result<String> {
    Ok(page.text().into_owned())
}

#[executor]
async fn length(page: Body<scrape>) -> Result<usize> {
    Ok(page.bytes().len())
}

workflow! { Pages = scrape; }
workflow! { Texts = scrape -> text; }
workflow! { Lengths = scrape -> length; }

/// A run of `W` over one page, under the key `page`.
fn run<W: Workflow>(sandbox: &Sandbox, url: &str) -> Run<W> {
    let tasks = Tasks::from_pairs([("page", json!({ "url": url }))]).unwrap();
    W::in_dir(sandbox.dir())
        .tasks(tasks)
        .progress(Progress::Off)
}

/// The status of a page that `W` went over, and the body that was saved.
async fn done<W: Workflow>(url: &str) -> (Value, Vec<u8>) {
    let sandbox = Sandbox::new();
    let report = run::<W>(&sandbox, url).run().await.unwrap();
    let status = sandbox.status("page");
    assert_eq!(report.done(), 1, "{url}: {status:#}");
    (status, sandbox.read("page.scrape"))
}

fn md5(bytes: &[u8]) -> String {
    let hash: [u8; 16] = Md5::digest(bytes).into();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn the_output_has_size_md5_and_headers() {
    let site = Site::start();
    site.route("/page", |_| {
        Answer::html("gr\u{fc}n")
            .header("x-lower-case", "a")
            .header("X-TWICE", "one")
            .header("ETag", "\"b\"")
            .header("x-Twice", "two")
            .header("Set-Cookie", "z=1")
            .header("X-Empty", "")
            .header("set-cookie", "a=2; Path=/")
    });
    let (status, body) = done::<Pages>(&site.url("/page")).await;
    assert_eq!(body, "gr\u{fc}n".as_bytes());
    // The digest is that of `printf grün | md5sum`.
    let md5 = "7b934a60ddc07b8f5b1134c03430bba6";
    let headers = json!({
        "Content-Length": "5",
        "Content-Type": "text/html; charset=utf-8",
        "Etag": "\"b\"",
        "Set-Cookie": ["z=1", "a=2; Path=/"],
        "X-Empty": "",
        "X-Lower-Case": "a",
        "X-Twice": ["one", "two"],
    });
    assert_eq!(
        status["scrape"],
        json!({ "size": 5, "content": md5, "response_headers": headers })
    );
    assert_eq!(
        status["scrape_meta"]["files"],
        json!([{
            "name": "page.scrape",
            "size": 5,
            "md5": md5,
            "content_type": "text/html; charset=utf-8",
            "validators": { "etag": "\"b\"" },
        }])
    );
}

#[tokio::test]
async fn compressed_bodies_are_stored_decoded() {
    let site = Site::start();
    for path in ["/gzip", "/deflate", "/deflate/raw", "/br", "/zstd"] {
        let (status, body) = done::<Texts>(&site.url(path)).await;
        let text = compressed_text();
        assert_eq!(body, text.as_bytes(), "{path}");
        assert_eq!(status["scrape"]["size"], text.len(), "{path}");
        assert_eq!(status["scrape"]["content"], md5(text.as_bytes()), "{path}");
        assert_eq!(status["text"], text, "{path}");
    }
    for path in [
        "/gzip?size=300000",
        "/deflate?size=300000",
        "/deflate/raw?size=300000",
    ] {
        let (status, body) = done::<Pages>(&site.url(path)).await;
        assert_eq!(body.len(), 300_000, "{path}");
        assert_eq!(status["scrape"]["size"], 300_000, "{path}");
    }
}

#[tokio::test]
async fn text_is_decoded_by_the_charset_of_the_headers() {
    let site = Site::start();
    let mut texts = Vec::new();
    for charset in ["utf8", "latin1", "windows-1252", "shift_jis"] {
        let (status, _) = done::<Texts>(&site.url(&format!("/charset/{charset}"))).await;
        let text = status["text"].as_str().unwrap().to_owned();
        assert!(
            text.contains(&format!("<title>{CHARSET_TEXT}</title>")),
            "{charset}: {text}"
        );
        texts.push(text);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "the same page, however it was encoded");
}

#[tokio::test]
async fn bodies_of_any_size() {
    let site = Site::start();
    for size in [0, 1, 65_536, 65_537, 5_000_000] {
        let (status, body) = done::<Lengths>(&site.url(&format!("/bytes/{size}"))).await;
        let sent = noise(size);
        assert!(body == sent, "{size} bytes are not what was sent");
        assert_eq!(status["scrape"]["size"], size);
        assert_eq!(status["scrape"]["content"], md5(&sent));
        assert_eq!(status["length"], size);
    }
}

#[tokio::test]
async fn up_to_20_redirects_are_followed() {
    let site = Site::start();
    for status in [301, 302, 303, 307, 308] {
        let (found, body) =
            done::<Pages>(&site.url(&format!("/redirect/20?status={status}"))).await;
        assert_eq!(body, Page::new(0).html().as_bytes(), "{status}");
        assert_eq!(found["scrape"]["size"], body.len(), "{status}");
    }
}

#[tokio::test]
async fn retries_get_what_comes_after_failures() {
    let site = Site::start();
    let good = Page::new(0).html();
    let soon = Backoff::new(Duration::from_millis(1), Duration::from_millis(1));
    for (path, retries, attempts, succeeds) in [
        ("/status/503?times=2", 2, 3, true),
        ("/close/before?times=2", 2, 3, true),
        ("/reset?times=2", 2, 3, true),
        ("/short?times=2", 2, 3, true),
        ("/gzip/broken?times=2", 2, 3, true),
        ("/status/502?times=2", 1, 2, false),
        ("/chunk/cut?times=2", 0, 1, false),
        ("/status/404?times=2", 2, 1, false),
        ("/garbage?times=2", 2, 1, false),
    ] {
        let sandbox = Sandbox::new();
        let report = run::<Pages>(&sandbox, &site.url(path))
            .request_retries(0)
            .configure::<scrape>(|step| step.retries(retries).backoff(soon))
            .run()
            .await
            .unwrap();
        let status = sandbox.status("page");
        assert_eq!(report.done(), u64::from(succeeds), "{path}: {status:#}");
        assert_eq!(report.retries, attempts - 1, "{path}");
        assert_eq!(status["scrape_meta"]["attempts"], attempts, "{path}");
        assert_eq!(site.hits(path) as u64, attempts, "{path}");
        if succeeds {
            assert_eq!(sandbox.read("page.scrape"), good.as_bytes(), "{path}");
            assert_eq!(status["scrape"]["size"], good.len(), "{path}");
        } else {
            assert_eq!(sandbox.files(), ["page.status.json"], "{path}");
        }
        let own = sandbox.dir().join(".scrapeflow").read_dir().unwrap();
        assert_eq!(own.count(), 1, "{path}: only the lock stays");
    }
}

#[tokio::test]
async fn parallel_tasks_share_connections() {
    const TASKS: usize = 300;
    const AT_ONCE: usize = 10;
    let site = Site::start();
    let urls = (0..TASKS).map(|page| site.url(&format!("/page/{page}?gate=all")));
    let sandbox = Sandbox::new();
    let run = Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_urls(urls).unwrap())
        .max_parallelism(AT_ONCE)
        .progress(Progress::Off);
    let open = async {
        site.until(|site| site.in_flight() == AT_ONCE).await;
        site.open("all");
        std::future::pending::<()>().await;
    };
    let report = tokio::select! {
        report = run.run() => report.unwrap(),
        () = open => unreachable!("it waits for the run"),
    };
    assert_eq!(report.done(), TASKS as u64, "{report}");
    assert_eq!(site.max_in_flight(), AT_ONCE);
    // While one is made anew another may come free, so there may be some more than tasks at once.
    assert!(
        site.connections() <= 3 * AT_ONCE,
        "{} connections",
        site.connections()
    );
}
