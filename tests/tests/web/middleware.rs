//! Layers around requests see each try and each hop with all headers in place, the first the outermost; they may
//! change requests and answers, answer themselves, and fail.

use std::io;
use std::sync::{Arc, Mutex};

use crate::asking::{Asking, ask};
use scrapeflow::AddressPolicy;
use scrapeflow::http;
use scrapeflow::middleware::tower::layer::layer_fn;
use scrapeflow::middleware::tower::util::{MapRequestLayer, MapResponseLayer};
use scrapeflow::middleware::tower::{BoxError, ServiceExt, service_fn};
use scrapeflow::middleware::{Body, Transport};
use scrapeflow::prelude::{Fetch, Politeness, Result, Run};
use scrapeflow_tests::{Answer, Site};
use serde_json::{Value, json};

type Request = http::Request<Body>;
type Response = http::Response<Body>;

/// What layers noted, in their order.
#[derive(Debug, Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn add(&self, note: impl Into<String>) {
        self.0.lock().unwrap().push(note.into());
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

async fn text(fetch: Fetch, url: String) -> Result<Value> {
    Ok(json!(fetch.get(&url).send().await?.text().await?))
}

#[tokio::test]
async fn a_layer_sees_each_try_and_hop_with_all_headers_in_place() {
    let site = Site::start();
    let busy = Mutex::new(true);
    site.route("/from", move |_| {
        if std::mem::take(&mut *busy.lock().unwrap()) {
            Answer::text("").status(503)
        } else {
            Answer::redirect("/echo?end").header("Set-Cookie", "jar=1")
        }
    });
    let notes = Notes::default();
    let seen = notes.clone();
    let look = MapRequestLayer::new(move |request: Request| {
        let names = [
            "user-agent",
            "accept",
            "x-run",
            "x-host",
            "x-request",
            "cookie",
        ];
        let has = names.iter().filter_map(|name| request.headers().get(*name));
        let has: Vec<&str> = has.map(|value| value.to_str().unwrap()).collect();
        seen.add(format!(
            "{} {}: {}",
            request.method(),
            request.uri().path(),
            has.join(" ")
        ));
        request
    });
    let set_up = |run: Run<Asking>| {
        run.layer(look)
            .user_agent("ours")
            .cookie_store(true)
            .headers([("x-run", "run")])
            .cookies([("c", "1")])
            .host("127.0.0.1", |host| host.header("x-host", "host"))
    };
    let asks = |fetch: Fetch, url: String| async move {
        let request = fetch.get(&url).header("x-request", "request");
        request.send().await?.json::<Value>().await
    };
    let echo = ask(&site.url("/from"), set_up, asks).await.unwrap();
    assert_eq!(
        notes.all(),
        [
            "GET /from: ours */* run host request c=1",
            "GET /from: ours */* run host request c=1",
            "GET /echo: ours */* run host request jar=1; c=1",
        ]
    );
    assert_eq!(echo["target"], "/echo?end");
}

#[tokio::test]
async fn a_robots_txt_goes_through_them_too_and_what_it_refuses_does_not() {
    let site = Site::start();
    site.robots("User-agent: *\nDisallow: /page\n");
    let notes = Notes::default();
    let seen = notes.clone();
    let look = MapRequestLayer::new(move |request: Request| {
        seen.add(request.uri().path());
        request
    });
    let polite = Politeness::default().robots(true);
    let set_up = |run: Run<Asking>| run.layer(look).politeness(polite);
    let told = ask(&site.url("/page/1"), set_up, text).await;
    assert!(told.unwrap_err().contains("disallows it"));
    assert_eq!(notes.all(), ["/robots.txt"]);
}

#[tokio::test]
async fn the_first_is_the_outermost() {
    let site = Site::start();
    let notes = Notes::default();
    let layer = |name: &'static str| {
        let notes = notes.clone();
        layer_fn(move |inner: Transport| {
            let notes = notes.clone();
            service_fn(move |request: Request| {
                let (inner, notes) = (inner.clone(), notes.clone());
                async move {
                    notes.add(format!("{name} in"));
                    let answer = inner.oneshot(request).await;
                    notes.add(format!("{name} out"));
                    answer
                }
            })
        })
    };
    let set_up = |run: Run<Asking>| run.layer(layer("a")).layer(layer("b")).layer(layer("c"));
    ask(&site.url("/page/1"), set_up, text).await.unwrap();
    assert_eq!(
        notes.all(),
        ["a in", "b in", "c in", "c out", "b out", "a out"]
    );
}

#[tokio::test]
async fn it_may_change_the_request_and_the_answer() {
    let site = Site::start();
    let sign = MapRequestLayer::new(|mut request: Request| {
        let signed = format!("signed {}", request.uri().path());
        request
            .headers_mut()
            .insert("x-signature", signed.parse().unwrap());
        request
    });
    let teapot = MapResponseLayer::new(|mut answer: Response| {
        *answer.status_mut() = http::StatusCode::IM_A_TEAPOT;
        answer
    });
    let told = ask(
        &site.url("/page/1"),
        |run| run.layer(sign).layer(teapot),
        text,
    )
    .await;
    assert_eq!(
        told,
        Err("RuntimeError final: HTTP response 418".to_owned())
    );
    let request = site.requests().pop().unwrap();
    assert_eq!(request.header("x-signature"), Some("signed /page/1"));
}

#[tokio::test]
async fn it_may_answer_itself() {
    let site = Site::start();
    let cache = layer_fn(|inner: Transport| {
        service_fn(move |request: Request| {
            let inner = inner.clone();
            async move {
                match request.uri().path() {
                    "/cached" => Ok(http::Response::new(Body::from("from the cache"))),
                    _ => inner.oneshot(request).await,
                }
            }
        })
    });
    let told = ask(&site.url("/cached"), |run| run.layer(cache), text).await;
    assert_eq!(told, Ok(json!("from the cache")));
    assert_eq!(site.total_hits(), 0);
    let told = ask(
        &site.url("/redirect/to?url=/cached"),
        |run| run.layer(cache),
        text,
    )
    .await;
    assert_eq!(told, Ok(json!("from the cache")));
    assert_eq!(site.total_hits(), 1);
}

#[tokio::test]
async fn a_redirect_of_its_own_has_no_address_and_may_lead_only_to_public_ones() {
    let site = Site::start();
    let to = site.url("/page/1");
    let redirect = layer_fn(move |inner: Transport| {
        let (inner, to) = (inner.clone(), to.clone());
        service_fn(move |request: Request| {
            let (inner, to) = (inner.clone(), to.clone());
            async move {
                match request.uri().host() {
                    Some("a.example") => {
                        let answer = http::Response::builder().status(302).header("location", to);
                        Ok::<_, BoxError>(answer.body(Body::from(""))?)
                    }
                    _ => inner.oneshot(request).await,
                }
            }
        })
    });
    let refused = ask("http://a.example/", |run| run.layer(redirect.clone()), text).await;
    let refused = refused.unwrap_err();
    assert!(
        refused.starts_with("RuntimeError final: `127.0.0.1` is loopback"),
        "{refused}"
    );
    assert_eq!(site.connections(), 0);
    let any = |run: Run<Asking>| run.layer(redirect).address_policy(AddressPolicy::Any);
    assert!(ask("http://a.example/", any, text).await.is_ok());
}

/// As layers do that follow redirects themselves: what we noted with the request is gone.
#[tokio::test]
async fn a_request_that_a_layer_makes_of_its_own_may_go_only_to_public_addresses_unless_any_will_do()
 {
    let site = Site::start();
    let to = site.url("/page/1");
    let own = layer_fn(move |inner: Transport| {
        let to = to.clone();
        service_fn(move |_: Request| {
            let request = http::Request::get(&to).body(Body::from("")).unwrap();
            inner.clone().oneshot(request)
        })
    });
    for (policy, goes) in [
        (AddressPolicy::Any, true),
        (AddressPolicy::NoPublicToPrivate, false),
        (AddressPolicy::PublicOnly, false),
    ] {
        let set_up = |run: Run<Asking>| run.layer(own.clone()).address_policy(policy);
        let told = ask("http://a.example/", set_up, text).await;
        match told {
            Ok(_) => assert!(goes, "{policy:?}"),
            Err(told) => {
                assert!(!goes, "{policy:?}: {told}");
                assert!(told.contains("`127.0.0.1` is loopback"), "{told}");
            }
        }
    }
    assert_eq!(site.total_hits(), 1);
}

#[tokio::test]
async fn its_error_is_classified_and_what_may_pass_is_tried_again() {
    type Fail = fn() -> BoxError;
    let rows: [(Fail, &str, usize); 4] = [
        (
            || io::Error::new(io::ErrorKind::ConnectionRefused, "nobody").into(),
            "ClientConnectorError retryable: nobody",
            3,
        ),
        (
            || io::Error::new(io::ErrorKind::ConnectionReset, "gone").into(),
            "ClientOSError retryable: gone",
            3,
        ),
        (
            || io::Error::from(io::ErrorKind::TimedOut).into(),
            "TimeoutError retryable: timed out",
            3,
        ),
        (|| "what is this".into(), "the run ends: ", 1),
    ];
    for (fail, told, tries) in rows {
        let notes = Notes::default();
        let tried = notes.clone();
        let failing = layer_fn(move |_: Transport| {
            let tried = tried.clone();
            service_fn(move |_: Request| {
                tried.add("try");
                async move { Err::<Response, _>(fail()) }
            })
        });
        let found = ask("http://a.example/", |run| run.layer(failing), text).await;
        let found = found.unwrap_err();
        assert!(found.starts_with(told), "{found}");
        assert_eq!(notes.all().len(), tries, "{found}");
    }
}

#[tokio::test]
async fn what_fails_below_it_keeps_its_class() {
    let site = Site::start();
    for (path, class) in [
        ("/close/before", "ServerDisconnectedError retryable: "),
        ("/reset", "ClientOSError retryable: "),
        ("/garbage", "ClientResponseError final: "),
        ("/short", "ClientPayloadError retryable: "),
        ("/gzip/broken", "ClientPayloadError retryable: "),
    ] {
        let through = MapRequestLayer::new(|request: Request| request);
        let told = ask(&site.url(path), |run| run.layer(through), text).await;
        let told = told.unwrap_err();
        assert!(told.starts_with(class), "{path}: {told}");
    }
}
