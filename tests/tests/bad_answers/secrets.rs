//! A failure names the URL that it is about, and nobody is ever told what that has before its host.

use std::fmt::Debug;

use scrapeflow::prelude::*;
use scrapeflow::ready::ScrapeParams;
use scrapeflow_tests::{Sandbox, Site};

use super::server::{Script, Server, answer, ok, redirect, say};
use super::{
    BROKEN_BODY, INVALID_URL, LATE, MALFORMED, NOT_ACCEPTED, ON_THE_WAY, OVER_THE_LIMIT, RAN_OVER,
    REFUSED, RESET, SOON, child,
};

/// The password in every URL here.
const SECRET: &str = "geheim";

const UNREACHABLE: &str = "ClientConnectionError true connection";

/// How a failure ends, by what scheme it was asked, and what was answered: for the page and for robots.txt.
type Failure = (&'static str, &'static str, Script, Script);

fn failures() -> [Failure; 12] {
    let no_rules = || answer("404 Not Found", "Content-Length: 0\r\n");
    let rules = || ok("", "User-agent: *\nDisallow: /");
    let page = |expected, page| (expected, "http", page, no_rules());
    [
        page(ON_THE_WAY, say("")),
        page(RESET, say("").reset()),
        page(MALFORMED, say("no HTTP")),
        page(BROKEN_BODY, ok("Content-Length: 99\r\n", "page")),
        page(OVER_THE_LIMIT, ok("", "").forever("page")),
        page(RAN_OVER, say("").hang()),
        page(
            NOT_ACCEPTED,
            answer("404 Not Found", "Content-Length: 0\r\n"),
        ),
        page(INVALID_URL, redirect("file:///page")),
        page(MALFORMED, redirect("http://user:geheim@[")),
        page(MALFORMED, redirect("/page")),
        (REFUSED, "http", ok("", "page"), rules()),
        (UNREACHABLE, "https", say("no TLS"), no_rules()),
    ]
}

/// Fetches a page by its URL with user and password, and gives what is left and the URL without them.
async fn failed((expected, scheme, page, robots): Failure) -> (child::Left, String) {
    let server = Server::start(page, robots).await;
    let url = |user: &str| format!("{scheme}://{user}{}/page", server.address);
    let options = if scheme == "http" {
        &["--robots"][..]
    } else {
        &[]
    };
    let timeout = if expected == RAN_OVER { SOON } else { LATE };
    let left = child::fetch(&url("user:geheim@"), timeout, options).await;
    let left = left.expect("it ends well");
    assert_eq!(left.recorded(), expected);
    (left, url(""))
}

#[tokio::test]
async fn failures_name_their_url_without_user_and_password() {
    for failure in failures() {
        let (left, url) = failed(failure).await;
        assert_eq!(left.url(), Some(&*url), "{}", left.recorded());
    }
}

#[tokio::test]
async fn nothing_that_is_stored_printed_or_logged_has_the_password() {
    for failure in failures() {
        assert_secret_in_none(&failed(failure).await.0);
    }
    for url in [
        "http://user:geheim@[::1/",
        "ftp://user:geheim@127.0.0.1/",
        "user:geheim@127.0.0.1",
    ] {
        let left = child::fetch(url, LATE, &[]).await.expect("it ends well");
        assert_eq!(left.recorded(), INVALID_URL);
        assert_secret_in_none(&left);
    }
}

#[tokio::test]
async fn where_a_redirect_led_is_told_without_the_password() {
    let site = Site::start();
    let url = site.url("/redirect/1").replace("//", "//user:geheim@");
    let left = child::fetch(&url, LATE, &[]).await.expect("it ends well");
    assert!(left.said.contains("final_url"), "{}", left.said);
    assert_secret_in_none(&left);
}

#[tokio::test]
async fn user_and_password_go_to_the_host_as_basic_authentication() {
    let site = Site::start();
    let url = site.url("/echo").replace("//", "//user:geheim@");
    let left = child::fetch(&url, LATE, &[]).await.expect("it ends well");
    let sent = site.requests();
    let header = sent[0].header("authorization");
    assert_eq!(
        header,
        Some("Basic dXNlcjpnZWhlaW0="),
        "{}",
        left.recorded()
    );
}

#[track_caller]
fn assert_secret_in_none(left: &child::Left) {
    for told in [&left.said, &left.logged] {
        if let Some((before, after)) = told.split_once(SECRET) {
            let before: String = before.chars().rev().take(200).collect();
            let before: String = before.chars().rev().collect();
            let after: String = after.chars().take(50).collect();
            panic!("{}: …{before}{SECRET}{after}…", left.recorded());
        }
    }
}

/// Everything that an executor can print of a request, its answer, and the failure of one.
#[executor]
async fn print(
    Params(task): Params<ScrapeParams>,
    fetch: Fetch,
    context: Context,
) -> Result<Vec<String>> {
    fn print(what: &dyn Debug) -> String {
        format!("{what:?} {what:#?}")
    }
    let request = fetch
        .task(&task)
        .cookie("c", SECRET)
        .header("authorization", SECRET);
    let mut printed = vec![print(&fetch), print(&context), print(&request)];
    let response = request.send().await?;
    printed.push(print(&response));
    printed.push(print(&response.json::<u8>().await.unwrap_err()));
    let refused = fetch
        .get(&task.url)
        .accept_status([201])
        .retries(0)
        .send()
        .await;
    printed.push(print(&refused.unwrap_err()));
    Ok(printed)
}

workflow! { Printed = print; }

#[tokio::test]
async fn what_is_printed_of_requests_and_answers_has_no_password() {
    let site = Site::start();
    let sandbox = Sandbox::new();
    let url = site.url("/page/1").replace("//", "//user:geheim@");
    let task = ScrapeParams::new(url).cookie("c", SECRET);
    let run = Printed::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("page", task)]).unwrap())
        .headers([("x-token", SECRET)])
        .progress(Progress::Off);
    let set_up = format!("{run:?}");
    let report = run.run().await.unwrap();
    assert_eq!(report.failed(), 0, "{report}");
    let printed = sandbox.status("page")["print"].to_string();
    for text in [set_up, printed, format!("{report:?}")] {
        assert!(!text.contains(SECRET), "{text}");
    }
}
