//! Sessions: visitors, each with a proxy and cookies of its own.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::super::stages::cookies::Jar;
use super::Routes;
use crate::error::Result;
use crate::proxy::Proxy;

/// How long a session lasts, for [`Run::sessions`](crate::Run::sessions).
///
/// A session is a visitor: it keeps to one proxy, and to the cookies that it was given. All requests through an attempt's `Fetch`
/// are one visitor's; when the attempt has ended, another takes the session over, so that there are about as many as
/// tasks at work. A further try of a request stays with the session as long as that lasts. It ends after 50 requests, 3 errors or 50 minutes (Crawlee's), when its proxy fails, or when the site blocks
/// it.
///
/// ```no_run
/// # use scrapeflow::prelude::*;
/// # use scrapeflow::ready::scrape;
/// # workflow! { Pages = scrape; }
/// use scrapeflow::Sessions;
///
/// let run = Pages::in_dir("pages").sessions(Sessions::new().max_uses(20));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sessions {
    uses: u32,
    errors: u32,
    age: Duration,
}

impl Default for Sessions {
    fn default() -> Self {
        Self::new()
    }
}

impl Sessions {
    /// 50 requests, 3 errors, 50 minutes.
    pub const fn new() -> Self {
        Self {
            uses: 50,
            errors: 3,
            age: Duration::from_secs(50 * 60),
        }
    }

    /// It ends after so many requests; redirects are no requests of their own. At least 1.
    #[must_use]
    pub const fn max_uses(mut self, requests: u32) -> Self {
        self.uses = requests;
        self
    }

    /// It ends after so many requests that got no answer. At least 1.
    #[must_use]
    pub const fn max_errors(mut self, errors: u32) -> Self {
        self.errors = errors;
        self
    }

    /// It ends when it is so old.
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.age = age;
        self
    }

    /// What is wrong with it, if anything.
    pub(super) fn wrong(self) -> Option<&'static str> {
        (self.uses == 0 || self.errors == 0 || self.age.is_zero()).then_some(
            "sessions that end before they begin; give them a use, an error and some time",
        )
    }
}

/// One visitor.
pub(in crate::fetch) struct Session {
    pub(in crate::fetch) proxy: Option<Proxy>,
    pub(in crate::fetch) jar: Jar,
    settings: Sessions,
    born: Instant,
    uses: AtomicU32,
    errors: AtomicU32,
    retired: AtomicBool,
}

impl Session {
    fn new(settings: Sessions, proxy: Option<Proxy>) -> Self {
        Self {
            proxy,
            jar: Jar::default(),
            settings,
            born: Instant::now(),
            uses: AtomicU32::new(0),
            errors: AtomicU32::new(0),
            retired: AtomicBool::new(false),
        }
    }

    /// Whether another request may be made, which is counted.
    fn is_used(&self) -> bool {
        let is_over =
            self.retired.load(Ordering::Relaxed) || self.born.elapsed() >= self.settings.age;
        !is_over && self.uses.fetch_add(1, Ordering::Relaxed) < self.settings.uses
    }

    pub(super) fn failed(&self, of_proxy: bool) {
        let errors = self.errors.fetch_add(1, Ordering::Relaxed) + 1;
        if of_proxy || errors >= self.settings.errors {
            self.retire();
        }
    }

    pub(super) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }
}

type Country = Option<Box<str>>;

/// Sessions that nobody uses just now, by the country that they go out from.
pub(super) struct SessionPool {
    settings: Sessions,
    free: Mutex<HashMap<Country, Vec<Arc<Session>>>>,
}

impl SessionPool {
    pub(super) fn new(settings: Sessions) -> Self {
        Self {
            settings,
            free: Mutex::default(),
        }
    }

    fn free(&self) -> MutexGuard<'_, HashMap<Country, Vec<Arc<Session>>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sessions of one attempt, given back at its end.
pub(in crate::fetch) struct Visit {
    routes: Arc<Routes>,
    sessions: Mutex<HashMap<Country, Arc<Session>>>,
}

impl Visit {
    pub(in crate::fetch) fn new(routes: Arc<Routes>) -> Self {
        Self {
            routes,
            sessions: Mutex::default(),
        }
    }

    /// The one that the attempt has, else one that is free, else a new one.
    pub(super) fn session(
        &self,
        pool: &SessionPool,
        country: Option<&str>,
        proxy: impl FnOnce() -> Result<Option<Proxy>>,
    ) -> Result<Arc<Session>> {
        let country: Country = country.map(Into::into);
        let is_used = |session: &Arc<Session>| {
            self.routes.is_open(session, country.as_deref()) && session.is_used()
        };
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = sessions.get(&country).filter(|session| is_used(session)) {
            return Ok(session.clone());
        }
        let free = {
            let mut free = pool.free();
            let free = free.get_mut(&country);
            // Those that are over are dropped on the way.
            free.and_then(|free| std::iter::from_fn(|| free.pop()).find(is_used))
        };
        let session = if let Some(session) = free {
            session
        } else {
            let session = Arc::new(Session::new(pool.settings, proxy()?));
            session.is_used();
            session
        };
        sessions.insert(country, session.clone());
        Ok(session)
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let Some(pool) = &self.routes.sessions else {
            return;
        };
        let sessions = std::mem::take(
            self.sessions
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner),
        );
        let mut free = pool.free();
        for (country, session) in sessions {
            free.entry(country).or_default().push(session);
        }
    }
}

impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visit").finish_non_exhaustive()
    }
}
