//! A run that keeps cookies sends them back by the rules of RFC 6265, over redirects and from task to task; one
//! that wasn't told to keeps none.

use std::net::SocketAddr;

use crate::asking::{Asking, ask};
use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow_tests::{Answer, Sandbox, Site};
use serde_json::json;

workflow! { Pages = scrape; }

/// A site whose `/set?c=…` sets that cookie, at any path that ends so, and where every name below `example` is.
fn site() -> Site {
    let site = Site::start();
    for path in ["/set", "/dir/set"] {
        site.route(path, |request| {
            Answer::text("").header("Set-Cookie", &request.query("c").unwrap())
        });
    }
    site
}

fn anywhere(run: Run<Asking>) -> Run<Asking> {
    let here = SocketAddr::from(([127, 0, 0, 1], 0));
    let names = ["a.example", "b.example", "sub.a.example", "xa.example"];
    let resolved = |run: Run<Asking>, name: &&str| run.resolve(name, here);
    names.iter().fold(run, resolved).accept_status([200, 404])
}

/// The cookies that come with the last of these requests, which one task makes one after the other.
async fn sent(
    site: &Site,
    urls: &[String],
    set_up: impl FnOnce(Run<Asking>) -> Run<Asking>,
) -> Option<String> {
    let asks = |fetch: Fetch, urls: String| async move {
        for url in urls.split(' ') {
            fetch.get(url).send().await?.bytes().await?;
        }
        Ok(json!(null))
    };
    let told = ask(&urls.join(" "), |run| set_up(anywhere(run)), asks).await;
    assert_eq!(told, Ok(json!(null)));
    let last = site.requests().pop().unwrap();
    assert!(
        last.header_values("cookie").count() <= 1,
        "RFC 6265, 5.4: not more than one"
    );
    last.header("cookie").map(str::to_owned)
}

fn set(site: &Site, cookie: &str) -> String {
    let cookie = cookie.replace(' ', "%20");
    site.url(&format!("/set?c={cookie}"))
}

#[tokio::test]
async fn cookies_are_kept_only_where_the_run_says_so() {
    let site = site();
    let urls = [set(&site, "a=1"), site.url("/page/1")];
    assert_eq!(sent(&site, &urls, |run| run).await, None);
    assert_eq!(
        sent(&site, &urls, |run| run.cookie_store(false)).await,
        None
    );
    let kept = sent(&site, &urls, |run| run.cookie_store(true)).await;
    assert_eq!(kept.as_deref(), Some("a=1"));
    // Another run begins without.
    let none = sent(&site, &urls[1..], |run| run.cookie_store(true)).await;
    assert_eq!(none, None);
}

#[tokio::test]
async fn they_go_where_domain_and_path_and_age_say() {
    let (site, other) = (site(), self::site());
    let table = "
        /set        c=1                         /x          sent
        /set        c=1;HttpOnly;SameSite=Lax   /x          sent
        /set        c=1                         b.example   -
        /set        c=1                         sub.a.example -
        /set        c=1;Domain=a.example        sub.a.example sent
        /set        c=1;Domain=.a.example       sub.a.example sent
        /set        c=1;Domain=a.example        xa.example  -
        /set        c=1;Domain=b.example        b.example   -
        /set        c=1;Domain=b.example        /x          -
        /set        c=1;Domain=sub.a.example    sub.a.example -
        /dir/set    c=1                         /dir/x      sent
        /dir/set    c=1                         /dir        sent
        /dir/set    c=1                         /dirx       -
        /dir/set    c=1                         /           -
        /dir/set    c=1;Path=/                  /           sent
        /set        c=1;Path=/dir               /dir/x      sent
        /set        c=1;Path=/dir               /dirx       -
        /set        c=1;Path=/dir               /           -
        /set        c=1;Secure                  /x          -
        /set        c=1;Max-Age=3600            /x          sent
        /set        c=1;Max-Age=0               /x          -
        /set        c=1;Max-Age=-1              /x          -
        /set        c=1;Expires=Thu,%2001%20Jan%201970%2000:00:00%20GMT  /x -
        /set        c=1;Expires=Thu,%2001%20Jan%202999%2000:00:00%20GMT  /x sent
        /set        c=1;Expires=whenever        /x          sent
        /set        =1                          /x          -
        /set        no-pair                     /x          -
    ";
    let port = site.address().port();
    for line in table.lines().filter(|line| !line.trim().is_empty()) {
        let row: Vec<&str> = line.split_whitespace().collect();
        let [at, cookie, asked, outcome] = row[..] else {
            panic!("{line}");
        };
        let asked = if asked.starts_with('/') {
            format!("a.example:{port}{asked}")
        } else {
            format!("{asked}:{port}/x")
        };
        let urls = [
            format!("http://a.example:{port}{at}?c={cookie}"),
            format!("http://{asked}"),
        ];
        let kept = sent(&site, &urls, |run| run.cookie_store(true)).await;
        assert_eq!(
            kept.as_deref(),
            (outcome == "sent").then_some("c=1"),
            "{line}"
        );
    }
    // RFC 6265, 8.5: ports don't tell cookies apart.
    let urls = [set(&site, "c=1"), other.url("/x")];
    let kept = sent(&other, &urls, |run| run.cookie_store(true)).await;
    assert_eq!(kept.as_deref(), Some("c=1"));
}

#[tokio::test]
async fn none_is_for_all_hosts_below_a_public_suffix() {
    let site = site();
    let port = site.address().port();
    for suffix in ["example", "co.uk", "github.io"] {
        let hosts = [format!("a.{suffix}"), format!("b.{suffix}")];
        let urls = [
            format!("http://{}:{port}/set?c=c=1;Domain={suffix}", hosts[0]),
            format!("http://{}:{port}/x", hosts[1]),
        ];
        let set_up = |run: Run<Asking>| {
            let here = SocketAddr::from(([127, 0, 0, 1], 0));
            let run = run.cookie_store(true);
            hosts.iter().fold(run, |run, host| run.resolve(host, here))
        };
        assert_eq!(sent(&site, &urls, set_up).await, None, "{suffix}");
    }
}

#[tokio::test]
async fn one_of_the_same_name_replaces_the_earlier_or_takes_it_away() {
    let site = site();
    for (cookies, kept) in [
        (&["c=1", "c=2"][..], Some("c=2")),
        (&["c=1", "c=2; Max-Age=0"], None),
        (&["c=1", "d=2; Max-Age=0"], Some("c=1")),
        (&["c=1; Path=/other", "c=2"], Some("c=2")),
    ] {
        let mut urls: Vec<String> = cookies.iter().map(|cookie| set(&site, cookie)).collect();
        urls.push(site.url("/x"));
        let sent = sent(&site, &urls, |run| run.cookie_store(true)).await;
        assert_eq!(sent.as_deref(), kept, "{cookies:?}");
    }
}

#[tokio::test]
async fn longer_paths_come_first() {
    let site = site();
    let paths = ["/a/b", "/", "/a/b/c/d", "/a", "/a/b/c/d/e", "/a/b/c"];
    let mut urls: Vec<String> = paths
        .map(|path| set(&site, &format!("c{}=1; Path={path}", path.len())))
        .into();
    urls.push(site.url("/a/b/c/d/e"));
    let kept = sent(&site, &urls, |run| run.cookie_store(true)).await;
    let by_path = "c10=1; c8=1; c6=1; c4=1; c2=1; c1=1";
    assert_eq!(kept.as_deref(), Some(by_path), "RFC 6265, 5.4");
}

#[tokio::test]
async fn a_redirect_that_sets_one_is_followed_with_it() {
    let site = site();
    site.route("/login", |_| {
        Answer::redirect("/home").header("Set-Cookie", "session=1")
    });
    let urls = [site.url("/login")];
    let kept = sent(&site, &urls, |run| run.cookie_store(true)).await;
    assert_eq!(kept.as_deref(), Some("session=1"));
    assert_eq!(site.requests().pop().unwrap().path(), "/home");
    // To another host the jar sends what that one set.
    let port = site.address().port();
    let there = format!("http://b.example:{port}/home");
    site.route("/away", move |_| {
        Answer::redirect(&there).header("Set-Cookie", "session=2")
    });
    let urls = [
        format!("http://b.example:{port}/set?c=b=1"),
        site.url("/away"),
    ];
    let kept = sent(&site, &urls, |run| run.cookie_store(true)).await;
    assert_eq!(kept.as_deref(), Some("b=1"));
}

#[tokio::test]
async fn given_cookies_go_beside_them_and_what_the_site_set_since_counts() {
    let site = site();
    let urls = [set(&site, "c=1"), site.url("/x")];
    let set_up = |run: Run<Asking>| {
        let run = run.cookie_store(true);
        run.cookies([("r", "1"), ("c", "first")])
    };
    assert_eq!(
        sent(&site, &urls, set_up).await.as_deref(),
        Some("c=1; r=1")
    );
}

#[tokio::test]
async fn a_requests_own_cookies_count_over_those_that_the_site_set() {
    let site = site();
    let asks = |fetch: Fetch, urls: String| async move {
        for url in urls.split(' ') {
            let request = fetch.get(url).cookie("c", "own");
            request.send().await?.bytes().await?;
        }
        Ok(json!(null))
    };
    let urls = [set(&site, "c=1"), set(&site, "d=1"), site.url("/x")];
    let set_up = |run| anywhere(run).cookie_store(true).cookies([("r", "1")]);
    ask(&urls.join(" "), set_up, asks).await.unwrap();
    let last = site.requests().pop().unwrap();
    assert_eq!(last.header("cookie"), Some("c=own; d=1"));
}

#[tokio::test]
async fn of_a_site_180_are_kept_whatever_their_paths() {
    let site = Site::start();
    site.route("/many", |request| {
        let from: usize = request.query("from").unwrap().parse().unwrap();
        (from..from + 60).fold(Answer::text(""), |answer, nth| {
            let path = if nth % 2 == 0 { "/" } else { "/elsewhere" };
            answer.header("Set-Cookie", &format!("c{nth}=1; Path={path}"))
        })
    });
    let mut urls: Vec<String> = [0, 60, 120, 180]
        .map(|from| site.url(&format!("/many?from={from}")))
        .into();
    urls.push(site.url("/x"));
    let kept = sent(&site, &urls, |run| run.cookie_store(true)).await;
    // Of those that have a path which fits, the newest.
    let mut kept: Vec<String> = kept.unwrap().split("; ").map(str::to_owned).collect();
    let mut newest: Vec<String> = (60..240)
        .step_by(2)
        .map(|nth| format!("c{nth}=1"))
        .collect();
    kept.sort_unstable();
    newest.sort_unstable();
    assert_eq!(kept, newest);
}

#[tokio::test]
async fn one_of_4096_bytes_is_kept_and_a_longer_one_is_not() {
    let site = Site::start();
    for (bytes, is_kept) in [(4096, true), (4097, false), (50_000, false)] {
        let long = format!("c={}", "x".repeat(bytes - 2));
        let cookie = long.clone();
        site.route("/long", move |_| {
            Answer::text("")
                .header("Set-Cookie", &cookie)
                .header("Set-Cookie", "d=1")
        });
        let urls = [site.url("/long"), site.url("/x")];
        let kept = sent(&site, &urls, |run| run.cookie_store(true))
            .await
            .unwrap();
        let mut kept: Vec<&str> = kept.split("; ").collect();
        kept.sort_unstable();
        let expected = [long.as_str(), "d=1"];
        assert_eq!(kept, expected[usize::from(!is_kept)..], "{bytes} bytes");
    }
}

#[tokio::test]
async fn tasks_of_a_run_share_them() {
    let site = Site::start();
    let sandbox = Sandbox::new();
    let urls =
        ["/cookies/set?session=1;%20Path=/", "/page/1", "/page/2"].map(|path| site.url(path));
    let report = Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_urls(urls).unwrap())
        .max_parallelism(1)
        .cookie_store(true)
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!(report.done(), 3);
    let sent = site.requests();
    let sent: Vec<Option<&str>> = sent
        .iter()
        .map(|request| request.header("cookie"))
        .collect();
    assert_eq!(sent, [None, Some("session=1"), Some("session=1")]);
}
