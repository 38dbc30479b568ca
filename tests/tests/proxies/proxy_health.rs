//! A proxy that fails is left alone, comes back by a probe, and takes neither tasks nor other proxies with it.

use std::net::TcpListener;

use crate::asking::{Asking, ask};
use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow::{ProxyList, ProxyProvider};
use scrapeflow_tests::{Sandbox, Site, Tinyproxy};
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
        told.starts_with("ClientConnectionError retryable: by a proxy: "),
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
