//! All that a request leads to goes through the proxies as well: robots.txt, redirects, bodies, whatever waits.

use std::sync::Arc;

use crate::asking::{Asking, ask};
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
        told.starts_with("ClientConnectionError retryable: by a proxy: "),
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

#[tokio::test]
async fn who_asks_for_robots_txt_is_no_site_that_refuses_when_the_only_proxy_was_away() {
    let site = Site::start();
    let mut only = Tinyproxy::start("");
    let proxies = list(&[&only]);
    let short = Duration::from_millis(1);
    proxies.pool().set_cooldown(Backoff::new(short, short));
    let run = |run: Run<Asking>| {
        run.proxies(proxies.clone())
            .politeness(Politeness::default().robots(true))
            .request_retries(0)
    };
    only.stop();
    let told = ask(&site.url("/page/1"), run, text).await.unwrap_err();
    assert!(
        told.starts_with("ClientConnectionError retryable: "),
        "{told}"
    );
    only.go_on();
    tokio::time::sleep(short * 2).await;
    // The probe asks for robots.txt as well.
    let told = ask(&site.url("/page/1"), run, text).await;
    assert!(told.is_ok(), "{told:?}");
}

#[tokio::test]
async fn what_is_not_the_proxys_fault_leaves_it_live() {
    use scrapeflow::middleware::tower::{BoxError, layer::layer_fn, service_fn};
    use scrapeflow::middleware::{Body, Transport};
    use scrapeflow_tests::Microsocks;
    let (site, good) = (Site::start(), Tinyproxy::start(""));
    let other = Tinyproxy::start("");
    let socks = Microsocks::start("ann", "s3cret");
    let by_socks =
        Arc::new(ProxyList::new([socks.url("socks5"), other.address().to_string()]).unwrap());
    let by_http = list(&[&good, &other]);
    // Names that nobody has.
    let asks = async |fetch: Fetch, _: String| {
        for nth in 0..6 {
            let url = format!("http://no-such-name-{nth}.invalid/");
            assert!(fetch.get(&url).retries(0).send().await.is_err());
        }
        Ok(json!(null))
    };
    ask("-", |run| run.proxies(by_socks.clone()), asks)
        .await
        .unwrap();
    assert_eq!(by_socks.pool().live(), 2);
    // A layer's own errors.
    let failing = layer_fn(|_: Transport| {
        service_fn(|_: scrapeflow::http::Request<Body>| async {
            Err::<scrapeflow::http::Response<Body>, BoxError>("no token".into())
        })
    });
    let run = |run: Run<Asking>| {
        run.proxies(by_http.clone())
            .layer(failing)
            .on_unhandled(OnUnhandled::Record)
    };
    let asks = async |fetch: Fetch, _: String| {
        for nth in 0..8 {
            let sent = fetch
                .get(&format!("http://host-{nth}.example/"))
                .send()
                .await;
            assert!(sent.is_err());
        }
        Ok(json!(null))
    };
    ask("-", run, asks).await.unwrap();
    assert_eq!(by_http.pool().live(), 2);
    // Requests that the executor itself gives up.
    let asks = async |fetch: Fetch, port: String| {
        for name in ["127.0.0.1", "localhost", "127.0.0.1", "localhost"] {
            let url = format!("http://{name}:{port}/hang");
            let sent = tokio::time::timeout(Duration::from_millis(20), fetch.get(&url).send());
            assert!(sent.await.is_err());
        }
        Ok(json!(null))
    };
    let port = site.address().port().to_string();
    ask(&port, |run| run.proxies(by_http.clone()), asks)
        .await
        .unwrap();
    assert_eq!(by_http.pool().live(), 2);
}

#[tokio::test]
async fn a_proxy_that_breaks_off_in_bodies_or_answers_itself_is_left_alone() {
    let site = Site::start();
    let good = Tinyproxy::start("");
    for (name, path, says) in [
        ("breaks off", "/short", "HTTP/1.1 200 OK"),
        ("answers itself", "/status/503", "HTTP/1.1 503"),
    ] {
        // Whatever it is asked for, it gives the same.
        let (bad, inner) = (
            tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap(),
            site.address(),
        );
        let address = bad.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            while let Ok((mut client, _)) = bad.accept().await {
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    if client.read(&mut request).await.is_ok() {
                        let mut stream = tokio::net::TcpStream::connect(inner).await.unwrap();
                        let asked =
                            format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                        stream.write_all(asked.as_bytes()).await.unwrap();
                        let mut answer = Vec::new();
                        stream.read_to_end(&mut answer).await.unwrap();
                        assert!(answer.starts_with(says.as_bytes()));
                        // Whoever is gone doesn't hear it.
                        let _ = client.write_all(&answer).await;
                    }
                });
            }
        });
        let addresses = [good.address(), address].map(|address| address.to_string());
        let proxies = Arc::new(ProxyList::new(addresses).unwrap());
        scrapeflow::workflow! { Pages = scrapeflow::ready::scrape; }
        let sandbox = Sandbox::new();
        let urls = (0..40).map(|nth| site.url(&format!("/page/{nth}")));
        let report = Pages::in_dir(sandbox.dir())
            .tasks(Tasks::from_urls(urls).unwrap())
            .proxies(proxies.clone())
            .max_parallelism(4)
            .request_backoff(Backoff::new(
                Duration::from_millis(1),
                Duration::from_millis(1),
            ))
            .progress(Progress::Off)
            .run()
            .await
            .unwrap();
        assert_eq!(report.done(), 40, "{name}: {report}");
        assert_eq!(proxies.pool().live(), 1, "{name}");
        let failed = report.proxies[&format!("http://{address}")].failed;
        assert!((3..=12).contains(&failed), "{name}: {report}");
        assert!(report.throttled.is_empty(), "{name}: {report}");
        serving.abort();
    }
}
