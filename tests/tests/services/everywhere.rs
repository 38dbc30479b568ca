//! A proxy at every loopback address: one listener, for as many proxies as a test wants.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Answers every request by itself, and ends with the test's runtime.
pub(crate) struct Everywhere {
    port: u16,
    seen: Arc<Mutex<Seen>>,
}

/// What came to it.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) connections: usize,
    pub(crate) most_open: usize,
    /// How many `HEAD` requests each address had.
    pub(crate) by_address: HashMap<SocketAddr, usize>,
    open: usize,
}

impl Everywhere {
    pub(crate) async fn start() -> Self {
        // All of 127.0.0.0/8 is this machine's, and no single address stands for it.
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self { port, seen }
    }

    /// One of its addresses.
    pub(crate) fn address(&self, nth: usize) -> SocketAddr {
        let first = u32::from(Ipv4Addr::new(127, 1, 0, 1));
        let host = Ipv4Addr::from(first + u32::try_from(nth).unwrap());
        (host, self.port).into()
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Seen>>) {
    let address = stream.local_addr().unwrap();
    {
        let mut seen = seen.lock().unwrap();
        seen.connections += 1;
        seen.open += 1;
        seen.most_open = seen.most_open.max(seen.open);
    }
    let mut buffer = [0; 4096];
    // A request of these tests comes in one piece.
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        if buffer[..length].starts_with(b"HEAD ") {
            *seen.lock().unwrap().by_address.entry(address).or_default() += 1;
        }
        // Whoever is gone doesn't hear it.
        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
    }
    seen.lock().unwrap().open -= 1;
}
