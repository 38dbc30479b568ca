//! What a site's robots.txt disallows is refused, and never asked for. Each site is asked for its rules once,
//! before any page; what it means when it has none, or cannot say, is RFC 9309's. Off unless a run or a host
//! says otherwise.

use std::net::TcpListener;

use scrapeflow::prelude::*;
use scrapeflow::ready::{ScrapeParams, scrape};
use scrapeflow_tests::{Answer, Ending, Sandbox, Site};

workflow! { Pages = scrape; }

const ALL: &str = "user-agent: *\ndisallow: /";

/// Tasks `0`, `1` and so on.
fn run<U: Into<String>>(sandbox: &Sandbox, urls: impl IntoIterator<Item = U>) -> Run<Pages> {
    let tasks = urls
        .into_iter()
        .enumerate()
        .map(|(n, url)| (n.to_string(), ScrapeParams::new(url)));
    Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs(tasks).unwrap())
        .request_retries(0)
        .progress(Progress::Off)
}

fn obedient<U: Into<String>>(sandbox: &Sandbox, urls: impl IntoIterator<Item = U>) -> Run<Pages> {
    run(sandbox, urls).politeness(Politeness::default().robots(true))
}

/// How a page ends under the robots.txt that the site has.
async fn ended(url: &str) -> String {
    let sandbox = Sandbox::new();
    obedient(&sandbox, [url]).run().await.unwrap();
    status(&sandbox)
}

fn status(sandbox: &Sandbox) -> String {
    sandbox.status("0")["scrape_status"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[track_caller]
fn assert_refused(status: &str, what: &str) {
    assert!(
        status.starts_with("ERROR RuntimeError::") && status.contains("robots.txt of 127.0.0.1"),
        "{what}: {status}"
    );
}

/// The site under a name of its own.
fn named(site: &Site, name: &str, path: &str) -> String {
    format!("http://{name}:{}{path}", site.address().port())
}

#[tokio::test]
async fn what_is_disallowed_is_refused_by_name_and_never_asked_for() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    site.robots("user-agent: *\ndisallow: /private\nallow: /private/open");
    let paths = ["/private/page?q=1", "/private/open", "/page/1"];
    site.route("/private/open", |_| Answer::text("open"));
    let urls = paths.map(|path| named(&site, "shop.example", path));
    let run = obedient(&sandbox, urls).resolve("shop.example", site.address());
    let report = run.request_retries(2).run().await.unwrap();
    assert_eq!(
        (report.done(), report.failed(), report.retries),
        (2, 1, 0),
        "{report}"
    );
    assert_eq!(site.hits("/private/page?q=1"), 0);

    let status = sandbox.status("0");
    let said = status["scrape_status"].as_str().unwrap();
    assert!(
        said.starts_with("ERROR RuntimeError::")
            && said.contains("robots.txt of shop.example disallows it (`Disallow: /private`)"),
        "{said}"
    );
    assert_eq!(status["scrape_meta"]["retryable"], false);
}

#[tokio::test]
async fn each_site_is_asked_once_and_before_any_page() {
    let (asked, open, sandbox) = (Site::start(), Site::start(), Sandbox::new());
    asked.route("/robots.txt", |_| Answer::text("").gate("rules"));
    // The same host at another port is another site.
    let urls = [&asked, &open]
        .into_iter()
        .flat_map(|site| (0..50).map(|n| site.url(&format!("/page/{n}"))));
    let pages = async {
        open.until(|site| site.served() == 51).await;
        asked.until(|site| site.total_hits() > 0).await;
        assert_eq!(asked.total_hits(), 1, "nothing is asked for before");
        asked.open("rules");
    };
    let (report, ()) = tokio::join!(obedient(&sandbox, urls).run(), pages);
    assert_eq!(report.unwrap().done(), 100);
    for site in [&asked, &open] {
        assert_eq!((site.hits("/robots.txt"), site.total_hits()), (1, 51));
        assert_eq!(site.requests()[0].path(), "/robots.txt");
    }
}

#[tokio::test]
async fn a_site_without_rules_allows_and_one_in_trouble_disallows() {
    let cases = [
        ("404", Answer::text(ALL).status(404), true),
        ("403", Answer::text(ALL).status(403), true),
        ("401", Answer::text(ALL).status(401), true),
        ("410", Answer::text(ALL).status(410), true),
        ("204", Answer::text("").status(204), true),
        ("200", Answer::text(ALL), false),
        ("429", Answer::text("").status(429), false),
        ("500", Answer::text("").status(500), false),
        ("503", Answer::text("").status(503), false),
        ("closed", Answer::raw(""), false),
        ("reset", Answer::raw("").ending(Ending::Reset), false),
        (
            "broken off",
            Answer::text("user-agent: *\nallow: /")
                .header("Content-Length", "1000")
                .ending(Ending::Cut),
            false,
        ),
        ("no HTTP", Answer::raw("NOTHING OF HTTP\r\n\r\n"), false),
    ];
    let mut wrong = Vec::new();
    for (name, answer, allows) in cases {
        let site = Site::start();
        site.route("/robots.txt", move |_| answer.clone());
        let status = ended(&site.url("/page/1")).await;
        assert!(site.hits("/robots.txt") > 0, "{name}");
        if allows != (status == "SUCCESS") || site.hits("/page/1") != usize::from(allows) {
            wrong.push(format!("{name}: {status}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_site_that_cannot_be_connected_to_disallows() {
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let status = ended(&format!("http://{nobody}/page")).await;
    assert_refused(&status, "nobody listens");
}

#[tokio::test]
async fn redirects_of_robots_txt_are_followed_five_times() {
    for (redirects, allows) in [(1, false), (5, false), (6, true)] {
        let site = Site::start();
        for n in 0..redirects {
            let from = if n == 0 {
                "/robots.txt".to_owned()
            } else {
                format!("/rules/{n}")
            };
            let to = format!("/rules/{}", n + 1);
            site.route(&from, move |_| Answer::redirect(&to));
        }
        site.route(&format!("/rules/{redirects}"), |_| Answer::text(ALL));
        let status = ended(&site.url("/page/1")).await;
        assert_eq!(
            status == "SUCCESS",
            allows,
            "{redirects} redirects: {status}"
        );
        assert_eq!(site.hits("/page/1"), usize::from(allows));
        assert_eq!(
            site.hits(&format!("/rules/{redirects}")),
            usize::from(!allows)
        );
    }
}

#[tokio::test]
async fn rules_may_lie_at_another_host() {
    let (site, other) = (Site::start(), Site::start());
    other.route("/rules", |_| Answer::text(ALL));
    let rules = other.url("/rules");
    site.route("/robots.txt", move |_| Answer::redirect(&rules));
    assert_refused(&ended(&site.url("/page/1")).await, "rules elsewhere");
    assert_eq!((site.hits("/page/1"), other.hits("/rules")), (0, 1));
    assert_eq!(other.hits("/robots.txt"), 0, "it was asked for one file");
}

#[tokio::test]
async fn the_name_that_is_sent_picks_the_group() {
    const RULES: &str = "user-agent: mybot\ndisallow: /page/1\n\
                         user-agent: scrapeflow\ndisallow: /page/2\n\
                         user-agent: *\ndisallow: /page/3";
    const MINE: &str = "MyBot/1.0 (+https://my.example)";
    type Change = fn(Run<Pages>) -> Run<Pages>;
    let cases: [(&str, Change, usize); 5] = [
        ("ours", |run| run, 2),
        ("the run's", |run| run.user_agent(MINE), 1),
        (
            "a browser's",
            |run| run.user_agent(scrapeflow::BROWSER_USER_AGENT),
            3,
        ),
        (
            "the run's, as a header",
            |run| run.headers([("User-Agent", MINE)]),
            1,
        ),
        (
            "the host's",
            |run| run.host("127.0.0.1", |host| host.user_agent(MINE)),
            1,
        ),
    ];
    let mut wrong = Vec::new();
    for (name, change, refused) in cases {
        let (site, sandbox) = (Site::start(), Sandbox::new());
        site.robots(RULES);
        let urls = (1..=3).map(|n| site.url(&format!("/page/{n}")));
        change(obedient(&sandbox, urls)).run().await.unwrap();
        let hits: Vec<usize> = (1..=3)
            .filter(|n| site.hits(&format!("/page/{n}")) == 0)
            .collect();
        if hits != [refused] {
            wrong.push(format!("{name}: {hits:?} instead of {refused}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_redirect_to_what_is_disallowed_is_refused() {
    let (site, other) = (Site::start(), Site::start());
    site.robots("user-agent: *\ndisallow: /private");
    other.robots(ALL);
    let (inside, outside) = (
        "/private/page".to_owned(),
        named(&other, "other.example", "/page/1"),
    );
    for (to, host) in [(inside, "site.example"), (outside, "other.example")] {
        let sandbox = Sandbox::new();
        site.route("/leads", move |_| Answer::redirect(&to));
        let run = obedient(&sandbox, [named(&site, "site.example", "/leads")])
            .resolve("site.example", site.address())
            .resolve("other.example", other.address());
        run.run().await.unwrap();
        let said = status(&sandbox);
        assert!(
            said.contains(&format!("robots.txt of {host} disallows it")),
            "{said}"
        );
    }
    assert_eq!(site.hits("/leads"), 2);
    assert_eq!(site.hits_matching(|path| path.starts_with("/private")), 0);
    assert_eq!((other.hits("/robots.txt"), other.total_hits()), (1, 1));
}

#[tokio::test]
async fn it_is_off_unless_the_run_or_the_host_turns_it_on() {
    type Change = fn(Run<Pages>) -> Run<Pages>;
    let cases: [(Change, [bool; 2]); 4] = [
        (|run| run, [false, false]),
        (
            |run| run.host("One.example", |host| host.robots(true)),
            [true, false],
        ),
        (
            |run| run.politeness(Politeness::default().robots(true)),
            [true, true],
        ),
        (
            |run| {
                run.politeness(Politeness::default().robots(true))
                    .host("one.example", |host| host.robots(false))
            },
            [false, true],
        ),
    ];
    for (n, (change, obeyed)) in cases.into_iter().enumerate() {
        let (sites, sandbox) = ([Site::start(), Site::start()], Sandbox::new());
        let names = ["one.example", "two.example"];
        let mut run = run(
            &sandbox,
            [0, 1].map(|at| named(&sites[at], names[at], "/page/1")),
        );
        for (site, name) in sites.iter().zip(names) {
            site.robots(ALL);
            run = run.resolve(name, site.address());
        }
        change(run).run().await.unwrap();
        for (site, obeyed) in sites.iter().zip(obeyed) {
            let asked = (site.hits("/robots.txt"), site.hits("/page/1"));
            let expected = if obeyed { (1, 0) } else { (0, 1) };
            assert_eq!(asked, expected, "case {n}");
        }
    }
}

#[tokio::test]
async fn rules_count_up_to_500_kib() {
    const COUNTS: usize = 500 * 1024;
    let last = "\ndisallow: /page/1\n";
    for (padding, refused) in [
        (COUNTS - last.len(), true),
        (COUNTS - last.len() + 2, false),
        (COUNTS, false),
        (20 * COUNTS, false),
    ] {
        let site = Site::start();
        let head = "user-agent: *\ndisallow: /page/0\n#";
        let comment = "x".repeat(padding - head.len());
        site.robots(&format!("{head}{comment}{last}"));
        let status = ended(&site.url("/page/1")).await;
        assert_eq!(status != "SUCCESS", refused, "{padding}: {status}");
        assert_refused(
            &ended(&site.url("/page/0")).await,
            "what comes before counts",
        );
    }
}

#[tokio::test]
async fn a_stop_ends_what_waits_for_a_robots_txt_that_never_comes() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    site.route("/robots.txt", |_| Answer::raw("").ending(Ending::Hang));
    let urls = (0..20).map(|n| site.url(&format!("/page/{n}")));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let run = obedient(&sandbox, urls)
        .stop_when(async { stopped.await.unwrap() })
        .grace(Duration::ZERO);
    let (report, ()) = tokio::join!(run.run(), async {
        site.until(|site| site.hits("/robots.txt") == 1).await;
        stop.send(()).unwrap();
    });
    let report = report.unwrap();
    assert!(report.interrupted && report.abandoned == 0, "{report}");
    assert_eq!(report.total(), report.count(Outcome::Interrupted));
    assert_eq!(sandbox.files(), [""; 0], "nothing is recorded");
    assert_eq!(site.total_hits(), 1);
}

#[tokio::test]
async fn what_is_asked_of_a_page_is_not_asked_of_its_rules() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    site.route("/page", |_| Answer::text("a").header("ETag", "\"a\""));
    let url = site.url("/page");
    run(&sandbox, [&url]).run().await.unwrap();
    // As it is with one `ETag` for all, or a robots.txt that is older than the page.
    site.route("/robots.txt", |request| {
        match request.header("if-none-match") {
            Some(_) => Answer::text("").status(304),
            None => Answer::text(ALL),
        }
    });
    let again = obedient(&sandbox, [&url]).configure::<scrape>(|step| step.max_age(Duration::ZERO));
    again.run().await.unwrap();
    assert_eq!((site.hits("/robots.txt"), site.hits("/page")), (1, 1));
}
