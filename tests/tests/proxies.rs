//! Requests go through the proxies that the run was given, of every kind, and never past them.

#[path = "requests/asking.rs"]
mod asking;
#[path = "nginx/authority.rs"]
mod authority;
#[path = "nginx/encrypting.rs"]
mod encrypting;

use std::net::TcpListener;

use asking::{Asking, ask};
use authority::Authority;
use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow::{ProxyByCountry, ProxyFallback, ProxyList, ProxyProvider};
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
                    told.starts_with("ClientConnectionError retryable: by proxy https://127"),
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
            encrypted.starts_with("ClientConnectionError retryable: by proxy "),
            "{encrypted}"
        );
    }
    assert_eq!(site.requests().len(), 0);
}

#[tokio::test]
async fn a_dead_proxy_is_left_alone_and_a_retry_takes_another() {
    let site = Site::start();
    let live = Tinyproxy::start("");
    let dead = nobody();
    let proxies = ProxyList::new([live.address().to_string(), dead.clone()]).unwrap();
    let urls: Vec<String> = (0..60)
        .map(|nth| site.url(&format!("/page/{nth}")))
        .collect();
    let sandbox = Sandbox::new();
    let report = Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_urls(urls).unwrap())
        .proxies(proxies)
        .max_parallelism(4)
        .request_backoff(Backoff::new(
            Duration::from_millis(1),
            Duration::from_millis(1),
        ))
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!(report.done(), 60, "{report}");
    let (live, dead) = (
        format!("http://{}", live.address()),
        format!("http://{dead}"),
    );
    assert_eq!(report.proxies[&live].answered, 60);
    let failed = report.proxies[&dead].failed;
    // Those under way when the first failed.
    assert!(
        (1..=4).contains(&failed),
        "{failed} requests of the dead one"
    );
    // tinyproxy ends connections without saying so beforehand.
    assert!(report.request_retries >= failed, "{report}");
}

#[tokio::test]
async fn one_that_is_killed_in_the_middle_comes_back_by_a_probe() {
    let site = Site::start();
    let mut proxy = Tinyproxy::start("");
    let proxies = ProxyList::new([proxy.address().to_string()]).unwrap();
    let short = Duration::from_millis(1);
    proxies.pool().set_cooldown(Backoff::new(short, short));
    let proxies = std::sync::Arc::new(proxies);
    let run = |page: &str| {
        let (url, proxies) = (site.url(page), proxies.clone());
        async move {
            let run = |run: Run<Asking>| run.proxies(proxies.clone()).request_retries(0);
            ask(&url, run, text).await
        }
    };
    assert!(run("/page/1").await.is_ok());
    proxy.stop();
    let told = run("/page/2").await.unwrap_err();
    assert!(
        told.starts_with("ClientConnectionError retryable: by proxy http://127.0.0.1:"),
        "{told}"
    );
    proxy.go_on();
    tokio::time::sleep(short).await;
    assert!(run("/page/4").await.is_ok());
    assert_eq!(proxies.pool().live(), 1);
    assert!(run("/page/5").await.is_ok());
    let targets = site.requests();
    let targets: Vec<&str> = targets
        .iter()
        .map(scrapeflow_tests::Request::target)
        .collect();
    assert_eq!(targets, ["/page/1", "/page/4", "/page/5"]);
}

#[tokio::test]
async fn a_run_goes_on_while_one_is_killed_and_brought_back() {
    let (site, kept) = (Site::start(), Tinyproxy::start(""));
    let killed = Tinyproxy::start("");
    let address = killed.address();
    let list = ProxyList::new([kept.address(), address].map(|address| address.to_string()));
    let list = std::sync::Arc::new(list.unwrap());
    let short = Duration::from_millis(5);
    list.pool().set_cooldown(Backoff::new(short, short));
    let (killed, ended) = (
        std::sync::Mutex::new(killed),
        std::sync::atomic::AtomicU32::new(0),
    );
    let sandbox = Sandbox::new();
    let urls = (0..300).map(|nth| site.url(&format!("/delay/5?{nth}")));
    let report = Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_urls(urls).unwrap())
        .proxies(list.clone())
        .max_parallelism(4)
        .request_backoff(Backoff::new(short, short))
        .on_event(move |event| {
            if let Event::TaskFinished { .. } = event {
                match ended.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                    100 => killed.lock().unwrap().stop(),
                    200 => killed.lock().unwrap().go_on(),
                    _ => {}
                }
            }
        })
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!(report.done(), 300, "{report}");
    let fared = report.proxies[&format!("http://{address}")];
    assert!(fared.failed >= 1, "{report}");
    // A half of the first hundred, and then again some.
    assert!(fared.answered > 60, "{report}");
    assert_eq!(list.pool().live(), 2);
}

#[tokio::test]
async fn without_a_live_proxy_nothing_goes_out_unless_that_is_asked_for() {
    let site = Site::start();
    let dead = nobody();
    let run = |run: Run<Asking>| run.proxies(ProxyList::new([&dead]).unwrap());
    let told = ask(&site.url("/page/1"), run, text).await.unwrap_err();
    assert!(
        told.starts_with("ClientConnectionError retryable: by proxy http://127.0.0.1:")
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
    let sandbox = Sandbox::new();
    let params = json!({ "url": url, "country": "Absurdistan" });
    let run = Pages::in_dir(sandbox.dir()).tasks(Tasks::from_pairs([("page", params)]).unwrap());
    assert_eq!(run.progress(Progress::Off).run().await.unwrap().done(), 1);
}

#[tokio::test]
async fn a_site_that_never_answers_does_not_take_the_proxies_with_it() {
    let site = Site::start();
    let proxies: Vec<Tinyproxy> = (0..3).map(|_| Tinyproxy::start("")).collect();
    let list = ProxyList::new(proxies.iter().map(|proxy| proxy.address().to_string())).unwrap();
    let list = std::sync::Arc::new(list);
    let port = site.address().port();
    let hanging = (0..6).map(|nth| format!("http://127.0.0.1:{port}/hang?{nth}"));
    let good = (0..40).map(|nth| format!("http://localhost:{port}/page/{nth}"));
    let sandbox = Sandbox::new();
    let report = Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_urls(hanging.chain(good)).unwrap())
        .proxies(list.clone())
        .max_parallelism(4)
        .request_timeout(Duration::from_secs(1))
        // tinyproxy ends connections without saying so beforehand.
        .request_retries(1)
        .request_backoff(Backoff::new(
            Duration::from_millis(1),
            Duration::from_millis(1),
        ))
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!((report.done(), report.failed()), (40, 6), "{report}");
    assert_eq!(list.pool().live(), 3);
    let failed: u64 = report.proxies.values().map(|proxy| proxy.failed).sum();
    assert!(failed >= 12, "{failed}");
}
