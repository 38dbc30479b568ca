//! Services that give lists of proxies are asked as they document it, and whatever else they answer is told by their name.

use std::sync::Mutex;

use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow::{IpRoyal, ProxyProvider, Proxyscrape, Webshare};
use scrapeflow_tests::{Answer, Ending, Sandbox, Site};

const LIST: &str = "/api/proxy/list/";
const CREDENTIALS: &str = "/api/servers/proxies/reseller/7%2F8/credentials";

/// What its URLs begin with.
fn base(site: &Site) -> String {
    format!("http://{}", site.address())
}

fn webshare(site: &Site) -> Webshare {
    Webshare::new("geheim-key")
        .base_url(base(site))
        .timeout(Duration::from_secs(20))
}

/// What a service loads: proxies with their passwords and countries, or the error.
async fn loaded(service: &impl ProxyProvider) -> Result<Vec<String>, String> {
    match service.load().await {
        Ok(proxies) => {
            let told = proxies.iter().map(|proxy| {
                let url = proxy.expose_url();
                format!("{url} {}", proxy.country().unwrap_or("-"))
            });
            Ok(told.collect())
        }
        Err(error) => {
            let told = format!("{error} {error:?}");
            assert!(!told.contains("geheim"), "{told}");
            Err(error.to_string())
        }
    }
}

fn entry(nth: usize, country: &str) -> String {
    format!(
        r#"{{"username": "ann", "password": "s3:cret", "proxy_address": "10.0.0.{nth}", "ports": {{"http": 8080, "socks5": 1080}}, "country_code": "{country}", "valid": true}}"#
    )
}

#[tokio::test]
async fn proxyscrape_gives_a_line_each() {
    let site = Site::start();
    site.route("/v2/", |_| {
        Answer::text("10.0.0.1:80\r\n10.0.0.2:8080\r\n\r\n")
    });
    let service = Proxyscrape::new().base_url(base(&site));
    let all = ["http://10.0.0.1/ -", "http://10.0.0.2:8080/ -"].map(String::from);
    assert_eq!(loaded(&service).await.unwrap(), all);
    let german = Proxyscrape::new().base_url(base(&site)).country("de");
    assert_eq!(loaded(&german).await.unwrap()[0], "http://10.0.0.1/ DE");
    let asked = |country: &str| {
        format!(
            "/v2/?request=displayproxies&protocol=http&timeout=10000&country={country}&ssl=all&anonymity=all"
        )
    };
    assert_eq!((site.hits(&asked("all")), site.hits(&asked("de"))), (1, 1));
}

#[tokio::test]
async fn webshare_gives_all_pages_to_whoever_has_the_key() {
    let site = Site::start();
    let second = format!("{}{LIST}?page=2", base(&site));
    site.route(LIST, move |request| {
        if request.header("authorization") != Some("Token geheim-key") {
            return Answer::json(r#"{"detail": "Invalid token."}"#).status(401);
        }
        let (entry, next) = match request.query("page").as_deref() {
            None => (entry(1, "US"), format!("\"{second}\"")),
            Some("2") => (entry(2, "DE"), format!("\"{LIST}?page=3\"")),
            Some(_) => (entry(3, "US"), "null".to_owned()),
        };
        Answer::json(format!(
            r#"{{"count": 3, "next": {next}, "previous": null, "results": [{entry}]}}"#
        ))
    });
    let service = webshare(&site);
    let all = ["1:8080/ US", "2:8080/ DE", "3:8080/ US"]
        .map(|end| format!("http://ann:s3%3Acret@10.0.0.{end}"));
    assert_eq!(loaded(&service).await.unwrap(), all);
    service.ready().await.unwrap();
    service.ready().await.unwrap();
    assert_eq!(
        (service.pool().len(), site.total_hits()),
        (3, 6),
        "loaded once"
    );
    assert!(!format!("{service:?}").contains("geheim"));
    let other = Webshare::new("wrong").base_url(base(&site));
    let told = loaded(&other).await.unwrap_err();
    assert_eq!(
        told,
        "Webshare answered HTTP 401; see whether its key is right; it said `{\"detail\": \"Invalid token.\"}`"
    );
}

#[tokio::test]
async fn iproyal_gives_those_of_an_order() {
    let site = Site::start();
    site.route(CREDENTIALS, |request| {
        assert_eq!(request.header("x-access-token"), Some("Bearer geheim-key"));
        Answer::json(r#"{"data": [{"username": "ann", "password": "s3cret", "ip": "10.0.0.1"}, {"username": "bob", "password": "x", "ip": "10.0.0.2"}]}"#)
    });
    let service = IpRoyal::new("geheim-key", "7/8").base_url(base(&site));
    let all = [
        "http://ann:s3cret@10.0.0.1:12323/ -",
        "http://bob:x@10.0.0.2:12323/ -",
    ]
    .map(String::from);
    assert_eq!(loaded(&service).await.unwrap(), all);
}

#[tokio::test]
async fn a_limit_of_requests_and_a_hiccup_are_waited_for() {
    let (site, answers) = (Site::start(), Mutex::new(0));
    site.route(LIST, move |_| {
        let mut answers = answers.lock().unwrap();
        *answers += 1;
        match *answers {
            1 => Answer::text("slower")
                .status(429)
                .header("Retry-After", "0"),
            2 => Answer::text("oops").status(503).header("Retry-After", "0"),
            _ => Answer::json(format!(
                r#"{{"next": null, "results": [{}]}}"#,
                entry(1, "US")
            )),
        }
    });
    assert_eq!(loaded(&webshare(&site)).await.unwrap().len(), 1);
    assert_eq!(site.total_hits(), 3);
}

#[tokio::test]
async fn what_is_no_list_is_told_with_the_service_and_what_it_said() {
    let half = format!(r#"{{"next": null, "results": [{}"#, entry(1, "US"));
    let bad_port = entry(1, "US").replace("8080", "0");
    let page = |entries: &str| Answer::json(format!(r#"{{"next": null, "results": [{entries}]}}"#));
    let zero = || "0";
    for (answer, told) in [
        (
            Answer::text("who is geheim-key?").status(403),
            "Webshare answered HTTP 403; see whether its key is right; it said `who is …?`",
        ),
        (
            Answer::text("slower")
                .status(429)
                .header("Retry-After", zero()),
            "Webshare answered HTTP 429; it is asked too often; it said `slower`",
        ),
        (
            Answer::text("").status(500).header("Retry-After", zero()),
            "Webshare answered HTTP 500; it said nothing",
        ),
        (
            Answer::html("<!doctype html><title>Welcome</title>"),
            "Webshare gave an answer that is not the JSON that was expected (line 1, column 1); it said `<!doctype html><title>Welcome</title>`",
        ),
        (
            Answer::json(half),
            "Webshare gave an answer that breaks off (line 1, column 176)",
        ),
        (
            Answer::json(r#"{"proxies": []}"#),
            "Webshare gave an answer that is not the JSON that was expected (line 1, column 15)",
        ),
        (page(""), "Webshare gave an empty list"),
        (
            page(&bad_port),
            "Webshare gave no proxy as number 1: its port is no number from 1 to 65535",
        ),
        (
            Answer::json(r#"{"next": "http://127.0.0.1:1/stolen", "results": []}"#),
            "Webshare names a next page that is not its own: `http://127.0.0.1:1/stolen`",
        ),
    ] {
        let site = Site::start();
        site.route(LIST, move |_| answer.clone());
        assert_eq!(loaded(&webshare(&site)).await.unwrap_err(), told);
    }
}

#[tokio::test]
async fn a_list_without_an_end_and_a_service_that_hangs_are_told() {
    let site = Site::start();
    site.route(LIST, |_| {
        Answer::json(format!(
            r#"{{"next": "{LIST}?page=2", "results": [{}]}}"#,
            entry(1, "US")
        ))
    });
    assert_eq!(
        loaded(&webshare(&site)).await.unwrap_err(),
        "Webshare gave a list of more than 1000 pages"
    );
    assert_eq!(site.total_hits(), 1000);
    site.route("/v2/", |_| {
        Answer::raw("HTTP/1.1 200 OK\r\n").ending(Ending::Hang)
    });
    let short = Duration::from_millis(100);
    let hanging = Proxyscrape::new().base_url(base(&site)).timeout(short);
    assert_eq!(
        loaded(&hanging).await.unwrap_err(),
        "Proxyscrape gave no whole list within 0.1 s"
    );
    for (at, told) in [
        (
            "no url",
            "the base URL of Proxyscrape: `no url/v2/` has no scheme; write `https://…`",
        ),
        (
            "http://127.0.0.1:1",
            "Proxyscrape gave no whole list within 0.1 s",
        ),
    ] {
        let service = Proxyscrape::new().base_url(at).timeout(short);
        let found = loaded(&service).await.unwrap_err();
        assert!(found.starts_with(told), "{found}");
    }
    for (body, told) in [
        (
            "<html>",
            "Proxyscrape gave no proxy in line 1: its host is none; it said `<html>`",
        ),
        (
            "10.0.0.1:80\r\n10.0",
            "Proxyscrape gave no proxy in line 2: it has no port; it said `10.0`",
        ),
        ("\r\n", "Proxyscrape gave an empty list"),
    ] {
        let site = Site::start();
        site.route("/v2/", move |_| Answer::text(body));
        let found = loaded(&Proxyscrape::new().base_url(base(&site)))
            .await
            .unwrap_err();
        assert!(
            found.starts_with("Proxyscrape gave ")
                && found.ends_with(&told[told.rfind(';').unwrap_or(0)..]),
            "{found}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_is_not_there_is_told_after_a_few_tries() {
    let gone = Proxyscrape::new()
        .base_url("http://127.0.0.1:1")
        .timeout(Duration::from_secs(60));
    let found = loaded(&gone).await.unwrap_err();
    assert!(
        found.starts_with("Proxyscrape cannot be asked: ") && found.contains("refused"),
        "{found}"
    );
}

#[tokio::test]
async fn a_key_that_is_missing_or_cannot_be_one_is_told_before_anything_is_asked() {
    let site = Site::start();
    for (key, told) in [
        ("", "Webshare has no key; give it one"),
        (" ", "Webshare has no key; give it one"),
        (
            "geheim\n",
            "Webshare has a key with characters that no header can have",
        ),
    ] {
        let service = Webshare::new(key).base_url(base(&site));
        assert_eq!(loaded(&service).await.unwrap_err(), told);
    }
    assert_eq!(site.total_hits(), 0);
    let told = Webshare::from_env().unwrap_err().to_string();
    assert_eq!(
        told,
        "the environment variable WEBSHARE_API_KEY is not set; set it, or use `new`"
    );
    let told = IpRoyal::from_env().unwrap_err().to_string();
    assert_eq!(
        told,
        "the environment variable IPROYAL_API_KEY is not set; set it, or use `new`"
    );
}

#[executor]
async fn idle() -> Result<()> {
    Ok(())
}

workflow! { Pages = scrape; }
workflow! { Idle = idle; }
workflow! { Both = idle -> scrape; }

#[tokio::test]
async fn a_run_without_its_list_does_not_begin_and_one_that_fetches_nothing_asks_for_none() {
    let site = Site::start();
    site.route(LIST, |_| Answer::json("{}").status(401));
    let (sandbox, url) = (Sandbox::new(), site.url("/page/1"));
    let tasks =
        || Tasks::from_pairs([("page", scrapeflow::ready::ScrapeParams::new(&url))]).unwrap();
    let run = Pages::in_dir(sandbox.dir())
        .tasks(tasks())
        .proxies(webshare(&site))
        .progress(Progress::Off);
    let told = run.run().await.unwrap_err().to_string();
    assert!(
        told.starts_with("Webshare answered HTTP 401; see whether its key is right"),
        "{told}"
    );
    assert_eq!((site.total_hits(), site.hits("/page/1")), (1, 0));
    assert!(sandbox.files().is_empty(), "no task was begun");
    let idle = Idle::in_dir(sandbox.dir())
        .tasks(tasks())
        .proxies(webshare(&site))
        .progress(Progress::Off);
    assert_eq!(idle.run().await.unwrap().done(), 1);
    let only = Both::in_dir(sandbox.dir())
        .tasks(tasks())
        .proxies(webshare(&site))
        .only::<idle>();
    assert_eq!(
        only.progress(Progress::Off).run().await.unwrap().failed(),
        0
    );
    assert_eq!(site.total_hits(), 1, "nobody needed the list");
}
