//! What a request sends, what answer it takes, and what it gives of it: the run's settings, over them the
//! host's, over them its own. What cannot be sent is refused before the run begins.

use crate::asking::{Asking, ask};
use scrapeflow::Method;
use scrapeflow::ready::{ScrapeParams, scrape};
use scrapeflow::{BROWSER_USER_AGENT, Host, prelude::*};
use scrapeflow_tests::{Answer, Request, Sandbox, Site};
use serde_json::{Value, json};

workflow! { Pages = scrape; }

/// What the site received of a request for `/echo`.
async fn received(
    site: &Site,
    set_up: impl FnOnce(Run<Asking>) -> Run<Asking>,
    change: impl Fn(scrapeflow::Request) -> scrapeflow::Request + Send + Sync + 'static,
) -> Request {
    let asks = move |fetch: Fetch, url: String| {
        let request = change(fetch.get(&url));
        async move { Ok(json!(request.send().await?.status())) }
    };
    assert_eq!(ask(&site.url("/echo"), set_up, asks).await, Ok(json!(200)));
    site.requests().pop().unwrap()
}

fn values<'a>(request: &'a Request, name: &str) -> Vec<&'a str> {
    request.header_values(name).collect()
}

/// The host that all sites of tests have.
fn host<W: Workflow>(run: Run<W>, change: impl FnOnce(Host) -> Host) -> Run<W> {
    run.host("127.0.0.1", change)
}

#[tokio::test]
async fn any_method_is_sent_with_its_body() {
    let site = Site::start();
    for (method, body) in [
        (Method::GET, ""),
        (Method::HEAD, ""),
        (Method::DELETE, ""),
        (Method::PUT, "<page/>"),
        (Method::PATCH, "a=1"),
        (Method::from_bytes(b"PURGE").unwrap(), ""),
    ] {
        let sent = method.clone();
        let asks = move |fetch: Fetch, url: String| {
            let request = fetch.request(sent.clone(), &url).body(body);
            async move { Ok(json!(request.send().await?.status())) }
        };
        let answer = ask(&site.url("/echo"), |run| run, asks).await;
        assert_eq!(answer, Ok(json!(200)), "{method}");
        let received = site.requests().pop().unwrap();
        assert_eq!(received.method(), method.as_str());
        assert_eq!(received.body(), body.as_bytes(), "{method}");
        assert_eq!(values(&received, "accept"), ["*/*"], "{method}");
    }
}

#[tokio::test]
async fn json_is_posted_and_asked_for() {
    let site = Site::start();
    let asks = async |fetch: Fetch, url: String, own: bool| {
        let request = fetch.post_json(&url, &json!({ "q": "gr\u{fc}n" }));
        let request = if own {
            request
                .header("accept", "text/csv")
                .header("content-type", "application/x")
        } else {
            request
        };
        request.send().await?.json::<Value>().await
    };
    for (own, accept, content_type) in [
        (false, "application/json", "application/json"),
        (true, "text/csv", "application/x"),
    ] {
        let asks = move |fetch, url| Box::pin(asks(fetch, url, own));
        let echo = ask(&site.url("/echo"), |run| run, asks).await.unwrap();
        let received = site.requests().pop().unwrap();
        assert_eq!(echo["method"], "POST");
        assert_eq!(echo["body"], "{\"q\":\"gr\u{fc}n\"}");
        assert_eq!(values(&received, "accept"), [accept]);
        assert_eq!(values(&received, "content-type"), [content_type]);
    }
}

#[tokio::test]
async fn headers_of_the_request_go_over_the_hosts_and_those_over_the_runs() {
    let site = Site::start();
    let of_run = [
        ("x-run", "run"),
        ("x-twice", "1"),
        ("X-Twice", "2"),
        ("x-host", "run"),
        ("x-request", "run"),
        ("x-request", "again"),
    ];
    let set_up = |run: Run<Asking>| {
        let run = run.headers(of_run);
        let run = host(run, |host| {
            host.header("X-Host", "host").header("x-request", "host")
        });
        host(run, |host| host.header("x-more", "host"))
            .host("other.example", |host| host.header("x-run", "other"))
    };
    let received = received(&site, set_up, |request| {
        request
            .header("x-request", "first")
            .header("x-request", "request")
    })
    .await;
    for (name, sent) in [
        ("x-run", &["run"][..]),
        ("x-twice", &["1", "2"]),
        ("x-host", &["host"]),
        ("x-more", &["host"]),
        ("x-request", &["request"]),
    ] {
        assert_eq!(values(&received, name), sent, "{name}");
    }
}

#[tokio::test]
async fn headers_given_again_replace_those_of_their_names() {
    let site = Site::start();
    let set_up = |run: Run<Asking>| {
        run.headers([("x-a", "1"), ("x-a", "2"), ("x-b", "1")])
            .headers([("X-A", "3"), ("x-c", "1")])
    };
    let received = received(&site, set_up, |request| request).await;
    for (name, sent) in [("x-a", ["3"]), ("x-b", ["1"]), ("x-c", ["1"])] {
        assert_eq!(values(&received, name), sent, "{name}");
    }
}

#[tokio::test]
async fn cookies_of_the_request_go_instead_of_the_hosts_and_those_instead_of_the_runs() {
    let site = Site::start();
    for (run_has, host_has, request_has, sent) in [
        (false, false, false, &[][..]),
        (true, false, false, &["r=1; s=2"]),
        (true, true, false, &["h=1"]),
        (false, true, true, &["q=1; p=a b"]),
        (true, true, true, &["q=1; p=a b"]),
    ] {
        let set_up = |mut run: Run<Asking>| {
            if run_has {
                run = run.cookies([("r", "1"), ("s", "2")]);
            }
            if host_has {
                run = host(run, |host| host.cookie("h", "1"));
            }
            run
        };
        let received = received(&site, set_up, move |request| {
            if request_has {
                request.cookie("q", "1").cookie("p", "a b")
            } else {
                request
            }
        });
        assert_eq!(values(&received.await, "cookie"), sent);
    }
}

#[tokio::test]
async fn a_requests_own_cookie_header_is_sent_as_it_is() {
    let site = Site::start();
    let set_up = |run: Run<Asking>| host(run.cookies([("r", "1")]), |host| host.cookie("h", "1"));
    let received = received(&site, set_up, |request| request.header("cookie", "q=1")).await;
    assert_eq!(values(&received, "cookie"), ["q=1"]);
}

type SetUp<'a> = Box<dyn FnOnce(Run<Asking>) -> Run<Asking> + 'a>;

#[tokio::test]
async fn the_user_agent_is_ours_until_it_is_said_otherwise() {
    let site = Site::start();
    let ours = concat!(
        "scrapeflow/",
        env!("CARGO_PKG_VERSION"),
        " (+https://github.com/scrapeflow/scrapeflow)"
    );
    let shop = |run: Run<Asking>| host(run, |host| host.user_agent("shop"));
    let rows: [(SetUp<'_>, &str); 6] = [
        (Box::new(|run| run), ours),
        (Box::new(|run| run.user_agent("quotes/2")), "quotes/2"),
        (
            Box::new(|run| run.user_agent(BROWSER_USER_AGENT)),
            BROWSER_USER_AGENT,
        ),
        (Box::new(|run| shop(run.user_agent("quotes/2"))), "shop"),
        (
            Box::new(|run| run.headers([("User-Agent", "header")])),
            "header",
        ),
        (
            Box::new(|run| run.host("else.example", |host| host.user_agent("no"))),
            ours,
        ),
    ];
    for (set_up, sent) in rows {
        let received = received(&site, set_up, |request| request).await;
        assert_eq!(values(&received, "user-agent"), [sent]);
    }
    let own = |request: scrapeflow::Request| request.header("user-agent", "own");
    let received = received(&site, shop, own).await;
    assert_eq!(values(&received, "user-agent"), ["own"]);
    assert!(
        BROWSER_USER_AGENT.starts_with("Mozilla/5.0 ("),
        "{BROWSER_USER_AGENT}"
    );
}

#[tokio::test]
async fn the_status_that_is_accepted_is_the_requests_over_the_hosts_over_the_runs() {
    let site = Site::start();
    // 0 says nothing.
    for (of_run, of_host, of_request, accepted, refused) in [
        (0, 0, 0, &[200, 201, 206, 299][..], &[300, 304, 404][..]),
        (404, 0, 0, &[404], &[200, 403]),
        (404, 410, 0, &[410], &[200, 404]),
        (404, 0, 418, &[418], &[200, 404]),
        (404, 410, 418, &[418], &[200, 404, 410]),
        (0, 0, 302, &[302], &[200]),
    ] {
        let outcomes = accepted.iter().map(|status| (status, true));
        for (status, is_accepted) in outcomes.chain(refused.iter().map(|status| (status, false))) {
            let set_up = |mut run: Run<Asking>| {
                if of_run > 0 {
                    run = run.accept_status([of_run]);
                }
                if of_host > 0 {
                    run = host(run, |host| host.accept_status([of_host]));
                }
                run
            };
            let asks = move |fetch: Fetch, url: String| {
                let request = match of_request {
                    0 => fetch.get(&url),
                    status => fetch.get(&url).accept_status([status]),
                };
                async move { Ok(json!(request.send().await?.status())) }
            };
            let answer = ask(&site.url(&format!("/status/{status}")), set_up, asks).await;
            let expected = if is_accepted {
                Ok(json!(status))
            } else {
                Err(format!("RuntimeError final: HTTP response {status}"))
            };
            assert_eq!(answer, expected, "{of_run} {of_host} {of_request}");
        }
    }
}

#[tokio::test]
async fn after_a_redirect_the_host_that_answers_says_what_is_accepted() {
    let site = Site::start();
    site.route("/from", |_| {
        Answer::redirect("http://to.example/status/410")
    });
    for (name, answer) in [
        ("to.example", Ok(json!(410))),
        (
            "127.0.0.1",
            Err("RuntimeError final: HTTP response 410".to_owned()),
        ),
    ] {
        let set_up = |run: Run<Asking>| {
            run.resolve("to.example", site.address())
                .host(name, |host| host.accept_status([410]))
        };
        let asks = |fetch: Fetch, url: String| async move {
            Ok(json!(fetch.get(&url).send().await?.status()))
        };
        assert_eq!(
            ask(&site.url("/from"), set_up, asks).await,
            answer,
            "{name}"
        );
    }
}

#[tokio::test]
async fn scrape_accepts_exactly_200_unless_the_run_or_the_host_says_otherwise() {
    let site = Site::start();
    for (of_run, of_host, accepted, refused) in [
        (&[][..], 0, &[200][..], &[201, 204, 206, 302, 404][..]),
        (&[200, 404], 0, &[200, 404], &[201, 410]),
        (&[404], 0, &[404], &[200]),
        (&[], 404, &[404], &[200, 201]),
    ] {
        let sandbox = Sandbox::new();
        let urls = accepted.iter().chain(refused);
        let tasks = urls.map(|status| {
            let url = site.url(&format!("/status/{status}"));
            (status.to_string(), ScrapeParams::new(url))
        });
        let mut run = Pages::in_dir(sandbox.dir())
            .tasks(Tasks::from_pairs(tasks).unwrap())
            .progress(Progress::Off);
        if !of_run.is_empty() {
            run = run.accept_status(of_run.iter().copied());
        }
        if of_host > 0 {
            run = host(run, |host| host.accept_status([of_host]));
        }
        run.run().await.unwrap();
        for status in accepted {
            let told = sandbox.status(&status.to_string())["scrape_status"].clone();
            assert_eq!(told, "SUCCESS", "{status}");
        }
        for status in refused {
            let told = sandbox.status(&status.to_string())["scrape_status"].clone();
            assert_eq!(told, format!("ERROR RuntimeError::HTTP response {status}"));
        }
    }
}
