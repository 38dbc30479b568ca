//! Whatever a site does wrong is recorded on its task under the class that is promised for it, with what a
//! rerun and a dashboard go by (`retryable`, `http_status`, `kind`), and leaves no file behind.
//!
//! A name that doesn't resolve is tried where the class is found, in `fetch/classify.rs`: asking for one here
//! could send a question out of this machine.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener};
use std::thread;

use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow_tests::{Answer, Sandbox, Site};
use serde_json::{Value, json};

workflow! { Pages = scrape; }

/// More than any answer takes here: what the site breaks must not pass for slowness.
const PATIENCE: Duration = Duration::from_secs(60);

/// Scrapes these URLs, all of which have to fail, and gives what is recorded of each, in order: class,
/// `retryable`, `http_status`, `kind`.
async fn recorded<U: AsRef<str>>(urls: &[U], timeout: Duration) -> Vec<Value> {
    let sandbox = Sandbox::new();
    let tasks = urls.iter().enumerate().map(|(at, url)| {
        let params = json!({ "url": url.as_ref() });
        (format!("task {at}"), params)
    });
    let report = Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs(tasks).unwrap())
        .timeout(timeout)
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!(report.failed(), urls.len() as u64, "{report}");

    let keys = (0..urls.len()).map(|at| format!("task {at}"));
    let recorded = keys.clone().map(|key| class_and_meta(&sandbox.status(&key)));
    let recorded = recorded.collect();
    let mut statuses: Vec<String> = keys.map(|key| format!("{key}.status.json")).collect();
    statuses.sort();
    assert_eq!(sandbox.files(), statuses);
    let own = sandbox.dir().join(".scrapeflow").read_dir().unwrap();
    let own: Vec<_> = own.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(own, ["lock"]);
    recorded
}

fn class_and_meta(status: &Value) -> Value {
    let text = status["scrape_status"].as_str().unwrap();
    let (class, message) = text.split_once("::").expect(text);
    assert!(!message.is_empty(), "{text}");
    assert!(status.get("scrape").is_none(), "{status}");
    let class = class.strip_prefix("ERROR ").expect(text);
    let [retryable, http_status, kind] =
        ["retryable", "http_status", "kind"].map(|name| &status["scrape_meta"][name]);
    json!([class, retryable, http_status, kind])
}

/// Answers that are not HTTP/1.1, each in its own way, beside those of the site.
const MALFORMED: [(&str, &str); 6] = [
    ("/bad/version", "HTTP/4.0 200 OK"),
    ("/bad/status", "HTTP/1.1 2x0 OK"),
    ("/bad/header", "HTTP/1.1 200 OK\r\nno header"),
    ("/bad/length", "HTTP/1.1 200 OK\r\nContent-Length: many"),
    ("/bad/lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2"),
    ("/bad/framing", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked"),
];

/// Scrapes these paths, and compares.
async fn check(rows: &[(&str, &str, bool, Option<u16>, &str)], timeout: Duration) {
    let site = Site::start();
    for (path, head) in MALFORMED {
        site.route(path, move |_| Answer::raw(format!("{head}\r\n\r\n")));
    }
    let urls: Vec<String> = rows.iter().map(|row| site.url(row.0)).collect();
    let found = recorded(&urls, timeout).await;
    for ((path, class, retryable, http_status, kind), found) in rows.iter().zip(found) {
        assert_eq!(found, json!([class, retryable, http_status, kind]), "{path}");
    }
}

#[tokio::test]
async fn what_breaks_on_the_way() {
    check(
        &[
            ("/close/before", "ServerDisconnectedError", true, None, "disconnected"),
            ("/close/headers", "ServerDisconnectedError", true, None, "disconnected"),
            ("/reset", "ClientOSError", true, None, "reset"),
            ("/short", "ClientPayloadError", true, None, "body"),
            ("/chunk/bad", "ClientPayloadError", true, None, "body"),
            ("/chunk/cut", "ClientPayloadError", true, None, "body"),
            ("/gzip/broken", "ClientPayloadError", true, None, "body"),
            ("/garbage", "ClientResponseError", false, None, "response"),
            ("/headers/huge", "ClientResponseError", false, None, "response"),
            ("/headers/huge?count=200&size=1", "ClientResponseError", false, None, "response"),
            ("/redirect/loop", "ClientResponseError", false, None, "response"),
            ("/redirect/21", "ClientResponseError", false, None, "response"),
            ("/redirect/to?url=ftp://127.0.0.1/", "InvalidUrlClientError", false, None, "invalid_url"),
            // Nowhere to go: the redirect is the answer.
            ("/redirect/to?url=http://", "RuntimeError", false, Some(302), "http_status"),
        ],
        PATIENCE,
    )
    .await;
}

#[tokio::test]
async fn what_is_malformed() {
    let row = |(path, _)| (path, "ClientResponseError", false, None, "response");
    check(&MALFORMED.map(row), PATIENCE).await;
}

#[tokio::test]
async fn what_hangs() {
    check(
        &[
            ("/hang", "TimeoutError", true, None, "timeout"),
            ("/hang/body", "TimeoutError", true, None, "timeout"),
            ("/endless", "TimeoutError", true, None, "timeout"),
        ],
        Duration::from_millis(200),
    )
    .await;
}

#[tokio::test]
async fn statuses_that_are_not_200() {
    let passing = [408, 425, 429, 500, 502, 503, 504, 522, 524];
    let lasting = [201, 204, 206, 300, 301, 304, 400, 401, 403, 404, 410, 418, 501, 505, 520, 999];
    let statuses: Vec<u16> = passing.into_iter().chain(lasting).collect();
    let site = Site::start();
    let urls = statuses.iter().map(|code| site.url(&format!("/status/{code}")));
    let found = recorded(&urls.collect::<Vec<_>>(), PATIENCE).await;
    for (code, found) in statuses.iter().zip(found) {
        let retryable = passing.contains(code);
        assert_eq!(found, json!(["RuntimeError", retryable, code, "http_status"]));
    }
}

#[tokio::test]
async fn urls_that_are_none() {
    let urls = [
        "",
        "not a url",
        "/page/1",
        "http://",
        "http://:80/",
        "http://127.0.0.1:99999/",
        "http://[::1",
        "ftp://127.0.0.1/",
        "file:///etc/hostname",
        "mailto:nobody@127.0.0.1",
    ];
    for (url, found) in urls.iter().zip(recorded(&urls, PATIENCE).await) {
        assert_eq!(found, json!(["InvalidUrlClientError", false, null, "invalid_url"]), "{url:?}");
    }
}

#[tokio::test]
async fn nobody_there() {
    // Bound, so that nobody else takes the port, and not listening.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let address = socket.local_addr().unwrap();
    let urls = [format!("http://{address}/"), format!("https://{address}/")];
    for found in recorded(&urls, PATIENCE).await {
        assert_eq!(found, json!(["ClientConnectorError", true, null, "connect"]));
    }
    drop(socket);
}

#[tokio::test]
async fn tls_with_a_server_that_speaks_none() {
    let answers: [&[u8]; 2] = [b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", b""];
    for answer in answers {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        let server = thread::spawn(move || answer_plainly(&listener, answer));
        let found = recorded(&[url], PATIENCE).await;
        assert_eq!(found, [json!(["ClientConnectionError", true, null, "connection"])]);
        server.join().unwrap().unwrap();
    }
}

/// Answers the first connection as soon as anything comes, whatever it says, and reads it to its end.
fn answer_plainly(listener: &TcpListener, answer: &[u8]) -> io::Result<()> {
    let (mut stream, _) = listener.accept()?;
    let _ = stream.read(&mut [0; 1024])?;
    stream.write_all(answer)?;
    stream.shutdown(Shutdown::Write)?;
    // The client may leave in any way that it likes.
    let _ = stream.read_to_end(&mut Vec::new());
    Ok(())
}
