//! Runs that fail in every way, each knowing secrets of its own, and says all that can be said of them: every log line,
//! every event, every report and every `Debug`.
//!
//! Each secret begins with `geheim-` and names the channel that it came by; `geheim-data-` are the caller's and the site's
//! data.

use std::path::{Path, PathBuf};

use scrapeflow::prelude::*;
use scrapeflow::ready::{ScrapeParams, parse_image, scrape};
use scrapeflow::{IpRoyal, ProxyFallback, ProxyList, ProxyProvider, Sessions, Webshare};
use scrapeflow_tests::{Answer, Microsocks, Site, Tinyproxy};
use serde_json::json;

/// What no answer is.
#[derive(Debug, Serialize, Deserialize)]
struct Price {
    price: u64,
}

/// Says all that it is given, and fails as its key says.
#[executor]
async fn look(
    key: Key,
    params: Params<ScrapeParams>,
    page: Option<Body<scrape>>,
    scraped: Output<scrape>,
    status: Status,
    fetch: Fetch,
    context: Context,
) -> Result<()> {
    let site = context.state::<String>().recorded("the site")?;
    eprintln!(
        "{params:?} {:?} {page:?} {scraped:?} {status:?} {fetch:?} {context:?}",
        params.0
    );
    let url = |path: &str| format!("{}{path}", site.trim_end_matches('/'));
    let request = fetch
        .get(&url("/json"))
        .header("x-own", "geheim-own-header")
        .cookie("own", "geheim-own-cookie");
    eprintln!("{request:?}");
    match key.as_str() {
        "misfit" => drop(request.send().await?.json::<u64>().await?),
        "json" => {
            let _: Price = fetch.get(&url("/data")).send().await?.json().await?;
        }
        "refused" => {
            let judged = request.validate(|page| {
                eprintln!("{page:?}");
                bail!("not what was asked for")
            });
            drop(judged.send().await?);
        }
        "blocked" => return Err(Error::blocked("turned away")),
        "panics" => panic!("in the middle"),
        "unforeseen" => drop(std::fs::read("/nowhere/at/all")?),
        _ => eprintln!("{:?}", request.send().await?),
    }
    Ok(())
}

/// Reads params that the tasks don't have.
#[executor]
async fn fits(Params(price): Params<Price>) -> Result<u64> {
    Ok(price.price)
}

workflow! { Looks = scrape -> look -> fits; }
workflow! { Pages = scrape; }
workflow! { Images = scrape -> parse_image; }

/// A page each for the ways in which a request fails, and data.
fn tasks(site: &Site) -> Vec<(String, ScrapeParams)> {
    let paths = [
        "/status/404",
        "/status/403",
        "/close/before",
        "/reset",
        "/garbage",
        "/short",
        "/hang",
        "/chunk/bad",
        "/gzip/broken",
        "/redirect/loop",
        "/led-astray",
        "/redirect/to?url=file:///x",
        "/bytes/100000",
        "/disallowed",
        "/page/1",
    ];
    let failing = paths
        .iter()
        .enumerate()
        .map(|(nth, path)| (format!("way-{nth}"), site.url(path)));
    let looks = [
        "misfit",
        "json",
        "refused",
        "blocked",
        "panics",
        "unforeseen",
        "fine",
    ];
    let looks = looks
        .iter()
        .map(|key| ((*key).to_owned(), site.url("/data")));
    let others = [
        (
            "no-url",
            "http://geheim-data-user:geheim-data-password@[".to_owned(),
        ),
        (
            "no-scheme",
            "geheim-data-user:geheim-data-password@shop.example".to_owned(),
        ),
        (
            "closed",
            "https://geheim-data-user:geheim-data-password@127.0.0.1:1/".to_owned(),
        ),
        ("no-tls", site.url("/page/1").replace("http:", "https:")),
        (
            "own-user",
            site.url("/page/2")
                .replace("//", "//geheim-data-user:geheim-data-password@"),
        ),
        (
            "slashes",
            site.url("/page/3")
                .replace("//", "///geheim-data-user:geheim-data-password@"),
        ),
        (
            "slash",
            "http://geheim-data-user:geheim-data-pass/word@shop.example/".to_owned(),
        ),
    ];
    let others = others.into_iter().map(|(key, url)| (key.to_owned(), url));
    let params = |(key, url)| {
        let params = ScrapeParams::new(url).cookie("task", "geheim-data-cookie");
        (
            key,
            params.post(json!({ "password": "geheim-data-payload" })),
        )
    };
    failing.chain(looks).chain(others).map(params).collect()
}

fn site() -> Site {
    let site = Site::start();
    site.robots("User-agent: *\nDisallow: /disallowed");
    let data = |body: &str| {
        Answer::json(body)
            .header("X-Data", "geheim-data-header")
            .header("Set-Cookie", "session=geheim-data-set-cookie")
    };
    let (json, page) = (
        data(r#""geheim-data-json""#),
        data(r#"{"price": "geheim-data-price"}"#),
    );
    let astray = Answer::redirect("http://geheim-data-redirect:geheim-data-redirect@[");
    site.route("/led-astray", move |_| astray.clone());
    site.route("/json", move |_| json.clone());
    site.route("/data", move |_| page.clone());
    site
}

fn set_up<W: Workflow>(run: Run<W>, site: &Site) -> Run<W> {
    run.headers([
        ("authorization", "Bearer geheim-run-authorization"),
        ("x-key", "geheim-run-header"),
    ])
    .cookies([("run", "geheim-run-cookie")])
    .host("127.0.0.1", |host| {
        let host = host
            .header("x-host", "geheim-host-header")
            .cookie("host", "geheim-host-cookie");
        eprintln!("{host:?}");
        host
    })
    .politeness(Politeness::default().robots(true))
    .state(site.url("/"))
    .params(&json!({ "token": "geheim-data-shared" }))
    .max_body(50_000)
    .timeout(Duration::from_millis(1500))
    .request_retries(1)
    .request_backoff(Backoff::new(
        Duration::from_millis(1),
        Duration::from_millis(1),
    ))
    .on_unhandled(OnUnhandled::Record)
    .progress(Progress::Lines)
    .on_event(|event| eprintln!("{event:?}"))
}

/// All that can be said of a run and of its end.
async fn tell<W: Workflow>(run: Run<W>) {
    eprintln!("{run:?}");
    match run.run().await {
        Ok(report) => {
            println!(
                "{report}\n{report:?}\n{}",
                serde_json::to_string(&report).unwrap()
            );
        }
        Err(error) => eprintln!("{error}\n{error:?}\n{:?}", error.report()),
    }
}

async fn through(dir: &Path, name: &str, site: &Site, proxies: impl ProxyProvider) {
    eprintln!("{:?}", &proxies as &dyn ProxyProvider);
    let tasks = Tasks::from_pairs(tasks(site)).unwrap();
    eprintln!("{tasks:?}");
    let run = set_up(Looks::in_dir(dir.join(name)), site)
        .proxies(proxies)
        .tasks(tasks);
    // Few proxies, and tasks that fail by all means.
    tell(
        run.sessions(Sessions::new())
            .proxy_fallback(ProxyFallback::Direct),
    )
    .await;
}

#[tokio::main]
async fn main() {
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(std::io::stderr)
        .init();
    let dir = PathBuf::from(std::env::args().nth(1).expect("a directory"));
    let site = site();
    let http = Tinyproxy::start("BasicAuth geheim-proxy-user geheim-proxy-password");
    let socks = Microsocks::start("geheim-socks-user", "geheim-socks-password");
    let url = http.url("geheim-proxy-user", "geheim-proxy-password");
    through(&dir, "http", &site, ProxyList::new([&url]).unwrap()).await;
    through(
        &dir,
        "socks",
        &site,
        ProxyList::new([socks.url("socks5h")]).unwrap(),
    )
    .await;
    let direct = Tasks::from_pairs(tasks(&site)).unwrap();
    tell(
        set_up(Looks::in_dir(dir.join("direct")), &site)
            .cookie_store(true)
            .politeness(Politeness::default())
            .tasks(direct),
    )
    .await;

    let urls = || Tasks::from_urls([site.url("/page/1")]).unwrap();
    let stranger = http.url("geheim-proxy-user", "geheim-wrong-password");
    let strangers = ProxyList::new([stranger]).unwrap();
    eprintln!(
        "{:?}",
        strangers
            .check(Duration::from_secs(1), 1)
            .url(site.url("/page/1"))
            .run()
            .await
    );
    tell(
        set_up(Pages::in_dir(dir.join("refused")), &site)
            .proxies(strangers)
            .tasks(urls()),
    )
    .await;
    for wrong in [
        "http://geheim-proxy-user:geheim-proxy-password@nowhere",
        "geheim-proxy-user:geheim-proxy-password@x:y",
    ] {
        eprintln!("{:?}", ProxyList::new([wrong]));
    }

    let images = Tasks::from_urls([site.url("/data")]).unwrap();
    tell(set_up(Images::in_dir(dir.join("images")), &site).tasks(images)).await;

    // Services that repeat the key.
    site.route("/api/proxy/list/", |request| {
        let key = request.header("authorization").unwrap_or_default();
        Answer::text(format!("who is {key}?")).status(401)
    });
    let order = "/api/servers/proxies/reseller/7/credentials";
    site.route(order, |_| {
        Answer::json(
            r#"{"data": [{"username": "geheim-list-user", "password": "geheim-list-password""#,
        )
    });
    let webshare = Webshare::from_env()
        .unwrap()
        .base_url(site.url("/").trim_end_matches('/'));
    eprintln!("{webshare:?} {:?}", webshare.load().await);
    tell(
        set_up(Pages::in_dir(dir.join("webshare")), &site)
            .proxies(webshare)
            .tasks(urls()),
    )
    .await;
    let iproyal =
        IpRoyal::new("geheim-iproyal-key", "7").base_url(site.url("/").trim_end_matches('/'));
    eprintln!("{iproyal:?} {:?}", iproyal.load().await);
}
