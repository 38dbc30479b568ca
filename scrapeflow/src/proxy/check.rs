//! Which proxies are worth anything: a page through each, before they are needed.

use std::fmt;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use tokio::time::Instant;

use super::{Proxy, ProxyProvider};
use crate::error::{Class, Error, Result};
use crate::fetch::clients::{Connector, told};

/// What is asked for unless something else is said; it answers 204 and is there for such questions.
pub(crate) const URL: &str = "https://www.gstatic.com/generate_204";

/// Connections at a time.
const AT_ONCE: usize = 50;

/// A check of all proxies of a provider, made by [`ProxyProvider::check`]: a `HEAD` through each, with a new connection each
/// round. One for whom any round fails is left alone as long as any (30 min unless set); all others are live, whatever was before.
///
/// ```no_run
/// use std::time::Duration;
/// use scrapeflow::prelude::*;
/// use scrapeflow::{ProxyProvider, Proxyscrape};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let proxies = Proxyscrape::new();
/// let checked = proxies
///     .check(Duration::from_secs(5), 2)
///     .url("https://shop.example/robots.txt")
///     .on_progress(|so_far| eprint!("\r{} of {}, {} live", so_far.checked, so_far.total, so_far.live))
///     .run()
///     .await?;
/// println!("{} are live; the first that isn't: {:?}", checked.live, checked.bad.first());
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is checked before `run`"]
pub struct Check<'a> {
    provider: &'a dyn ProxyProvider,
    url: String,
    timeout: Duration,
    rounds: u32,
    roots: Vec<u8>,
    on_progress: Option<OnProgress<'a>>,
}

type OnProgress<'a> = Box<dyn Fn(Checking) + Send + Sync + 'a>;

/// How far a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checking {
    /// Proxies of which is known how they fare.
    pub checked: usize,
    /// Of those, the live ones.
    pub live: usize,
    /// All proxies.
    pub total: usize,
}

/// What a check found.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Checked {
    /// How many are live.
    pub live: usize,
    /// Those, and how long an answer took, the connection included: the mean of the rounds.
    pub good: Vec<(Proxy, Duration)>,
    /// The others, and what they failed with.
    pub bad: Vec<(Proxy, String)>,
}

impl<'a> Check<'a> {
    pub(super) fn new(provider: &'a dyn ProxyProvider, timeout: Duration, rounds: u32) -> Self {
        Self {
            provider,
            url: URL.to_owned(),
            timeout,
            rounds: rounds.max(1),
            roots: Vec::new(),
            on_progress: None,
        }
    }

    /// What is asked for: a page of Google's that is there for that, over HTTPS, unless set. Any answer from 200 to 399 is good.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = url.into();
        self
    }

    /// Trusts the certificates of this authority too, PEM-encoded, of sites and of proxies.
    pub fn add_root_certificates(mut self, pem: &[u8]) -> Self {
        self.roots.extend_from_slice(pem);
        self.roots.push(b'\n');
        self
    }

    /// Tells how far it is, after each proxy.
    pub fn on_progress(mut self, tell: impl Fn(Checking) + Send + Sync + 'a) -> Self {
        self.on_progress = Some(Box::new(tell));
        self
    }

    /// Loads the proxies where that is to be done, and checks them, 50 at a time.
    ///
    /// # Errors
    /// If they cannot be loaded, the URL is none, or the root certificates are. That all of them are bad is no error.
    pub async fn run(self) -> Result<Checked> {
        let Self {
            provider,
            url,
            timeout,
            rounds,
            roots,
            on_progress,
        } = self;
        let url = crate::fetch::parse(&url)?;
        provider.ready().await?;
        let all = provider.pool().all();
        let connector = Connector::trusting(&roots)?;
        let mut so_far = Checking {
            checked: 0,
            live: 0,
            total: all.len(),
        };
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        let asking = all.into_iter().map(|proxy| {
            let (connector, url) = (&connector, &url);
            async move {
                let asked = ask(connector, &proxy, url, timeout, rounds).await;
                (proxy, asked)
            }
        });
        let mut asked = stream::iter(asking).buffer_unordered(AT_ONCE);
        while let Some((proxy, asked)) = asked.next().await {
            provider.pool().found(&proxy, asked.is_ok());
            so_far.checked += 1;
            match asked {
                Ok(took) => {
                    so_far.live += 1;
                    good.push((proxy, took));
                }
                Err(error) => bad.push((proxy, error.to_string())),
            }
            if let Some(tell) = &on_progress {
                tell(so_far);
            }
        }
        Ok(Checked {
            live: so_far.live,
            good,
            bad,
        })
    }
}

/// As often as there are rounds, each with a client of its own: how long one took.
async fn ask(
    connector: &Connector,
    proxy: &Proxy,
    url: &url::Url,
    timeout: Duration,
    rounds: u32,
) -> Result<Duration> {
    let began = Instant::now();
    for _ in 0..rounds {
        let client = connector.through(proxy)?;
        let request = client.head(url.clone()).timeout(timeout);
        let answer = request.send().await;
        let status = answer
            .map_err(|error| told(error.without_url().into()))?
            .status();
        if !(200..400).contains(&status.as_u16()) {
            return Err(Error::recorded(
                Class::Runtime,
                format!("HTTP response {}", status.as_u16()),
            ));
        }
    }
    Ok(began.elapsed() / rounds)
}

impl fmt::Debug for Check<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("timeout", &self.timeout)
            .field("rounds", &self.rounds)
            .finish_non_exhaustive()
    }
}
