//! nginx as a test starts it: on free ports of the loopback interface, with its configuration, files and logs in
//! a directory of its own, whoever runs it.
//!
//! It is one process in the foreground, and a child of the test: ending it ends all of it. Its ports are reserved
//! from before it starts until it is dropped: whoever asks while it is stopped is refused, not answered by
//! somebody else.

mod config;
mod log;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

pub use config::{Config, Tls};
pub use log::Logged;

use crate::daemon::Daemon;
use crate::port::Port;

/// A running nginx, which ends when it is dropped.
///
/// ```
/// use scrapeflow_tests::Nginx;
///
/// let nginx = Nginx::start();
/// nginx.put("/page", "hello");
/// assert!(nginx.url("/page").starts_with("http://127.0.0.1:"));
/// assert!(nginx.log().is_empty());
/// ```
pub struct Nginx {
    daemon: Daemon,
    puts: AtomicU64,
}

impl Nginx {
    /// One that serves the files that it is given.
    ///
    /// # Panics
    /// If it isn't installed, or doesn't start.
    #[must_use = "nginx ends when it is dropped"]
    #[track_caller]
    pub fn start() -> Self {
        Self::configured(&Config::default())
    }

    /// One that is told more than that.
    ///
    /// # Panics
    /// If it isn't installed, or doesn't start, be it for its configuration.
    #[must_use = "nginx ends when it is dropped"]
    #[track_caller]
    pub fn configured(config: &Config<'_>) -> Self {
        let mut daemon = Daemon::new("nginx");
        daemon.second_port = config.tls.map(|_| Port::new());
        let dir = daemon.dir.path().display().to_string();
        daemon.arguments(["-p", &dir, "-c", "nginx.conf"]);
        let mut nginx = Self {
            daemon,
            puts: AtomicU64::new(0),
        };
        let encrypted = nginx.daemon.second_port.as_ref().map(|port| port.address);
        config
            .write(nginx.daemon.dir.path(), nginx.address(), encrypted)
            .expect("files in a temporary directory");
        nginx.go_on();
        nginx
    }

    /// Starts it again after [`stop`](Self::stop), on the same ports and with the same files.
    ///
    /// # Panics
    /// If it runs, or doesn't start.
    #[track_caller]
    pub fn go_on(&mut self) {
        self.daemon.go_on();
    }

    /// Ends it: nobody listens on its ports, and nobody else takes them.
    pub fn stop(&mut self) {
        self.daemon.stop();
    }

    /// Where it listens in the clear.
    pub fn address(&self) -> SocketAddr {
        self.daemon.port.address
    }

    /// Where it listens encrypted.
    ///
    /// # Panics
    /// If its configuration has no TLS.
    #[track_caller]
    pub fn tls_address(&self) -> SocketAddr {
        self.daemon
            .second_port
            .as_ref()
            .expect("nginx was given a certificate")
            .address
    }

    /// The address of a path in the clear.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// Puts a file there in place of another; it was changed a minute after the one that was put before, long
    /// ago.
    ///
    /// # Panics
    /// If it cannot be written.
    #[track_caller]
    pub fn put(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let minute = 60 * self.puts.fetch_add(1, Ordering::Relaxed);
        let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + minute);
        let target = self.path("files").join(path.trim_start_matches('/'));
        let written = fs::write(&target, bytes).and_then(|()| {
            File::options()
                .write(true)
                .open(&target)?
                .set_modified(changed)
        });
        written.unwrap_or_else(|error| panic!("cannot put `{path}`: {error}"));
    }

    /// All requests that were answered, in the order of their ends.
    ///
    /// # Panics
    /// If nginx doesn't answer, or its log cannot be read.
    #[track_caller]
    pub fn log(&self) -> Vec<Logged> {
        // It does one thing after the other: with the last of an answer goes its line, and then what came later.
        if self.daemon.is_running() {
            self.ping().expect("nginx answers");
        }
        let log = fs::read_to_string(self.path("access.log")).expect("nginx's log");
        let rows = log.lines().map(serde_json::from_str);
        rows.collect::<Result<_, _>>().expect("a log of JSON")
    }

    fn ping(&self) -> io::Result<()> {
        let mut stream = TcpStream::connect(self.address())?;
        // Far more than it takes; an error beats a test that hangs.
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        write!(stream, "GET {} HTTP/1.0\r\n\r\n", config::PING)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if answer.starts_with("HTTP/1.1 204") {
            Ok(())
        } else {
            Err(io::Error::other(format!("it says {answer:?}")))
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.daemon.path(name)
    }
}

impl fmt::Debug for Nginx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nginx")
            .field("dir", &self.daemon.dir.path())
            .field("address", &self.address())
            .finish_non_exhaustive()
    }
}
