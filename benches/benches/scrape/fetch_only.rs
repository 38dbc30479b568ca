//! The least that a client can do: to ask for pages, and to count and forget their bodies. By hyper's connections, as many as there are requests
//! in flight; by hyper's own pool of them; and by reqwest, which is around that: so that it is known what each layer takes.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{HeaderMap, Request, Response, StatusCode, Uri, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// By what.
#[derive(Debug, Clone)]
pub(crate) enum By {
    Connections,
    Pool(Box<Client<HttpConnector, Empty<Bytes>>>),
    Reqwest(reqwest::Client),
}

impl By {
    pub(crate) fn pool() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self::Pool(Box::new(
            Client::builder(TokioExecutor::new()).build(connector),
        ))
    }

    pub(crate) fn reqwest() -> Self {
        let client = reqwest::Client::builder().no_proxy().build();
        Self::Reqwest(client.expect("a client"))
    }

    async fn begin(self, prefix: &str) -> Result<Asks> {
        Ok(match self {
            Self::Connections => Asks::Connection(Connection::open(prefix).await?),
            Self::Pool(client) => Asks::Pool(client),
            Self::Reqwest(client) => Asks::Reqwest(client),
        })
    }
}

pub(crate) async fn fetch(by: By, prefix: &str, tasks: u64, in_flight: usize) {
    let next = Arc::new(AtomicU64::new(0));
    let workers: Vec<_> = (0..in_flight)
        .map(|_| tokio::spawn(work(by.clone(), prefix.to_owned(), tasks, next.clone())))
        .collect();
    let mut pages = 0;
    for worker in workers {
        pages += worker.await.expect("no panic").expect("all pages");
    }
    assert_eq!(pages, tasks);
}

/// How many pages it has fetched.
async fn work(by: By, prefix: String, tasks: u64, next: Arc<AtomicU64>) -> Result<u64> {
    let mut asks = by.begin(&prefix).await?;
    let mut pages = 0;
    loop {
        let nth = next.fetch_add(1, Ordering::Relaxed);
        if nth >= tasks {
            return Ok(pages);
        }
        let (announced, size) = asks.get(&prefix, nth).await?;
        if size != announced {
            return Err(format!("page {nth} has {size} bytes of {announced}").into());
        }
        pages += 1;
    }
}

/// Who asks.
enum Asks {
    Connection(Connection),
    Pool(Box<Client<HttpConnector, Empty<Bytes>>>),
    Reqwest(reqwest::Client),
}

impl Asks {
    /// How long the body is to be, and how long it is, in bytes.
    async fn get(&mut self, prefix: &str, nth: u64) -> Result<(u64, u64)> {
        match self {
            Self::Connection(connection) => counted(connection.get(nth).await?).await,
            Self::Pool(client) => {
                let request = Request::get(format!("{prefix}{nth}")).body(Empty::new())?;
                counted(client.request(request).await?).await
            }
            Self::Reqwest(client) => {
                let mut answer = client.get(format!("{prefix}{nth}")).send().await?;
                let announced = announced(answer.status(), answer.headers())?;
                let mut size = 0;
                while let Some(chunk) = answer.chunk().await? {
                    size += chunk.len() as u64;
                }
                Ok((announced, size))
            }
        }
    }
}

/// A connection by hand.
struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    uri: Uri,
}

impl Connection {
    async fn open(prefix: &str) -> Result<Self> {
        let uri: Uri = prefix.parse()?;
        let authority = uri.authority().ok_or("a URL has a host")?;
        let stream = TcpStream::connect(authority.as_str()).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, uri })
    }

    async fn get(&mut self, nth: u64) -> Result<Response<Incoming>> {
        let authority = self.uri.authority().ok_or("a URL has a host")?;
        let request = Request::get(format!("{}{nth}", self.uri.path()))
            .header(header::HOST, authority.as_str())
            .body(Empty::new())?;
        self.sender.ready().await?;
        Ok(self.sender.send_request(request).await?)
    }
}

async fn counted(answer: Response<Incoming>) -> Result<(u64, u64)> {
    let announced = announced(answer.status(), answer.headers())?;
    let (mut body, mut size) = (answer.into_body(), 0);
    while let Some(frame) = body.frame().await {
        size += frame?.data_ref().map_or(0, Bytes::len) as u64;
    }
    Ok((announced, size))
}

fn announced(status: StatusCode, headers: &HeaderMap) -> Result<u64> {
    if !status.is_success() {
        return Err(status.to_string().into());
    }
    let length = headers.get(header::CONTENT_LENGTH).ok_or("no length")?;
    Ok(length.to_str()?.parse()?)
}
