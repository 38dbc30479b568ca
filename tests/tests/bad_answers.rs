//! Whatever a server answers ends in its class: within the executor's time, in a process that doesn't panic
//! and never has much more memory than the limit of a body.

#![cfg(target_os = "linux")]

#[path = "bad_answers/bodies.rs"]
mod bodies;
#[path = "bad_answers/bombs.rs"]
mod bombs;
#[path = "bad_answers/child.rs"]
mod child;
#[path = "bad_answers/consequences.rs"]
mod consequences;
#[path = "bad_answers/encodings.rs"]
mod encodings;
#[path = "bad_answers/heads.rs"]
mod heads;
#[path = "bad_answers/secrets.rs"]
mod secrets;
#[path = "bad_answers/server.rs"]
mod server;

use std::time::Duration;

use futures::{StreamExt, stream};
use server::{Script, Server, ok, say};

/// An answer has no end: the executor's time runs out, and soon.
const SOON: Duration = Duration::from_secs(2);

/// An answer has an end: it is not the time that runs out.
const LATE: Duration = Duration::from_secs(60);

/// So many processes at a time.
const AT_ONCE: usize = 4;

const ON_THE_WAY: &str = "ServerDisconnectedError true disconnected";
const RESET: &str = "ClientOSError true reset";
const MALFORMED: &str = "ClientResponseError false response";
const BROKEN_BODY: &str = "ClientPayloadError true body";
const OVER_THE_LIMIT: &str = "ClientPayloadError false body";
const INVALID_URL: &str = "InvalidUrlClientError false invalid_url";
const REFUSED: &str = "RuntimeError false recorded";
/// Another time there may be rules.
const UNREADABLE: &str = "RuntimeError true recorded";
const NOT_ACCEPTED: &str = "RuntimeError false http_status";
const RAN_OVER: &str = "TimeoutError true timeout";

/// What a row is called, what is answered, and what becomes of it.
type Row = (&'static str, Script, &'static str);

/// Fetches a page that is answered so.
async fn check(options: &[&str], rows: impl IntoIterator<Item = Row>) {
    let rows = rows.into_iter().map(|(name, page, expected)| async move {
        let server = Server::start(page, say("")).await;
        (name, end_of(&server, options, expected).await, expected)
    });
    let rows = stream::iter(rows).buffer_unordered(AT_ONCE);
    all_as_expected(&rows.collect::<Vec<_>>().await);
}

/// Fetches a good page of a site whose robots.txt is answered so.
async fn check_robots(rows: impl IntoIterator<Item = Row>) {
    let rows = rows.into_iter().map(|(name, robots, expected)| async move {
        let server = Server::start(ok("Content-Length: 4\r\n", "page"), robots).await;
        (
            name,
            end_of(&server, &["--robots"], expected).await,
            expected,
        )
    });
    let rows = stream::iter(rows).buffer_unordered(AT_ONCE);
    all_as_expected(&rows.collect::<Vec<_>>().await);
}

async fn end_of(server: &Server, options: &[&str], expected: &str) -> String {
    let timeout = if expected == RAN_OVER { SOON } else { LATE };
    let url = format!("http://{}/page", server.address);
    match child::fetch(&url, timeout, options).await {
        Ok(left) => left.recorded(),
        Err(wrong) => wrong,
    }
}

#[track_caller]
fn all_as_expected(rows: &[(&str, String, &str)]) {
    let other = rows.iter().filter(|(_, found, expected)| found != expected);
    let other: Vec<String> = other
        .map(|(name, found, expected)| format!("{name}: {found}, not {expected}"))
        .collect();
    assert!(other.is_empty(), "\n{}", other.join("\n"));
}
