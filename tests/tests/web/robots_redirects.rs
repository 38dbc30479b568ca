//! robots.txt where redirects lead: each hop's is asked before the hop, and no credentials go to it that the hop
//! itself is not to have.

use std::sync::{Arc, Mutex};

use scrapeflow::http;
use scrapeflow::middleware::tower::{self, Service};
use scrapeflow::middleware::{self, Transport, answering};
use scrapeflow::prelude::*;
use scrapeflow::ready::{ScrapeParams, scrape};
use scrapeflow_tests::{Answer, Sandbox, Site};

workflow! { Pages = scrape; }

fn obedient(sandbox: &Sandbox, url: impl Into<String>) -> Run<Pages> {
    Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("page", ScrapeParams::new(url))]).unwrap())
        .politeness(Politeness::default().robots(true))
        .request_retries(0)
        .progress(Progress::Off)
}

fn status(sandbox: &Sandbox) -> String {
    let status = sandbox.status("page");
    status["scrape_status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn rules_are_followed_where_a_page_may_redirect() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    site.route("/robots.txt", |_| Answer::redirect("/rules"));
    site.route("/rules", |_| Answer::text("user-agent: *\ndisallow: /"));
    let run = obedient(&sandbox, site.url("/page/1")).accept_status([302]);
    run.run().await.unwrap();
    assert_eq!((site.hits("/rules"), site.hits("/page/1")), (1, 0));
}

/// The site that answers by a redirect is not of this machine, as far as anybody can tell.
#[tokio::test]
async fn rules_are_not_asked_for_where_the_address_policy_refuses_the_page() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    let to: http::HeaderValue = site.url("/page/1").parse().unwrap();
    let answers = tower::layer::layer_fn(move |inner: Transport| {
        let to = to.clone();
        tower::service_fn(move |request: http::Request<middleware::Body>| {
            let (mut inner, to) = (inner.clone(), to.clone());
            async move {
                if request.uri().host() != Some("far.example") {
                    return inner.call(request).await;
                }
                let mut answer = http::Response::new(middleware::Body::from(""));
                if request.uri().path() != "/robots.txt" {
                    *answer.status_mut() = http::StatusCode::FOUND;
                    answer.headers_mut().insert("location", to);
                }
                Ok(answer)
            }
        })
    });
    let run = obedient(&sandbox, "http://far.example/").layer(answers);
    run.on_unhandled(OnUnhandled::Record).run().await.unwrap();
    assert_eq!(site.total_hits(), 0);
    let said = status(&sandbox);
    let refused = said.starts_with("ERROR RuntimeError::") && !said.contains("robots.txt");
    assert!(refused, "{said}");
}

/// What each address is asked with, of credentials: of the run (`r`), of a host (`h`), of the URL (`u`).
async fn asked_with(from: &str, to: &'static str) -> Vec<String> {
    let (sandbox, asked) = (Sandbox::new(), Arc::new(Mutex::new(Vec::new())));
    let notes = asked.clone();
    let web = answering(move |request| {
        let (uri, headers) = (request.uri().clone(), request.headers());
        let mut with = String::new();
        for (name, value, letter) in [("cookie", "r=1", 'r'), ("x-token", "h", 'h')] {
            if headers.get(name).is_some_and(|found| found == value) {
                with.push(letter);
            }
        }
        if headers
            .get("authorization")
            .is_some_and(http::HeaderValue::is_sensitive)
        {
            with.push('u');
        }
        notes.lock().unwrap().push(format!("{uri} {with}"));
        let answer = match uri.path() {
            "/from" => http::Response::builder().status(302).header("location", to),
            _ => http::Response::builder(),
        };
        async move { answer.body(middleware::Body::from("")).unwrap() }
    });
    let run = obedient(&sandbox, from)
        .cookies([("r", "1")])
        .host("a.example", |host| host.header("x-token", "h"))
        .layer(web);
    assert_eq!(run.run().await.unwrap().done(), 1);
    asked.lock().unwrap().clone()
}

#[tokio::test]
async fn who_asks_for_rules_brings_no_credentials_that_the_page_is_not_to_have() {
    for (from, to, asked) in [
        (
            "https://ann:secret@a.example/from",
            "https://b.example/to",
            [
                "https://a.example/robots.txt rh",
                "https://a.example/from rhu",
                "https://b.example/robots.txt ",
                "https://b.example/to ",
            ],
        ),
        (
            "https://a.example/from",
            "http://a.example/to",
            [
                "https://a.example/robots.txt rh",
                "https://a.example/from rh",
                "http://a.example/robots.txt ",
                "http://a.example/to ",
            ],
        ),
    ] {
        assert_eq!(asked_with(from, to).await, asked);
    }
}

#[tokio::test]
async fn rules_that_cannot_be_read_leave_a_refresh_what_there_was() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    let run = || {
        let old = |step: scrapeflow::StepSettings| step.max_age(Duration::ZERO);
        obedient(&sandbox, site.url("/page/1")).configure::<scrape>(old)
    };
    assert_eq!(run().run().await.unwrap().done(), 1);
    site.route("/robots.txt", |_| Answer::text("").status(503));
    let report = run().run().await.unwrap();
    assert_eq!(report.executors[0].kept, 1, "{report}");
    assert_eq!(status(&sandbox), "SUCCESS");
    assert_eq!(sandbox.files().len(), 2);
}
