//! What a run can be told about proxies and sessions.

use std::sync::Arc;

use super::session::Sessions;
use crate::fetch::settings::accepted;
use crate::proxy::ProxyProvider;
use crate::run::builder::Run;
use crate::workflow::Workflow;

/// What becomes of a request when no proxy is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ProxyFallback {
    /// It fails: sites never see the machine's own address.
    #[default]
    Fail,
    /// It goes straight out.
    Direct,
}

impl<W: Workflow> Run<W> {
    /// All requests go through these proxies, those for robots.txt included; each try takes the next one that is live, a further try another one
    /// as far as there is. A list that has to be loaded is, before the first task, where an executor that may run takes `Fetch`.
    ///
    /// A proxy that fails is left alone for 30 s, doubling to 30 min, until a request through it has come back. Whoever
    /// is behind a proxy is known to it alone: [`AddressPolicy`](crate::AddressPolicy) judges only addresses that URLs name, not
    /// those that names resolve to. With `socks5://` sites are
    /// looked up by the machine's own name servers, with `socks5h://` by the proxy's. A safe request (RFC 9110, 9.2.1) whose connection
    /// closes before an answer is sent a second time at once, since small proxies close connections without saying so. Proxies that
    /// the environment names (`HTTP_PROXY`) play no part.
    ///
    /// ```no_run
    /// # use scrapeflow::prelude::*;
    /// # use scrapeflow::ready::scrape;
    /// # workflow! { Pages = scrape; }
    /// use scrapeflow::ProxyList;
    ///
    /// let run = Pages::in_dir("pages")
    ///     .proxies(ProxyList::new(["http://user:password@10.0.0.1:8080", "socks5://10.0.0.2:1080"])?);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn proxies(self, proxies: impl ProxyProvider) -> Self {
        self.fetching(|settings| {
            settings.proxies = Some(Arc::new(proxies));
            Ok(())
        })
    }

    /// What becomes of a request when no proxy is live: it fails unless set. One for a country that no proxy is of fails in any case.
    pub fn proxy_fallback(self, fallback: ProxyFallback) -> Self {
        self.fetching(|settings| {
            settings.proxy_fallback = fallback;
            Ok(())
        })
    }

    /// Takes proxies of this country, where neither the request, its task's `params.country` nor the
    /// [host](crate::Host::proxy_country) says another: any unless set.
    pub fn proxy_country(self, country: &str) -> Self {
        self.fetching(|settings| {
            settings.proxy_country = Some(country.into());
            Ok(())
        })
    }

    /// Makes requests as visitors who keep to a proxy and to their cookies, for a while: see [`Sessions`]. Not unless set.
    pub fn sessions(self, sessions: Sessions) -> Self {
        self.fetching(|settings| {
            settings.sessions = Some(sessions);
            sessions
                .wrong()
                .map_or(Ok(()), |wrong| Err(wrong.to_owned()))
        })
    }

    /// With proxies or sessions, which HTTP statuses say that the site has blocked us: 401, 403 and 429 unless set; `[]` for none. Then the
    /// session ends, the proxy is left alone for a while unless it is the last that is live, and the request is made elsewhere, if
    /// there is another proxy or session, at most 3 times and at once, as it is for [`Error::blocked`](crate::Error::blocked). A status that is accepted says nothing of that kind.
    pub fn blocked_status(self, statuses: impl IntoIterator<Item = u16>) -> Self {
        let statuses: Vec<u16> = statuses.into_iter().collect();
        self.fetching(|settings| {
            settings.blocked_status = match &statuses[..] {
                [] => statuses,
                some => accepted(some.iter().copied())
                    .map_err(|wrong| wrong.replace("accept_status", "blocked_status"))?,
            };
            Ok(())
        })
    }
}
