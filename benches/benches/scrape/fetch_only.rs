//! The least that a client can do: hyper's connections, as many as there are requests in flight, whose bodies are counted
//! and forgotten.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper::{Request, Uri, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

pub(crate) async fn fetch(prefix: &str, tasks: u64, in_flight: usize) {
    let next = Arc::new(AtomicU64::new(0));
    let workers: Vec<_> = (0..in_flight)
        .map(|_| tokio::spawn(work(prefix.to_owned(), tasks, next.clone())))
        .collect();
    let mut pages = 0;
    for worker in workers {
        pages += worker.await.expect("no panic").expect("all pages");
    }
    assert_eq!(pages, tasks);
}

/// How many pages it has fetched.
async fn work(prefix: String, tasks: u64, next: Arc<AtomicU64>) -> Result<u64> {
    let uri: Uri = prefix.parse()?;
    let authority = uri.authority().ok_or("a URL has a host")?.clone();
    let stream = TcpStream::connect(authority.as_str()).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut pages = 0;
    loop {
        let nth = next.fetch_add(1, Ordering::Relaxed);
        if nth >= tasks {
            return Ok(pages);
        }
        let request = Request::get(format!("{}{nth}", uri.path()))
            .header(header::HOST, authority.as_str())
            .body(Empty::<Bytes>::new())?;
        sender.ready().await?;
        let answer = sender.send_request(request).await?;
        if !answer.status().is_success() {
            return Err(format!("page {nth}: {}", answer.status()).into());
        }
        let expected = answer.headers().get(header::CONTENT_LENGTH).cloned();
        let expected: u64 = expected.ok_or("no length")?.to_str()?.parse()?;
        let mut body = answer.into_body();
        let mut size = 0;
        while let Some(frame) = body.frame().await {
            size += frame?.data_ref().map_or(0, Bytes::len) as u64;
        }
        if size != expected {
            return Err(format!("page {nth} has {size} bytes of {expected}").into());
        }
        pages += 1;
    }
}
