//! Services of proxies are asked as they document it; whatever else they answer is told by their name, and keys and passwords
//! are told nobody.

#[path = "services/formats.rs"]
mod formats;
#[path = "services/keys.rs"]
mod keys;
#[path = "services/places.rs"]
mod places;
#[path = "services/runs.rs"]
mod runs;

use std::fmt::Debug;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use scrapeflow::prelude::*;
use scrapeflow::{IpRoyal, ProxyProvider, Proxyscrape, Webshare};
use scrapeflow_tests::{Answer, Ending, Request, Site};

const FREE: &str = "/v2/";
const LIST: &str = "/api/proxy/list/";
const ORDER: &str = "/api/servers/proxies/reseller/7/credentials";

const ENTRY: &str = r#"{"username": "ann", "password": "s3cret", "proxy_address": "10.0.0.1", "ports": {"http": 8080}, "country_code": "US"}"#;

/// What its URLs begin with.
fn base(site: &Site) -> String {
    format!("http://{}", site.address())
}

fn page(entries: &str) -> String {
    format!(r#"{{"next": null, "results": [{entries}]}}"#)
}

fn webshare(site: &Site) -> Webshare {
    Webshare::new("geheim-key").base_url(base(site))
}

/// What a service loads, without passwords; or the error, which has no secret in it, nor has the service.
async fn loaded(service: &(impl ProxyProvider + Debug)) -> Result<Vec<String>, String> {
    let loaded = service.load().await;
    let shown = format!("{service:?} {service:#?} {loaded:?} {loaded:#?}");
    for secret in ["geheim", "s3cret"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let proxies = loaded.map_err(|error| error.to_string())?;
    let shown = proxies
        .iter()
        .map(|proxy| format!("{proxy} {}", proxy.country().unwrap_or("-")));
    Ok(shown.collect())
}

/// To a content encoding.
type Encode = fn(&str) -> Vec<u8>;

#[tokio::test]
async fn an_answer_may_be_compressed_if_that_was_asked_for() {
    let gzip = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let deflate = |text: &str| {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    for (name, encode) in [("gzip", gzip as Encode), ("deflate", deflate as Encode)] {
        let site = Site::start();
        let answer = move |request: &Request, text: &str| {
            let accepted = request.header("accept-encoding").unwrap_or_default();
            if accepted.contains(name) {
                Answer::new("text/plain", encode(text)).header("Content-Encoding", name)
            } else {
                Answer::text(text)
            }
        };
        site.route(FREE, move |request| answer(request, "10.0.0.1:80\r\n"));
        site.route(LIST, move |request| answer(request, &page(ENTRY)));
        site.route(ORDER, move |request| {
            answer(request, "no such order").status(404)
        });
        let free = loaded(&Proxyscrape::new().base_url(base(&site))).await;
        assert_eq!(free.unwrap(), ["http://10.0.0.1:80 -"], "{name}");
        let own = loaded(&webshare(&site)).await;
        assert_eq!(own.unwrap(), ["http://10.0.0.1:8080 US"], "{name}");
        let order = loaded(&IpRoyal::new("geheim-key", "7").base_url(base(&site))).await;
        assert_eq!(
            order.unwrap_err(),
            "IPRoyal answered HTTP 404; it said `no such order`",
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_wait_for_which_there_is_no_time_is_not_begun_and_the_reason_is_told() {
    let ages = u64::MAX.to_string();
    for (status, wait, said) in [
        (429, "3600", "slower, please"),
        (503, "3600", "closed for today"),
        (429, &ages, "never again"),
    ] {
        let site = Site::start();
        let answer = Answer::text(said)
            .status(status)
            .header("Retry-After", wait);
        site.route(LIST, move |_| answer.clone());
        let service = webshare(&site).timeout(Duration::from_secs(5));
        let found = loaded(&service).await.unwrap_err();
        assert!(
            found.starts_with(&format!("Webshare answered HTTP {status}"))
                && found.ends_with(&format!("it said `{said}`")),
            "{found}"
        );
        assert_eq!(site.total_hits(), 1);
    }
}

#[tokio::test]
async fn a_timeout_may_be_as_long_as_one_likes() {
    let site = Site::start();
    site.route(LIST, |_| Answer::json(page(ENTRY)));
    let service = webshare(&site).timeout(Duration::MAX);
    assert_eq!(loaded(&service).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_breaks_off_is_asked_for_again() {
    let site = Site::start();
    let asked = AtomicUsize::new(0);
    site.route(LIST, move |_| {
        let answer = Answer::json(page(ENTRY));
        match asked.fetch_add(1, Ordering::SeqCst) {
            0 => answer.header("Content-Length", "9999").ending(Ending::Cut),
            _ => answer,
        }
    });
    assert_eq!(
        loaded(&webshare(&site)).await.unwrap(),
        ["http://10.0.0.1:8080 US"]
    );
    assert_eq!(site.total_hits(), 2);
}

#[tokio::test]
async fn json_of_another_shape_is_told_and_not_asked_for_again() {
    let deep = "[".repeat(100_000);
    for json in [
        "null",
        "[]",
        "7",
        r#""a text""#,
        r#"{"results": null}"#,
        r#"{"results": {}}"#,
        r#"{"results": [7]}"#,
        r#"{"results": [], "next": 2}"#,
        r#"{"error": {"code": 1}}"#,
        &page(&ENTRY.replace("8080", "\"8080\"")),
        &page(&ENTRY.replace("8080", "-1")),
        &page(&ENTRY.replace("8080", "65536")),
        &page(&ENTRY.replace("\"s3cret\"", "null")),
        &deep,
    ] {
        let (site, answer) = (Site::start(), Answer::json(json));
        site.route(LIST, move |_| answer.clone());
        let found = loaded(&webshare(&site)).await.unwrap_err();
        assert!(
            found.starts_with("Webshare gave an answer that is not the JSON that was expected"),
            "{json:.80}: {found}"
        );
        assert_eq!(site.total_hits(), 1);
    }
}

#[tokio::test]
async fn an_entry_that_is_no_proxy_is_told_by_its_place() {
    let site = Site::start();
    for (address, why) in [
        ("", "it has no host"),
        ("a b", "its host is none"),
        ("256.0.0.1", "its host is none"),
        ("10.0.0.1/path", "its host is none"),
        ("ann@10.0.0.1", "its host is none"),
    ] {
        let wrong = ENTRY.replace("10.0.0.1", address);
        let list = page(&format!("{ENTRY}, {wrong}"));
        site.route(LIST, move |_| Answer::json(list.clone()));
        let order = format!(
            r#"{{"data": [{{"username": "ann", "password": "s3cret", "ip": "10.0.0.1"}}, {{"username": "ann", "password": "s3cret", "ip": "{address}"}}]}}"#
        );
        site.route(ORDER, move |_| Answer::json(order.clone()));
        let iproyal = IpRoyal::new("geheim-key", "7").base_url(base(&site));
        for (name, found) in [
            ("Webshare", loaded(&webshare(&site)).await),
            ("IPRoyal", loaded(&iproyal).await),
        ] {
            let told = format!("{name} gave no proxy as number 2: {why}");
            assert_eq!(found.unwrap_err(), told, "{address}");
        }
    }
}

#[tokio::test]
async fn what_it_says_is_cut_short_and_has_no_control_characters() {
    let site = Site::start();
    let long = format!("\x1b[2J\r\n{}", "no ".repeat(100_000));
    site.route(LIST, move |_| Answer::text(long.clone()).status(404));
    let found = loaded(&webshare(&site)).await.unwrap_err();
    assert!(
        found.chars().count() < 400 && found.contains("no no no"),
        "{found}"
    );
    assert_eq!(found.find(char::is_control), None, "{found:?}");
}

#[tokio::test]
async fn an_answer_without_an_end_ends_at_a_limit() {
    let site = Site::start();
    let service = Proxyscrape::new().base_url(site.url("/endless?then="));
    assert_eq!(
        loaded(&service).await.unwrap_err(),
        "Proxyscrape gave an answer of more than 64 MiB"
    );
}
