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
async fn recorded<U: AsRef<str>>(urls: &[U], timeout: Duration) -> Vec<String> {
    let sandbox = Sandbox::new();
    let keys: Vec<String> = (0..urls.len()).map(|at| format!("task {at:02}")).collect();
    let params = urls.iter().map(|url| json!({ "url": url.as_ref() }));
    let report = Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs(keys.iter().zip(params)).unwrap())
        .timeout(timeout)
        .request_retries(0)
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!(report.failed(), urls.len() as u64, "{report}");

    let statuses = keys.iter().map(|key| format!("{key}.status.json"));
    assert_eq!(sandbox.files(), statuses.collect::<Vec<_>>());
    let own = sandbox.dir().join(".scrapeflow").read_dir().unwrap();
    let own: Vec<_> = own.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(own, ["lock"]);
    let statuses = keys.iter().map(|key| sandbox.status(key));
    statuses.map(|status| class_and_meta(&status)).collect()
}

fn class_and_meta(status: &Value) -> String {
    let text = status["scrape_status"].as_str().unwrap();
    let (class, message) = text.split_once("::").expect(text);
    assert!(!message.is_empty(), "{text}");
    assert!(status.get("scrape").is_none(), "{status}");
    let class = class.strip_prefix("ERROR ").expect(text);
    let meta = &status["scrape_meta"];
    let (retryable, http_status) = (&meta["retryable"], &meta["http_status"]);
    let kind = meta["kind"].as_str().expect(text);
    format!("{class} {retryable} {http_status} {kind}")
}

/// Answers that are not HTTP/1.1, each in its own way, beside those of the site.
const MALFORMED: [(&str, &str); 6] = [
    ("/bad/version", "HTTP/4.0 200 OK"),
    ("/bad/status", "HTTP/1.1 2x0 OK"),
    ("/bad/header", "HTTP/1.1 200 OK\r\nno header"),
    ("/bad/length", "HTTP/1.1 200 OK\r\nContent-Length: many"),
    (
        "/bad/lengths",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2",
    ),
    (
        "/bad/framing",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked",
    ),
];

/// Scrapes the paths of a table, one a line, and compares what is recorded with what follows them.
async fn check(table: &str, timeout: Duration) {
    let site = Site::start();
    for (path, head) in MALFORMED {
        site.route(path, move |_| Answer::raw(format!("{head}\r\n\r\n")));
    }
    let lines = table.lines().filter(|line| !line.trim().is_empty());
    let rows = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    let rows: Vec<_> = rows.collect();
    let urls: Vec<String> = rows.iter().map(|row| site.url(row[0])).collect();
    for (row, found) in rows.iter().zip(recorded(&urls, timeout).await) {
        assert_eq!(found, row[1..].join(" "), "{}", row[0]);
    }
}

#[tokio::test]
async fn what_breaks_on_the_way() {
    let table = "
        /close/before                       ServerDisconnectedError true  null disconnected
        /close/headers                      ServerDisconnectedError true  null disconnected
        /reset                              ClientOSError           true  null reset
        /short                              ClientPayloadError      true  null body
        /chunk/bad                          ClientPayloadError      true  null body
        /chunk/cut                          ClientPayloadError      true  null body
        /gzip/broken                        ClientPayloadError      true  null body
        /garbage                            ClientResponseError     false null response
        /headers/huge                       ClientResponseError     false null response
        /headers/huge?count=200&size=1      ClientResponseError     false null response
        /bad/version                        ClientResponseError     false null response
        /bad/status                         ClientResponseError     false null response
        /bad/header                         ClientResponseError     false null response
        /bad/length                         ClientResponseError     false null response
        /bad/lengths                        ClientResponseError     false null response
        /bad/framing                        ClientResponseError     false null response
        /redirect/loop                      ClientResponseError     false null response
        /redirect/21                        ClientResponseError     false null response
        /redirect/to?url=ftp://127.0.0.1/   InvalidUrlClientError   false null invalid_url
        /redirect/to?url=http://            ClientResponseError     false null response
    ";
    check(table, PATIENCE).await;
}

#[tokio::test]
async fn what_hangs() {
    let table = "
        /hang       TimeoutError true null timeout
        /hang/body  TimeoutError true null timeout
        /endless    TimeoutError true null timeout
    ";
    check(table, Duration::from_millis(200)).await;
}

#[tokio::test]
async fn statuses_that_are_not_200() {
    let passing = [408, 425, 429, 500, 502, 503, 504, 522, 524];
    let lasting = [
        201, 204, 206, 300, 301, 304, 400, 401, 403, 404, 410, 418, 501, 505, 520, 999,
    ];
    let statuses: Vec<u16> = passing.into_iter().chain(lasting).collect();
    let site = Site::start();
    let urls = statuses
        .iter()
        .map(|code| site.url(&format!("/status/{code}")));
    let found = recorded(&urls.collect::<Vec<_>>(), PATIENCE).await;
    for (code, found) in statuses.iter().zip(found) {
        let retryable = passing.contains(code);
        assert_eq!(
            found,
            format!("RuntimeError {retryable} {code} http_status")
        );
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
        assert_eq!(
            found, "InvalidUrlClientError false null invalid_url",
            "{url:?}"
        );
    }
}

#[tokio::test]
async fn nobody_there() {
    // Bound, so that nobody else takes the port, and not listening.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket
        .bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .unwrap();
    let address = socket.local_addr().unwrap();
    let urls = [format!("http://{address}/"), format!("https://{address}/")];
    for found in recorded(&urls, PATIENCE).await {
        assert_eq!(found, "ClientConnectorError true null connect");
    }
    drop(socket);
}

#[tokio::test]
async fn tls_with_a_server_that_speaks_none() {
    let answers: [&[u8]; 2] = [
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        b"",
    ];
    for answer in answers {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        let server = thread::spawn(move || answer_plainly(&listener, answer));
        let found = recorded(&[url], PATIENCE).await;
        assert_eq!(found, ["ClientConnectionError true null connection"]);
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
