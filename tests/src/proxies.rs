//! Proxies as a test starts them: tinyproxy for HTTP and `CONNECT`, microsocks for SOCKS5.

use std::fs;
use std::net::SocketAddr;

use crate::daemon::Daemon;

/// A running tinyproxy, which ends when it is dropped.
///
/// ```
/// use scrapeflow_tests::Tinyproxy;
///
/// let proxy = Tinyproxy::start("BasicAuth ann s3cret");
/// assert!(proxy.url("ann", "s3cret").starts_with("http://ann:s3cret@127.0.0.1:"));
/// assert_eq!(proxy.requests(), 0);
/// ```
#[derive(Debug)]
pub struct Tinyproxy(Daemon);

impl Tinyproxy {
    /// One with these further lines of configuration; without any it takes everybody.
    ///
    /// # Panics
    /// If it isn't installed, or doesn't start.
    #[must_use = "it ends when it is dropped"]
    #[track_caller]
    pub fn start(configuration: &str) -> Self {
        let mut daemon = Daemon::new("tinyproxy");
        let port = daemon.port.address.port();
        let log = daemon.path("tinyproxy.log");
        let lines = format!(
            "Port {port}\nListen 127.0.0.1\nTimeout 20\nMaxClients 200\nLogFile \"{}\"\nLogLevel Connect\n{configuration}\n",
            log.display()
        );
        // Its own address is in the configuration of one that is its own upstream.
        let lines = lines.replace("SELF", &format!("127.0.0.1:{port}"));
        let path = daemon.path("tinyproxy.conf");
        fs::write(&path, lines).expect("a file in a temporary directory");
        daemon.arguments(["-d".to_owned(), "-c".to_owned(), path.display().to_string()]);
        let mut proxy = Self(daemon);
        proxy.go_on();
        proxy
    }

    /// Ends it: nobody listens on its port, and nobody else takes it.
    pub fn stop(&mut self) {
        self.0.stop();
    }

    /// Starts it again after [`stop`](Self::stop), on the same port.
    ///
    /// # Panics
    /// If it runs, or doesn't start.
    #[track_caller]
    pub fn go_on(&mut self) {
        self.0.go_on();
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.0.port.address
    }

    /// Its URL, for whoever has a password.
    pub fn url(&self, user: &str, password: &str) -> String {
        format!("http://{user}:{password}@{}", self.address())
    }

    /// How many requests it has seen: each of HTTP, and each tunnel.
    pub fn requests(&self) -> usize {
        // Made with its first line.
        let log = fs::read(self.0.path("tinyproxy.log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        log.lines()
            .filter(|line| line.contains("Request (file descriptor"))
            .count()
    }
}

/// A running microsocks, which ends when it is dropped.
///
/// ```
/// use scrapeflow_tests::Microsocks;
///
/// let proxy = Microsocks::start("ann", "s3cret");
/// assert!(proxy.url("socks5h").starts_with("socks5h://%61%6E%6E:"));
/// ```
#[derive(Debug)]
pub struct Microsocks {
    daemon: Daemon,
    user: String,
    password: String,
}

impl Microsocks {
    /// One that takes this user.
    ///
    /// # Panics
    /// If it isn't installed, or doesn't start.
    #[must_use = "it ends when it is dropped"]
    #[track_caller]
    pub fn start(user: &str, password: &str) -> Self {
        let mut daemon = Daemon::new("microsocks");
        let port = daemon.port.address.port().to_string();
        daemon.arguments(["-i", "127.0.0.1", "-p", &port, "-u", user, "-P", password]);
        daemon.go_on();
        Self {
            daemon,
            user: user.to_owned(),
            password: password.to_owned(),
        }
    }

    /// Ends it: nobody listens on its port, and nobody else takes it.
    pub fn stop(&mut self) {
        self.daemon.stop();
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.daemon.port.address
    }

    /// Its URL with user and password, percent-encoded, by this scheme.
    pub fn url(&self, scheme: &str) -> String {
        let escape =
            |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
        let (user, password) = (escape(&self.user), escape(&self.password));
        format!("{scheme}://{user}:{password}@{}", self.address())
    }
}
