//! All that a request leads to goes through the proxies as well: robots.txt, redirects, bodies, whatever waits.

#[path = "requests/asking.rs"]
mod asking;

use std::sync::Arc;

use asking::{Asking, ask};
use scrapeflow::prelude::*;
use scrapeflow::{AddressPolicy, ProxyList, ProxyProvider};
use scrapeflow_tests::{Answer, Sandbox, Site, Tinyproxy};
use serde_json::{Value, json};

async fn text(fetch: Fetch, url: String) -> Result<Value> {
    Ok(json!(fetch.get(&url).send().await?.text().await?))
}

fn list(proxies: &[&Tinyproxy]) -> Arc<ProxyList> {
    let addresses = proxies.iter().map(|proxy| proxy.address().to_string());
    Arc::new(ProxyList::new(addresses).unwrap())
}

#[tokio::test]
async fn robots_txt_is_asked_for_through_a_proxy_and_by_another_where_one_fails() {
    let (site, good) = (Site::start(), Tinyproxy::start(""));
    let mut dead = Tinyproxy::start("");
    dead.stop();
    site.robots("User-agent: *\nDisallow: /no");
    for (path, is_allowed) in [("/page/1", true), ("/no", false)] {
        let run = |run: Run<Asking>| {
            run.proxies(list(&[&good, &dead]))
                .politeness(Politeness::default().robots(true))
        };
        let told = ask(&site.url(path), run, text).await;
        assert_eq!(told.is_ok(), is_allowed, "{told:?}");
    }
    assert_eq!(site.hits("/robots.txt"), 2);
    let via = site
        .requests()
        .iter()
        .all(|request| request.header("via").is_some());
    assert!(via, "nothing went past the proxy");
}

#[tokio::test]
async fn redirects_stay_with_the_proxy_and_literal_addresses_are_judged() {
    let (site, proxy) = (Site::start(), Tinyproxy::start(""));
    let port = site.address().port();
    let literal = format!("http://127.0.0.1:{port}/page/1");
    let (to, from) = (literal.clone(), literal.clone());
    site.route("/away", move |_| Answer::redirect(&to));
    site.route("/metadata", |_| {
        Answer::redirect("http://169.254.169.254/latest")
    });
    let run = |run: Run<Asking>| run.proxies(list(&[&proxy]));
    // From one's own network to it.
    assert!(
        ask(&from.replace("/page/1", "/away"), run, text)
            .await
            .is_ok()
    );
    // Nobody knows where a name is, behind a proxy.
    let named = |path: &str| format!("http://localhost:{port}{path}");
    for path in ["/away", "/metadata"] {
        let told = ask(&named(path), run, text).await.unwrap_err();
        assert!(told.contains("only public addresses are allowed"), "{told}");
    }
    let anywhere = |set_up: Run<Asking>| run(set_up).address_policy(AddressPolicy::Any);
    assert!(ask(&named("/away"), anywhere, text).await.is_ok());
    let public = |set_up: Run<Asking>| run(set_up).public_only();
    assert!(ask(&literal, public, text).await.is_err());
    assert_eq!(proxy.requests(), site.requests().len());
    assert_eq!(list(&[&proxy]).pool().live(), 1);
}

#[tokio::test]
async fn a_proxy_that_hangs_is_left_alone_after_three_times() {
    use std::net::TcpListener;
    // Accepts by its backlog, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (site, good) = (Site::start(), Tinyproxy::start(""));
    let addresses =
        [silent.local_addr().unwrap(), good.address()].map(|address| address.to_string());
    let proxies = Arc::new(ProxyList::new(addresses).unwrap());
    scrapeflow::workflow! { Pages = scrapeflow::ready::scrape; }
    let sandbox = Sandbox::new();
    let report = Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_urls((0..30).map(|nth| site.url(&format!("/page/{nth}")))).unwrap())
        .proxies(proxies.clone())
        .max_parallelism(1)
        .timeout(Duration::from_secs(1))
        .retries(1)
        .backoff(Backoff::new(
            Duration::from_millis(1),
            Duration::from_millis(1),
        ))
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!(report.done(), 30, "{report}");
    let hung = format!("http://{}", silent.local_addr().unwrap());
    assert_eq!(
        (report.proxies[&hung].answered, report.proxies[&hung].failed),
        (0, 3),
        "{report}"
    );
    assert_eq!(proxies.pool().live(), 1);
}

#[tokio::test]
async fn each_site_of_a_tunnel_proves_who_it_is() {
    let (site, proxy) = (Site::start(), Tinyproxy::start(""));
    let url = format!("https://{}/page/1", site.address());
    let run = |run: Run<Asking>| run.proxies(list(&[&proxy])).request_retries(0);
    let told = ask(&url, run, text).await.unwrap_err();
    assert!(
        told.starts_with("ClientConnectionError retryable: by proxy http://"),
        "{told}"
    );
    assert_eq!((proxy.requests(), site.hits("/page/1")), (1, 0));
}

#[tokio::test]
async fn an_executor_may_take_a_proxy_itself() {
    #[executor]
    async fn taken(context: Context) -> Result<String> {
        let proxies = context.proxies().recorded("there are no proxies")?;
        Ok(proxies.one(None, &[])?.expose_url())
    }
    workflow! { Taken = taken; }
    let proxy = Tinyproxy::start("");
    let sandbox = Sandbox::new();
    let url = proxy.url("ann", "s3cret");
    let run = Taken::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("task", json!({}))]).unwrap())
        .proxies(ProxyList::new([&url]).unwrap())
        .progress(Progress::Off);
    assert_eq!(run.run().await.unwrap().done(), 1);
    assert_eq!(sandbox.status("task")["taken"], format!("{url}/"));
}
