//! The handle that a test holds: it starts the server, asks what it saw, and stops it.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread;

use super::accept::Running;
use super::ledger::Ledger;
use super::routes::Routes;
use super::{Answer, Request};

/// A running web site, see the [module](super) for its paths. Dropping it stops it.
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
/// use scrapeflow_site::{Answer, Site};
///
/// let site = Site::start();
/// site.route("/greeting", |request| Answer::text(format!("hello, {}", request.method())));
///
/// let mut stream = TcpStream::connect(site.address())?;
/// stream.write_all(b"GET /greeting HTTP/1.1\r\nConnection: close\r\n\r\n")?;
/// let mut answer = String::new();
/// stream.read_to_string(&mut answer)?;
///
/// assert!(answer.ends_with("hello, GET"));
/// assert_eq!(site.hits("/greeting"), 1);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Site {
    shared: Arc<Shared>,
    running: Running,
}

/// What the handle and the connections share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) ledger: Ledger,
    pub(super) routes: Routes,
}

impl Site {
    /// A site on a free port of 127.0.0.1. It accepts connections from now on.
    ///
    /// # Panics
    /// If it cannot be started, saying why.
    #[must_use = "the site stops when it is dropped"]
    #[track_caller]
    pub fn start() -> Self {
        Self::start_on(0)
    }

    /// A site on that port of 127.0.0.1, for a process whose address others must know.
    ///
    /// # Panics
    /// If it cannot be started, saying why.
    #[must_use = "the site stops when it is dropped"]
    #[track_caller]
    pub fn start_on(port: u16) -> Self {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }

    /// A site at that address of this machine; port 0 is a free one.
    ///
    /// # Panics
    /// If it cannot be started, saying why.
    #[must_use = "the site stops when it is dropped"]
    #[track_caller]
    pub fn start_at(address: SocketAddr) -> Self {
        let shared = Arc::new(Shared::default());
        match Running::start(address, Arc::clone(&shared)) {
            Ok(running) => Self { shared, running },
            Err(error) => panic!("cannot start a site on {address}: {error}"),
        }
    }

    /// Serves until the process ends: for a child process that is nothing but a site.
    pub fn serve_forever(self) -> ! {
        loop {
            thread::park();
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// The address of a path, which begins with a slash and may have a query.
    ///
    /// # Panics
    /// If the path doesn't begin with a slash.
    #[track_caller]
    pub fn url(&self, path: &str) -> String {
        assert!(
            path.starts_with('/'),
            "the path `{path}` must begin with `/`"
        );
        format!("http://{}{path}", self.address())
    }

    /// Answers this exact path, whatever its query, by a handler: it goes before what is there, and takes
    /// the place of an earlier one. It runs on the site's thread, so it must not block; if it panics, the
    /// answer is a 500 with the message.
    ///
    /// # Panics
    /// If the path doesn't begin with a slash, or has a query.
    #[track_caller]
    pub fn route<H>(&self, path: &str, handler: H)
    where
        H: Fn(&Request) -> Answer + Send + Sync + 'static,
    {
        assert!(
            path.starts_with('/') && !path.contains('?'),
            "the path `{path}` must begin with `/` and have no query"
        );
        self.shared.routes.insert(path, handler);
    }

    /// What `/robots.txt` says from now on.
    pub fn robots(&self, text: &str) {
        let text = text.to_owned();
        self.route("/robots.txt", move |_| Answer::text(text.clone()));
    }

    /// Lets the requests go on that wait at this gate, and those that come to it later.
    pub fn open(&self, gate: &str) {
        self.shared.routes.open(gate);
    }

    /// How many requests for this exact path and query were read.
    pub fn hits(&self, target: &str) -> usize {
        self.shared.ledger.hits(target)
    }

    /// How many requests were read whose path and query are as asked.
    pub fn hits_matching(&self, wanted: impl Fn(&str) -> bool) -> usize {
        let hits = self.shared.ledger.all_hits();
        let wanted = hits.iter().filter(|(target, _)| wanted(target));
        wanted.map(|(_, count)| count).sum()
    }

    /// How many requests were read.
    pub fn total_hits(&self) -> usize {
        self.shared.ledger.read(|counts| counts.total)
    }

    /// How many answers were written to their end. One that is meant to end otherwise ([`Ending`]) is none of them.
    ///
    /// [`Ending`]: super::Ending
    pub fn served(&self) -> usize {
        self.shared.ledger.read(|counts| counts.served)
    }

    /// How many requests were read and are neither answered nor given up. An answer that a client has
    /// read to its end is out of this count by then.
    pub fn in_flight(&self) -> usize {
        self.shared.ledger.read(|counts| counts.in_flight)
    }

    /// How many requests there were at once at most.
    ///
    /// A client that gives a request up and sends another at once may be counted with both, since the site
    /// learns of the end of one connection and of the beginning of another in either order.
    pub fn max_in_flight(&self) -> usize {
        self.shared.ledger.read(|counts| counts.max_in_flight)
    }

    /// How many connections were accepted.
    pub fn connections(&self) -> usize {
        self.shared.ledger.read(|counts| counts.connections)
    }

    /// How many connections are open.
    pub fn open_connections(&self) -> usize {
        self.shared.ledger.read(|counts| counts.open_connections)
    }

    /// The newest requests, oldest first: 1,000 of them unless [`remember`](Self::remember) says otherwise.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.ledger.requests()
    }

    /// Keeps so many of the newest requests from now on; none for 0. They are counted all the same.
    pub fn remember(&self, requests: usize) {
        self.shared.ledger.remember(requests);
    }

    /// Waits until the condition holds, which is asked again after everything that the site counts.
    ///
    /// It has no limit of its own. One by `tokio::time` ends at once where the time is paused, since the
    /// site is no timer of that runtime.
    pub async fn until(&self, mut condition: impl FnMut(&Self) -> bool) {
        let mut changes = self.shared.ledger.changes();
        while !condition(self) {
            changes.next().await;
        }
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("address", &self.address())
            .field("shared", &self.shared)
            .finish_non_exhaustive()
    }
}
