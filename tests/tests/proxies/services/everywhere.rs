//! However many proxies there are, few are asked at once: one listener is all of them, told apart by their users.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use scrapeflow::{ProxyList, ProxyProvider};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{PAGE, SECOND};

/// Answers every request by itself, and ends with the test's runtime.
struct Everywhere {
    port: u16,
    seen: Arc<Mutex<Seen>>,
}

/// What came to it.
#[derive(Default)]
struct Seen {
    connections: usize,
    most_open: usize,
    /// How many `HEAD` requests each user made, by what they say of themselves.
    by_user: HashMap<String, usize>,
    open: usize,
}

impl Everywhere {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
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

    /// One of the proxies that it is.
    fn url(&self, nth: usize) -> String {
        format!("http://user-{nth}:x@127.0.0.1:{}", self.port)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Seen>>) {
    {
        let mut seen = seen.lock().unwrap();
        seen.connections += 1;
        seen.open += 1;
        seen.most_open = seen.most_open.max(seen.open);
    }
    let mut buffer = [0; 4096];
    // A request of these tests comes in one piece.
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        let request = String::from_utf8_lossy(&buffer[..length]);
        let mut lines = request.lines();
        let user = lines.find(|line| {
            line.to_ascii_lowercase()
                .starts_with("proxy-authorization:")
        });
        if let (true, Some(user)) = (request.starts_with("HEAD "), user) {
            *seen
                .lock()
                .unwrap()
                .by_user
                .entry(user.to_owned())
                .or_default() += 1;
        }
        // Whoever is gone doesn't hear it.
        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
    }
    seen.lock().unwrap().open -= 1;
}

#[tokio::test]
async fn thousands_are_checked_with_at_most_a_hundred_connections_at_once() {
    const COUNT: usize = 3000;
    let everywhere = Everywhere::start().await;
    let addresses = (0..COUNT).map(|nth| everywhere.url(nth));
    let proxies = ProxyList::new(addresses).unwrap();
    let progress = AtomicUsize::new(0);
    let check = proxies.check(SECOND * 60, 2).url(PAGE).on_progress(|_| {
        progress.fetch_add(1, Ordering::SeqCst);
    });
    let checked = check.run().await.unwrap();
    assert_eq!((checked.live, checked.bad.len()), (COUNT, 0));
    assert_eq!(
        (proxies.pool().live(), progress.into_inner()),
        (COUNT, COUNT)
    );
    let seen = everywhere.seen();
    assert_eq!(seen.by_user.len(), COUNT);
    assert!(
        seen.by_user.values().all(|&heads| heads == 2),
        "two rounds for each"
    );
    assert_eq!(seen.connections, 2 * COUNT, "a new one each time");
    assert!(
        (2..=100).contains(&seen.most_open),
        "{} at once",
        seen.most_open
    );
}
