//! What a run can be told about its requests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use tower::Layer;

use super::address::AddressPolicy;
use super::outgoing::put;
use super::pace::Politeness;
use super::settings::{Host, Settings, accepted, cookie, header, host_name};
use super::stages::middleware::{self, HttpService, Transport};
use super::tls;
use crate::executor::settings::Backoff;
use crate::run::builder::Run;
use crate::schedule::Turns;
use crate::workflow::Workflow;

impl<W: Workflow> Run<W> {
    /// Sends these headers with every request; a host's and a request's own go over them. A name may come
    /// several times, which repeats the header; given again in another call, it replaces what was said before.
    ///
    /// Where a redirect leads to another host or port, or from HTTPS to HTTP, `Authorization`, `Cookie`, `Host` and
    /// `Proxy-Authorization` stay behind, and so do cookies that were given; all other headers go on. What is said of
    /// a [`host`](Run::host) goes there also by a redirect, by HTTPS at its usual port.
    ///
    /// ```no_run
    /// # use scrapeflow::prelude::*;
    /// # use scrapeflow::ready::scrape;
    /// # workflow! { Pages = scrape; }
    /// let run = Pages::in_dir("pages").headers([("accept-language", "de, en;q=0.5")]);
    /// ```
    pub fn headers<N: AsRef<str>, V: AsRef<str>>(
        self,
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let mut repeated = HeaderMap::new();
        let wrong = headers.into_iter().try_for_each(|(name, value)| {
            let (name, value) = header(name.as_ref(), value.as_ref())?;
            repeated.append(name, value);
            Ok(())
        });
        self.fetching(|settings| {
            put(&mut settings.headers, &repeated);
            wrong
        })
    }

    /// Names us so to all hosts: `scrapeflow/<version> (+<where to complain>)` unless set. Give the name of
    /// your project and a URL where its owner can be found; [`BROWSER_USER_AGENT`](crate::BROWSER_USER_AGENT) is what a browser
    /// says.
    pub fn user_agent(self, user_agent: &str) -> Self {
        let value = header("user-agent", user_agent);
        self.fetching(|settings| {
            if user_agent.trim().is_empty() {
                return Err(
                    "user_agent: it is empty; name your project and where you can be found"
                        .to_owned(),
                );
            }
            settings.user_agent = value?.1;
            Ok(())
        })
    }

    /// Sends these cookies with every request, but where the request or the task's params bring their own.
    pub fn cookies<N: AsRef<str>, V: AsRef<str>>(
        self,
        cookies: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let cookies: Result<Vec<_>, _> = cookies
            .into_iter()
            .map(|(name, value)| cookie(name.as_ref(), value.as_ref()))
            .collect();
        self.fetching(|settings| {
            settings.cookies.extend(cookies?);
            Ok(())
        })
    }

    /// Whether cookies that sites set are sent back to them (RFC 6265), by all tasks of the run alike; off
    /// unless set, so that no task depends on another. They last as long as the run, 180 of a site. Of one name,
    /// a request's own counts before what the site set, and that before the host's and the run's.
    pub fn cookie_store(self, keep: bool) -> Self {
        self.fetching(|settings| {
            settings.cookie_store = keep;
            Ok(())
        })
    }

    /// Accepts these HTTP statuses instead of what requests accept of themselves: any 2xx, and exactly 200 for
    /// [`scrape`](crate::ready::scrape()). An answer with another is an error. A redirect that is accepted
    /// (`200..400`) is the answer, and isn't followed.
    ///
    /// ```no_run
    /// # use scrapeflow::prelude::*;
    /// # use scrapeflow::ready::scrape;
    /// # workflow! { Pages = scrape; }
    /// let run = Pages::in_dir("pages").accept_status([200, 404]);
    /// let run = Pages::in_dir("pages").accept_status(200..300);
    /// ```
    pub fn accept_status(self, statuses: impl IntoIterator<Item = u16>) -> Self {
        let accepted = accepted(statuses);
        self.fetching(|settings| {
            settings.accept_status = accepted?;
            Ok(())
        })
    }

    /// What is different for one host (`shop.example`, without port); given again, further things.
    ///
    /// ```no_run
    /// # use scrapeflow::prelude::*;
    /// # use scrapeflow::ready::scrape;
    /// # use scrapeflow::Pace;
    /// # workflow! { Pages = scrape; }
    /// let run = Pages::in_dir("pages")
    ///     .host("shop.example", |host| host.header("x-token", "…").pace(Pace::per_second(2.0)));
    /// ```
    pub fn host(self, name: &str, change: impl FnOnce(Host) -> Host) -> Self {
        self.fetching(|settings| {
            let host = settings.hosts.entry(host_name(name)?).or_default();
            *host = change(std::mem::take(host));
            match &host.wrong {
                None => Ok(()),
                Some(wrong) => Err(format!("{wrong} (host `{name}`)")),
            }
        })
    }

    /// How considerate the run is of sites: not at all unless set, as the predecessor;
    /// [`Politeness::polite()`] is what the web expects of a crawler.
    pub fn politeness(self, politeness: Politeness) -> Self {
        self.fetching(|settings| {
            settings.politeness = politeness;
            Ok(())
        })
    }

    /// Changes how considerate the run is, over what was said before.
    #[cfg(feature = "cli")]
    pub(crate) fn politely(self, change: impl FnOnce(Politeness) -> Politeness) -> Self {
        self.fetching(|settings| {
            settings.politeness = change(settings.politeness);
            Ok(())
        })
    }

    /// Bounds each try of a request and each redirect, from when its turn has come until its body is read: not
    /// unless set, but all belong to an attempt of the executor, which is [bounded](Run::timeout). To connect may
    /// take 10 s in any case.
    pub fn request_timeout(self, timeout: Duration) -> Self {
        self.fetching(|settings| {
            settings.timeout = Some(timeout);
            Ok(())
        })
    }

    /// Further tries of a request after a failure that may pass: 2 unless set. They are the request's own: an
    /// executor that makes 300 requests doesn't begin again for one. Requests of all methods are tried
    /// again; those that must not be take [`Request::retries(0)`](crate::Request::retries).
    pub fn request_retries(self, retries: u32) -> Self {
        self.fetching(|settings| {
            settings.retries = retries;
            Ok(())
        })
    }

    /// Pauses before further tries of a request: 1 s doubling to 60 s, with jitter, unless set.
    pub fn request_backoff(self, backoff: Backoff) -> Self {
        self.fetching(|settings| {
            settings.backoff = backoff;
            Ok(())
        })
    }

    /// How much a body may be once it is decoded: 64 MiB unless set. More is an error, never a cut.
    pub fn max_body(self, bytes: u64) -> Self {
        self.fetching(|settings| {
            settings.max_body = bytes;
            Ok(())
        })
    }

    /// Which addresses requests may go to; unless set, everything but from a public address by redirect to one
    /// that isn't.
    pub fn address_policy(self, policy: AddressPolicy) -> Self {
        self.fetching(|settings| {
            settings.address_policy = policy;
            Ok(())
        })
    }

    /// Refuses addresses that aren't public, also those that tasks name: [`AddressPolicy::PublicOnly`].
    pub fn public_only(self) -> Self {
        self.address_policy(AddressPolicy::PublicOnly)
    }

    /// Trusts the certificates of this authority too, PEM-encoded, one or several.
    pub fn add_root_certificates(self, pem: &[u8]) -> Self {
        let certificates = tls::roots(pem);
        self.fetching(|settings| {
            settings.roots.extend(certificates?);
            Ok(())
        })
    }

    /// Accepts certificates of anybody for any host, expired ones too: whoever is on the way can read and
    /// change everything. Off unless set.
    pub fn danger_accept_invalid_certs(self, accept: bool) -> Self {
        self.fetching(|settings| {
            settings.accept_invalid_certs = accept;
            Ok(())
        })
    }

    /// Connects to this address for a host name, whatever its name servers say; given again, further
    /// addresses. A port in the URL goes over the address's, which counts only if it isn't 0.
    pub fn resolve(self, host: &str, address: SocketAddr) -> Self {
        self.fetching(|settings| {
            let addresses = settings.resolve.entry(host_name(host)?);
            addresses.or_default().push(address);
            Ok(())
        })
    }

    /// Middleware around every request that goes out: any [`tower::Layer`] over [`Transport`], those of
    /// tower-http included. Given again, the first is the outermost. It sees each try and each redirect,
    /// after robots.txt was asked and the host's turn has come, with all headers in place: what a layer waits
    /// for counts as the request's time, and keeps the task's place and the host's turn.
    ///
    /// [`tower::Layer`]: https://docs.rs/tower/latest/tower/trait.Layer.html
    ///
    /// ```no_run
    /// # use scrapeflow::prelude::*;
    /// # use scrapeflow::ready::scrape;
    /// # use scrapeflow::http;
    /// # use scrapeflow::middleware::{Body, tower};
    /// # workflow! { Pages = scrape; }
    /// let sign = tower::util::MapRequestLayer::new(|mut request: http::Request<Body>| {
    ///     let path = request.uri().path().len().to_string();
    ///     request.headers_mut().insert("x-signature", path.parse().unwrap());
    ///     request
    /// });
    /// let run = Pages::in_dir("pages").layer(sign);
    /// ```
    pub fn layer<L>(self, layer: L) -> Self
    where
        L: Layer<Transport> + Send + Sync + 'static,
        L::Service: HttpService,
    {
        self.fetching(|settings| {
            settings
                .middleware
                .push(Arc::new(middleware::Erased(layer)));
            Ok(())
        })
    }

    /// Who grants hosts' turns instead of the run itself: one place for several machines that share sites; an
    /// example is at [`Turns`]. The paces that the run was given then count for nothing.
    pub fn turns(mut self, turns: impl Turns) -> Self {
        self.said.turns = Some(Arc::new(turns));
        self
    }

    /// Changes what is said of requests; what cannot be is told when the run begins.
    pub(super) fn fetching(
        mut self,
        change: impl FnOnce(&mut Settings) -> Result<(), String>,
    ) -> Self {
        let extensions = &mut self.said.extensions;
        let mut settings = extensions.take::<Settings>().unwrap_or_default();
        // Nobody else has them before the run begins.
        let changed = change(Arc::make_mut(&mut settings));
        extensions.insert(settings);
        if let Err(wrong) = changed {
            self.wrong(wrong);
        }
        self
    }
}
