//! A refresh asks nginx whether a page has changed, by what nginx said of it. What has not changed is kept as it
//! is, and so are its readers; what has changed is fetched; and nothing is lost where nginx is gone.

use std::collections::BTreeMap;

use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow_tests::nginx::{Config, Logged};
use scrapeflow_tests::sandbox::Stamp;
use scrapeflow_tests::{Nginx, Sandbox};
use serde_json::{Value, json};

#[executor]
async fn upper(page: Body<scrape>) -> Result<String> {
    Ok(page.text().to_uppercase())
}

workflow! { Pages = scrape -> upper; }

/// What the page says first. Long enough for nginx to compress it.
const FIRST: &str = "the first edition, the first edition, the first edition";

const SECOND: &str = "the second edition, the second edition, the second edition";

/// What nginx may say of a page's edition: directives, and whether there are an `ETag` and a date.
const SERVERS: [(&str, bool, bool); 4] = [
    ("", true, true),
    // Weak: `W/"…"`.
    ("gzip on; gzip_min_length 1;", true, true),
    ("etag off;", false, true),
    ("add_header Last-Modified '';", true, false),
];

/// A page that was scraped and read.
struct Shop {
    nginx: Nginx,
    sandbox: Sandbox,
}

impl Shop {
    async fn scraped(server: &str) -> Self {
        let nginx = Nginx::configured(&Config {
            server,
            ..Config::default()
        });
        nginx.put("/page", FIRST);
        let shop = Self {
            nginx,
            sandbox: Sandbox::new(),
        };
        assert_eq!(shop.run().run().await.unwrap().done(), 1);
        let first = shop.asked();
        assert_eq!((first.status, conditions(&first)), (200, ("", "")));
        assert_eq!(shop.status()["upper"], FIRST.to_uppercase());
        shop
    }

    fn run(&self) -> Run<Pages> {
        self.run_with(json!({ "url": self.nginx.url("/page") }))
    }

    fn run_with(&self, params: Value) -> Run<Pages> {
        Pages::in_dir(self.sandbox.dir())
            .tasks(Tasks::from_pairs([("page", params)]).unwrap())
            .request_retries(0)
            .progress(Progress::Off)
    }

    /// A run to which all that there is is too old.
    fn refresh(&self) -> Run<Pages> {
        aged(self.run())
    }

    fn status(&self) -> Value {
        self.sandbox.status("page")
    }

    /// The body's file, and whether it was written again.
    fn body(&self) -> Option<Stamp> {
        let mut stamps: BTreeMap<_, _> = self.sandbox.stamps();
        stamps.remove("page.scrape")
    }

    /// The newest request that nginx answered.
    #[track_caller]
    fn asked(&self) -> Logged {
        self.nginx.log().pop().expect("nginx was asked")
    }
}

/// A run to which all that there is is too old.
fn aged(run: Run<Pages>) -> Run<Pages> {
    run.configure::<scrape>(|step| step.max_age(Duration::ZERO))
}

/// What a request made its answer depend on.
fn conditions(logged: &Logged) -> (&str, &str) {
    (&logged.if_none_match, &logged.if_modified_since)
}

/// What was said of the body when it was fetched.
fn said<'a>(status: &'a Value, header: &str) -> &'a str {
    let said = &status["scrape"]["response_headers"][header];
    said.as_str().unwrap_or_default()
}

#[tokio::test]
async fn an_unchanged_page_is_kept_and_its_readers_are_skipped() {
    for (server, etag, date) in SERVERS {
        let shop = Shop::scraped(server).await;
        // By the headers of the last answer, be it a 304.
        for round in 1..=2 {
            let (before, body) = (shop.status(), shop.body());
            let known = (said(&before, "Etag"), said(&before, "Last-Modified"));
            assert_eq!((!known.0.is_empty(), !known.1.is_empty()), (etag, date));

            let report = shop.refresh().run().await.unwrap();
            assert_eq!(
                (report.executors[0].succeeded, report.executors[1].skipped),
                (1, 1),
                "{server}"
            );
            let asked = shop.asked();
            assert_eq!((asked.status, conditions(&asked)), (304, known), "{server}");
            assert_eq!(shop.nginx.log().len(), 1 + round, "{server}");

            let after = shop.status();
            assert_eq!(shop.body(), body, "{server}");
            for field in ["size", "content"] {
                assert_eq!(after["scrape"][field], before["scrape"][field], "{server}");
            }
            assert_eq!(said(&after, "Content-Type"), "text/html", "{server}");
            let file = |status: &Value| {
                let mut file = status["scrape_meta"]["files"][0].clone();
                // The last answer's.
                file["validators"].take();
                file
            };
            assert_eq!(file(&after), file(&before), "{server}");
            assert_eq!(after["scrape_status"], "SUCCESS", "{server}");
            assert_ne!(after["scrape_last_run"], before["scrape_last_run"]);
            assert_eq!(after["upper_status"], "SKIPPED", "{server}");
            for field in ["upper", "upper_last_run"] {
                assert_eq!(after[field], before[field], "{server}");
            }
        }
    }
}

#[tokio::test]
async fn a_changed_page_is_fetched_and_its_readers_run() {
    for (server, etag, date) in SERVERS {
        let shop = Shop::scraped(server).await;
        shop.nginx.put("/page", SECOND);
        shop.refresh().run().await.unwrap();
        let asked = shop.asked();
        let (by_etag, by_date) = conditions(&asked);
        assert_eq!((!by_etag.is_empty(), !by_date.is_empty()), (etag, date));
        assert_eq!(asked.status, 200, "{server}");
        let status = shop.status();
        assert_eq!(status["upper"], SECOND.to_uppercase(), "{server}");
        assert_eq!(status["upper_status"], "SUCCESS", "{server}");
        assert_eq!(shop.sandbox.read("page.scrape"), SECOND.as_bytes());

        // Put there again as it is: another edition by its date, the same to its readers.
        shop.nginx.put("/page", SECOND);
        let report = shop.refresh().run().await.unwrap();
        assert_eq!(shop.asked().status, 200, "{server}");
        assert_eq!(report.executors[1].skipped, 1, "{server}");
    }
}

#[tokio::test]
async fn nothing_is_lost_while_nginx_is_gone() {
    let mut shop = Shop::scraped("").await;
    let (before, body) = (shop.status(), shop.body());
    shop.nginx.stop();
    let report = shop.refresh().run().await.unwrap();
    assert_eq!(
        (report.executors[0].kept, report.executors[1].skipped),
        (1, 1)
    );
    assert_eq!((report.failed(), report.exit_code()), (0, 0));
    let mut kept = shop.status();
    let error = kept["scrape_meta"]["refresh_error"].take();
    let error = error.as_str().unwrap();
    assert!(error.starts_with("ClientConnectorError::"), "{error}");
    for field in [
        "scrape",
        "scrape_status",
        "scrape_last_run",
        "upper",
        "upper_last_run",
    ] {
        assert_eq!(kept[field], before[field], "{field}");
    }
    assert_eq!(shop.body(), body);

    shop.nginx.go_on();
    shop.refresh().run().await.unwrap();
    assert_eq!(shop.asked().status, 304);
    let status = shop.status();
    assert_eq!(status["scrape_meta"].get("refresh_error"), None);
    assert_ne!(status["scrape_last_run"], before["scrape_last_run"]);
    assert_eq!(shop.body(), body);
}

#[tokio::test]
async fn what_is_not_there_to_be_kept_is_asked_for_without_conditions() {
    type Damage = fn(&Sandbox);
    let damages: [(&str, Damage); 2] = [
        ("gone", |sandbox| sandbox.remove("page.scrape")),
        ("cut", |sandbox| sandbox.write("page.scrape", &FIRST[..9])),
    ];
    for (how, damage) in damages {
        let shop = Shop::scraped("").await;
        damage(&shop.sandbox);
        let report = shop.refresh().run().await.unwrap();
        assert_eq!(report.executors[0].succeeded, 1, "{how}");
        let asked = shop.asked();
        assert_eq!((asked.status, conditions(&asked)), (200, ("", "")), "{how}");
        assert_eq!(shop.sandbox.read("page.scrape"), FIRST.as_bytes(), "{how}");
    }
}

#[tokio::test]
async fn what_is_forced_is_asked_for_without_conditions() {
    let shop = Shop::scraped("").await;
    // A forced run is none even where the age alone would make it one.
    for run in [shop.run(), shop.refresh()] {
        let before = shop.status();
        run.force::<scrape>().run().await.unwrap();
        let asked = shop.asked();
        assert_eq!((asked.status, conditions(&asked)), (200, ("", "")));
        let after = shop.status();
        assert_ne!(after["scrape_last_run"], before["scrape_last_run"]);
        assert_eq!(after["upper_status"], "SKIPPED", "the same again");
    }
    assert_eq!(shop.nginx.log().len(), 3);
}

#[tokio::test]
async fn another_page_is_asked_for_without_conditions() {
    let shop = Shop::scraped("").await;
    shop.nginx.put("/other", SECOND);
    let other = json!({ "url": shop.nginx.url("/other") });
    aged(shop.run_with(other)).run().await.unwrap();
    let asked = shop.asked();
    assert_eq!((&*asked.target, asked.status), ("/other", 200));
    assert_eq!(conditions(&asked), ("", ""));
    assert_eq!(shop.status()["upper"], SECOND.to_uppercase());
}

#[tokio::test]
async fn a_post_is_made_without_conditions() {
    // A server may answer 412 to a POST that comes with one (RFC 9110, 13.1.2). nginx has no POST for files.
    let shop = Shop::scraped("error_page 405 =200 $uri;").await;
    let post = json!({ "url": shop.nginx.url("/page"), "post_payload": {} });
    for round in 1..=2 {
        let report = aged(shop.run_with(post.clone())).run().await.unwrap();
        assert_eq!(report.executors[0].succeeded, 1);
        assert_ne!(said(&shop.status(), "Etag"), "");
        let asked = shop.asked();
        assert_eq!(
            (asked.status, conditions(&asked)),
            (200, ("", "")),
            "round {round}"
        );
    }
}
