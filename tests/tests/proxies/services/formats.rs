//! Services are asked as they document it, and what they answer is read so.

use std::sync::atomic::{AtomicUsize, Ordering};

use scrapeflow::prelude::*;
use scrapeflow::{IpRoyal, Proxy, ProxyProvider, Proxyscrape, Webshare};
use scrapeflow_tests::{Answer, Ending, Site};

use super::{ENTRY, FREE, LIST, ORDER, base, loaded, page, webshare};

/// The URLs of what a service loads, passwords and all.
async fn exposed(service: &impl ProxyProvider) -> Vec<String> {
    let proxies = service.load().await.unwrap();
    proxies.iter().map(Proxy::expose_url).collect()
}

#[tokio::test]
async fn proxyscrape_gives_a_line_each_and_those_of_a_country_if_asked() {
    let site = Site::start();
    site.route(FREE, |_| {
        Answer::text("10.0.0.1:80\r\n10.0.0.2:8080\r\n\r\n10.0.0.3:3128")
    });
    let everywhere = Proxyscrape::new().base_url(base(&site));
    let all = [
        "http://10.0.0.1:80 -",
        "http://10.0.0.2:8080 -",
        "http://10.0.0.3:3128 -",
    ];
    assert_eq!(loaded(&everywhere).await.unwrap(), all);
    let german = Proxyscrape::new().base_url(base(&site)).country("De");
    assert_eq!(
        loaded(&german).await.unwrap(),
        all.map(|line| line.replace('-', "DE"))
    );
    for country in ["all", "de"] {
        let asked = format!(
            "/v2/?request=displayproxies&protocol=http&timeout=10000&country={country}&ssl=all&anonymity=all"
        );
        assert_eq!(site.hits(&asked), 1, "{country}");
    }
}

#[tokio::test]
async fn webshare_gives_all_its_pages_with_users_ports_and_countries() {
    let site = Site::start();
    let second = site.url("/api/proxy/list/?page=2");
    site.route(LIST, move |request| {
        if request.header("authorization") != Some("Token geheim-key") {
            return Answer::json(r#"{"detail": "Invalid token."}"#).status(401);
        }
        let (next, entry) = match request.query("page").as_deref() {
            None => (format!("\"{second}\""), ENTRY.to_owned()),
            Some("2") => {
                let german = ENTRY.replace("US", "de").replace("8080", "1080");
                (
                    format!("\"{LIST}?page=3\""),
                    german.replace("s3cret", "s3:@/"),
                )
            }
            Some(_) => (
                "null".to_owned(),
                ENTRY.replace("\"US\"", "null").replace("0.1", "0.3"),
            ),
        };
        Answer::json(format!(
            r#"{{"count": 3, "next": {next}, "previous": null, "results": [{entry}]}}"#
        ))
    });
    let service = webshare(&site);
    assert_eq!(
        exposed(&service).await,
        [
            "http://ann:s3cret@10.0.0.1:8080/",
            "http://ann:s3%3A%40%2F@10.0.0.1:1080/",
            "http://ann:s3cret@10.0.0.3:8080/"
        ]
    );
    let all = [
        "http://10.0.0.1:8080 US",
        "http://10.0.0.1:1080 DE",
        "http://10.0.0.3:8080 -",
    ];
    assert_eq!(loaded(&service).await.unwrap(), all);
    assert_eq!(site.total_hits(), 6);
    for _ in 0..2 {
        service.ready().await.unwrap();
    }
    assert_eq!((service.pool().len(), site.total_hits()), (3, 9), "once");
    let stranger = Webshare::new("other").base_url(base(&site));
    assert_eq!(
        loaded(&stranger).await.unwrap_err(),
        "Webshare answered HTTP 401; see whether its key is right; it said `{\"detail\": \"Invalid token.\"}`"
    );
}

#[tokio::test]
async fn iproyal_gives_those_of_an_order_at_its_one_port() {
    let site = Site::start();
    site.route(ORDER, |request| {
        assert_eq!(request.header("x-access-token"), Some("Bearer geheim-key"));
        Answer::json(
            r#"{"data": [{"username": "ann", "password": "s3cret", "ip": "10.0.0.1"}, {"username": "bob", "password": "x", "ip": "10.0.0.2"}]}"#,
        )
    });
    let service = IpRoyal::new("geheim-key", "7").base_url(base(&site));
    let all = [
        "http://ann:s3cret@10.0.0.1:12323/",
        "http://bob:x@10.0.0.2:12323/",
    ];
    assert_eq!(exposed(&service).await, all);
}

#[tokio::test]
async fn a_limit_of_requests_and_a_hiccup_are_waited_for_a_few_times() {
    for (failures, loads) in [(3, true), (4, false)] {
        let (site, asked) = (Site::start(), AtomicUsize::new(0));
        site.route(LIST, move |_| {
            let nth = asked.fetch_add(1, Ordering::SeqCst);
            let failed =
                |said, status| Answer::text(said).status(status).header("Retry-After", "0");
            match nth {
                nth if nth >= failures => Answer::json(page(ENTRY)),
                0 => failed("oops", 500),
                1 => failed("back soon", 503),
                _ => failed("slower", 429),
            }
        });
        let told = loaded(&webshare(&site)).await;
        if loads {
            assert_eq!(told.unwrap(), ["http://10.0.0.1:8080 US"]);
        } else {
            assert_eq!(
                told.unwrap_err(),
                "Webshare answered HTTP 429; it is asked too often; it said `slower`"
            );
        }
        assert_eq!(site.total_hits(), 4);
    }
}

#[tokio::test]
async fn a_list_without_an_end_ends_at_a_limit() {
    let site = Site::start();
    let asked = AtomicUsize::new(0);
    site.route("/itself/api/proxy/list/", |_| {
        Answer::json(page(ENTRY).replace("null", "\"?\""))
    });
    site.route(LIST, move |_| {
        let next = asked.fetch_add(1, Ordering::SeqCst) + 2;
        Answer::json(page(ENTRY).replace("null", &format!("\"?page={next}\"")))
    });
    for at in [site.url("/itself"), site.url("/")] {
        let asked = site.total_hits();
        let service = Webshare::new("geheim-key").base_url(at);
        assert_eq!(
            loaded(&service).await.unwrap_err(),
            "Webshare gave a list of more than 1000 pages"
        );
        assert_eq!(site.total_hits() - asked, 1000);
    }
}

#[tokio::test]
async fn a_service_that_hangs_or_is_not_there_is_told_in_time() {
    let (silent, halting) = (Site::start(), Site::start());
    for path in [FREE, LIST, ORDER] {
        silent.route(path, |_| Answer::raw("").ending(Ending::Hang));
        let half = Answer::text("10.0.").header("Content-Length", "99");
        halting.route(path, move |_| half.clone().ending(Ending::Hang));
    }
    let nobody = "http://127.0.0.1:1".to_owned();
    for (at, told, why) in [
        (base(&silent), "gave no whole list within 0.2 s", ""),
        (base(&halting), "gave no whole list within 0.2 s", ""),
        (nobody, "cannot be asked: ", "refused"),
    ] {
        let soon = Duration::from_millis(200);
        let free = Proxyscrape::new().base_url(&at).timeout(soon);
        let own = Webshare::new("geheim-key").base_url(&at).timeout(soon);
        let order = IpRoyal::new("geheim-key", "7").base_url(&at).timeout(soon);
        for (name, found) in [
            ("Proxyscrape", loaded(&free).await),
            ("Webshare", loaded(&own).await),
            ("IPRoyal", loaded(&order).await),
        ] {
            let found = found.unwrap_err();
            assert!(
                found.starts_with(&format!("{name} {told}")) && found.contains(why),
                "{at}: {found}"
            );
        }
    }
    let hits = [&silent, &halting].map(Site::total_hits);
    assert_eq!(hits, [3, 3]);
}

#[tokio::test]
async fn an_empty_list_is_told() {
    let site = Site::start();
    site.route(FREE, |_| Answer::text("\r\n"));
    site.route(LIST, |_| Answer::json(page("")));
    site.route(ORDER, |_| Answer::json(r#"{"data": []}"#));
    let order = IpRoyal::new("geheim-key", "7").base_url(base(&site));
    for (name, found) in [
        (
            "Proxyscrape",
            loaded(&Proxyscrape::new().base_url(base(&site))).await,
        ),
        ("Webshare", loaded(&webshare(&site)).await),
        ("IPRoyal", loaded(&order).await),
    ] {
        assert_eq!(found.unwrap_err(), format!("{name} gave an empty list"));
    }
}
