//! Requests go through the proxies that the run was given, of every kind, and never past them.

#[path = "../nginx/authority.rs"]
mod authority;
#[path = "../nginx/encrypting.rs"]
mod encrypting;

use std::net::TcpListener;

use crate::asking::{Asking, ask};
use authority::Authority;
use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow::{ProxyByCountry, ProxyFallback, ProxyList};
use scrapeflow_tests::{Microsocks, Sandbox, Site, Tinyproxy};
use serde_json::{Value, json};

workflow! { Pages = scrape; }

async fn text(fetch: Fetch, url: String) -> Result<Value> {
    Ok(json!(fetch.get(&url).send().await?.text().await?))
}

/// An address where nobody listens.
fn nobody() -> String {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    format!("127.0.0.1:{port}")
}

#[tokio::test]
async fn http_connect_and_socks_carry_pages_for_whoever_has_the_password() {
    let authority = Authority::new("ours");
    let (clear, encrypted) = (Site::start(), authority.site(false, true));
    let encrypted = format!("https://{}/page", encrypted.tls_address());
    let http = Tinyproxy::start("BasicAuth ann s3cret");
    let socks = Microsocks::start("bob", "s3:c@r/t%");
    for proxy in [
        format!("http://ann:s3%63ret@{}", http.address()),
        format!("{}:ann:s3cret", http.address()),
        socks.url("socks5"),
        socks.url("socks5h"),
    ] {
        let seen = http.requests();
        for url in [clear.url("/page/1"), encrypted.clone()] {
            let pem = authority.pem();
            let run = |run: Run<Asking>| {
                run.proxies(ProxyList::new([&proxy]).unwrap())
                    .add_root_certificates(pem.as_bytes())
            };
            let page = ask(&url, run, text).await;
            assert!(page.is_ok(), "{proxy} {url}: {page:?}");
        }
        let through = http.requests() - seen;
        assert_eq!(
            through,
            if proxy.starts_with("socks") { 0 } else { 2 },
            "{proxy}"
        );
    }
    assert_eq!(clear.hits("/page/1"), 4);
}

#[tokio::test]
async fn a_proxy_may_itself_be_spoken_to_by_tls_if_it_proves_who_it_is() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let (site, proxy) = (Site::start(), Tinyproxy::start("BasicAuth ann s3cret"));
    let encrypted_site = ours.site(false, true);
    let encrypted_page = format!("https://{}/page", encrypted_site.tls_address());
    for (authority, is_known) in [(&ours, true), (&theirs, false)] {
        let (certificate, key) = authority.certificate(false);
        let address = encrypting::in_front_of(proxy.address(), &certificate, &key).await;
        let url = format!("https://ann:s3cret@{address}");
        for page in [site.url("/page/1"), encrypted_page.clone()] {
            let run = |run: Run<Asking>| {
                run.proxies(ProxyList::new([&url]).unwrap())
                    .add_root_certificates(ours.pem().as_bytes())
                    .request_retries(0)
            };
            let told = ask(&page, run, text).await;
            assert_eq!(told.is_ok(), is_known, "{page}: {told:?}");
            if let Err(told) = told {
                assert!(
                    told.starts_with("ClientConnectionError retryable: by a proxy: "),
                    "{told}"
                );
            }
        }
    }
    assert_eq!(proxy.requests(), 2);
}

#[tokio::test]
async fn a_wrong_password_is_told_and_nothing_is_asked_otherwise() {
    let site = Site::start();
    let http = Tinyproxy::start("BasicAuth ann s3cret");
    let socks = Microsocks::start("bob", "s3cret");
    for (proxy, why) in [
        (
            http.url("ann", "other"),
            // tinyproxy's word for a wrong one.
            "RuntimeError final: HTTP response 401",
        ),
        (
            format!("http://{}", http.address()),
            "it asks for user and password, or for others (HTTP response 407)",
        ),
        (
            format!("socks5://bob:other@{}", socks.address()),
            "credentials not accepted",
        ),
    ] {
        let run = |run: Run<Asking>| {
            run.proxies(ProxyList::new([&proxy]).unwrap())
                .request_retries(0)
        };
        let told = ask(&site.url("/page/1"), run, text).await.unwrap_err();
        assert!(told.contains(why), "{told}");
        assert!(
            !told.contains("ann") && !told.contains("bob") && !told.contains("other@"),
            "{told}"
        );
        let encrypted = ask(&format!("https://{}/", site.address()), run, text)
            .await
            .unwrap_err();
        assert!(
            encrypted.starts_with("ClientConnectionError retryable: by a proxy: "),
            "{encrypted}"
        );
    }
    assert_eq!(site.requests().len(), 0);
}

#[tokio::test]
async fn without_a_live_proxy_nothing_goes_out_unless_that_is_asked_for() {
    let site = Site::start();
    let dead = nobody();
    let run = |run: Run<Asking>| run.proxies(ProxyList::new([&dead]).unwrap());
    let told = ask(&site.url("/page/1"), run, text).await.unwrap_err();
    assert!(
        told.starts_with("ClientConnectionError retryable: by a proxy: ")
            && told.ends_with(
                "and then: no live proxy: all 1 have failed and are left alone for a while"
            ),
        "{told}"
    );
    assert_eq!(site.requests().len(), 0);
    let direct = |set_up: Run<Asking>| run(set_up).proxy_fallback(ProxyFallback::Direct);
    assert!(ask(&site.url("/page/1"), direct, text).await.is_ok());
    assert_eq!(site.requests().len(), 1);
}

#[tokio::test]
async fn a_layer_that_asks_of_its_own_goes_through_a_proxy_too() {
    use scrapeflow::http;
    use scrapeflow::middleware::Body;
    use scrapeflow::middleware::tower::util::MapRequestLayer;
    let site = Site::start();
    let proxy = Tinyproxy::start("");
    let run = |run: Run<Asking>| {
        let forget = MapRequestLayer::new(|request: http::Request<Body>| {
            let (mut parts, body) = request.into_parts();
            parts.extensions.clear();
            http::Request::from_parts(parts, body)
        });
        let any = scrapeflow::AddressPolicy::Any;
        run.proxies(ProxyList::new([proxy.address().to_string()]).unwrap())
            .address_policy(any)
            .layer(forget)
    };
    assert!(ask(&site.url("/page/1"), run, text).await.is_ok());
    assert_eq!((site.requests().len(), proxy.requests()), (1, 1));
}

#[tokio::test]
async fn countries_are_picked_by_request_task_host_and_run() {
    let site = Site::start();
    let (us, de, any) = (
        Tinyproxy::start(""),
        Tinyproxy::start(""),
        Tinyproxy::start(""),
    );
    let address = |proxy: &Tinyproxy| vec![proxy.address().to_string()];
    let proxies = || {
        ProxyByCountry::new([
            ("US", address(&us)),
            ("de", address(&de)),
            ("*", address(&any)),
        ])
        .unwrap()
    };
    let url = site.url("/page/1");
    let seen = || [us.requests(), de.requests(), any.requests()];
    let run = |run: Run<Asking>| run.proxies(proxies());
    ask(&url, run, text).await.unwrap();
    assert_eq!(seen(), [0, 0, 1]);
    let of_run = |set_up: Run<Asking>| run(set_up).proxy_country("DE");
    ask(&url, of_run, text).await.unwrap();
    assert_eq!(seen(), [0, 1, 1]);
    let of_host =
        |set_up: Run<Asking>| of_run(set_up).host("127.0.0.1", |host| host.proxy_country("us"));
    ask(&url, of_host, text).await.unwrap();
    assert_eq!(seen(), [1, 1, 1]);
    let fetched = async |fetch: Fetch, url: String| {
        let fetch = fetch.proxy_country("DE");
        let page = fetch.get(&url).send().await?.text().await?;
        fetch.get(&url).proxy_country("US").send().await?;
        Ok(json!(page))
    };
    ask(&url, of_host, fetched).await.unwrap();
    assert_eq!(seen(), [2, 2, 1]);
    let sandbox = Sandbox::new();
    let params = scrapeflow::ready::ScrapeParams::new(&url).country("de");
    let tasks = Tasks::from_pairs([("page", params)]).unwrap();
    let run = Pages::in_dir(sandbox.dir())
        .tasks(tasks)
        .proxies(proxies())
        .progress(Progress::Off);
    assert_eq!(run.run().await.unwrap().done(), 1);
    assert_eq!(seen(), [2, 3, 1]);
}

#[tokio::test]
async fn a_country_that_nobody_has_is_told_with_those_that_there_are() {
    let site = Site::start();
    let url = site.url("/page/1");
    let by_country = || ProxyByCountry::new([("US", [nobody()]), ("DE", [nobody()])]).unwrap();
    let french = |run: Run<Asking>| {
        run.proxies(by_country())
            .proxy_country("fr")
            .proxy_fallback(ProxyFallback::Direct)
    };
    assert_eq!(
        ask(&url, french, text).await.unwrap_err(),
        "ClientConnectionError final: no proxy of country `FR`; there are DE, US"
    );
    let without = |run: Run<Asking>| run.proxy_country("FR");
    let told = ask(&url, without, text).await.unwrap_err();
    assert!(
        told.contains("is to go out by a country's proxies, and the run has none"),
        "{told}"
    );
    let french = async |fetch: Fetch, url: String| text(fetch.proxy_country("FR"), url).await;
    let told = ask(&url, |run| run, french).await.unwrap_err();
    assert!(
        told.starts_with("RuntimeError final: is to go out from `FR`, and the run has no proxies"),
        "{told}"
    );
    assert_eq!(site.requests().len(), 0);
    // A column of that name may mean anything where there are no proxies.
    let countries = [
        json!("Absurdistan"),
        json!(49),
        json!({ "name": "x" }),
        json!(""),
    ];
    let params = countries.map(|country| json!({ "url": url, "country": country }));
    let tasks = params.into_iter().enumerate();
    let tasks = tasks.map(|(nth, params)| (format!("page-{nth}"), params));
    let sandbox = Sandbox::new();
    let run = Pages::in_dir(sandbox.dir()).tasks(Tasks::from_pairs(tasks).unwrap());
    assert_eq!(run.progress(Progress::Off).run().await.unwrap().done(), 4);
}
