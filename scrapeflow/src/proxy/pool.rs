//! Picks proxies: those that are live in turn, by country, in constant time however many there are.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::group::Group;
use super::health::{COOLDOWN, Health};
use super::{NoProxy, Proxy};
use crate::executor::settings::Backoff;

/// Proxies, and how they fare.
///
/// One that fails is left alone for 30 s, doubling to 30 min while it goes on failing. Then a single request is let
/// through: if that comes back, so does the proxy. Those that are live take turns, beginning anywhere: so each has as few requests at
/// a time, and as few connections, as can be.
///
/// ```
/// use scrapeflow::ProxyPool;
///
/// let pool = ProxyPool::of(["http://10.0.0.1:8080".parse()?, "socks5://10.0.0.2:1080".parse()?]);
/// let proxy = pool.one(None, &[])?;
/// pool.bad(&proxy);
/// assert_eq!((pool.len(), pool.live()), (2, 1));
/// assert_ne!(pool.one(None, &[])?, proxy);
/// assert!(pool.one(Some("US"), &[]).is_err());
/// # Ok::<(), scrapeflow::Error>(())
/// ```
pub struct ProxyPool(Mutex<Inner>);

struct Inner {
    known: Vec<Known>,
    by_proxy: HashMap<Proxy, usize>,
    groups: Vec<Group>,
    by_country: HashMap<Box<str>, usize>,
    cooldown: Backoff,
}

struct Known {
    proxy: Proxy,
    health: Health,
    /// The groups that it is in, and where among their live ones.
    places: Vec<(usize, usize)>,
}

/// Where no country is asked for.
const ANYWHERE: usize = 0;

/// Those to be taken where no country is asked for, if there are some.
const ANY: &str = "*";

impl ProxyPool {
    /// One with these; one that comes twice counts once.
    pub fn of(proxies: impl IntoIterator<Item = Proxy>) -> Self {
        let pool = Self::default();
        pool.fill(proxies);
        pool
    }

    /// For how long a proxy that failed is left alone: 30 s doubling to 30 min unless set; without jitter. A gateway
    /// that goes out from another address each time is never left alone by `Backoff::new(Duration::ZERO, Duration::ZERO)`.
    pub fn set_cooldown(&self, cooldown: Backoff) {
        self.inner().cooldown = cooldown;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.inner().known.len()
    }

    /// Whether there are none: yet, or at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many are live.
    pub fn live(&self) -> usize {
        let inner = self.inner();
        let live = inner
            .known
            .iter()
            .filter(|known| known.health == Health::Live);
        live.count()
    }

    /// Whether it may be used: it is live, or known to nobody here.
    pub fn is_live(&self, proxy: &Proxy) -> bool {
        let inner = self.inner();
        inner
            .by_proxy
            .get(proxy)
            .is_none_or(|&id| inner.known[id].health == Health::Live)
    }

    /// A proxy that goes out from `country`, in either case; none of `except` as far as there are others. Without a
    /// country it is one of `*` where there are such, else any.
    ///
    /// # Errors
    /// If there is none of that country, or none of them is live.
    pub fn one(&self, country: Option<&str>, except: &[Proxy]) -> Result<Proxy, NoProxy> {
        let now = Instant::now();
        let mut inner = self.inner();
        let group = inner.group(country)?;
        let due = inner.groups[group].due.first().copied();
        let due = due.filter(|(due, _)| *due <= now);
        // A request that has failed once is not what to try a doubtful one with.
        let may_probe = except.is_empty() || inner.groups[group].live.is_empty();
        if let (Some((_, id)), true) = (due, may_probe) {
            let health = inner.known[id].health.probed(now);
            inner.fares(id, health);
            return Ok(inner.known[id].proxy.clone());
        }
        if inner.groups[group].live.is_empty() {
            return Err(inner.none_live(group, country, now));
        }
        let start = inner.groups[group].turn();
        let live = &inner.groups[group].live;
        // Few were tried before, so that few are passed over.
        let mut others = live[start..]
            .iter()
            .chain(&live[..start])
            .take(except.len() + 1);
        let id = others.find(|&&id| !except.contains(&inner.known[id].proxy));
        Ok(inner.known[*id.unwrap_or(&live[start])].proxy.clone())
    }

    /// A request came through it.
    pub fn good(&self, proxy: &Proxy) {
        self.told(proxy, |health, _, _| health.good());
    }

    /// It failed: it is left alone for a while.
    pub fn bad(&self, proxy: &Proxy) {
        self.told(proxy, Health::bad);
    }

    /// Whether one is live of that country, or of anywhere, beside these.
    pub(crate) fn has_others(&self, country: Option<&str>, than: &[Proxy]) -> bool {
        let inner = self.inner();
        let Ok(group) = inner.group(country) else {
            return false;
        };
        let live = inner.groups[group].live.iter().take(than.len() + 1);
        live.copied()
            .any(|id| !than.contains(&inner.known[id].proxy))
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Proxy> {
        self.inner()
            .known
            .iter()
            .map(|known| known.proxy.clone())
            .collect()
    }

    /// What a check found: whatever was before is forgotten.
    pub(super) fn found(&self, proxy: &Proxy, good: bool) {
        self.told(proxy, |_, cooldown, now| {
            if good {
                Health::Live
            } else {
                Health::given_up(cooldown, now)
            }
        });
    }

    pub(super) fn fill(&self, proxies: impl IntoIterator<Item = Proxy>) {
        let mut inner = self.inner();
        for proxy in proxies {
            inner.add(proxy);
        }
        inner.gather_anywhere();
    }

    fn told(&self, proxy: &Proxy, change: impl FnOnce(Health, Backoff, Instant) -> Health) {
        let mut inner = self.inner();
        let Some(&id) = inner.by_proxy.get(proxy) else {
            return;
        };
        let health = change(inner.known[id].health, inner.cooldown, Instant::now());
        inner.fares(id, health);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn add(&mut self, proxy: Proxy) {
        if self.by_proxy.contains_key(&proxy) {
            return;
        }
        let id = self.known.len();
        self.by_proxy.insert(proxy.clone(), id);
        let group = proxy.country().map(|country| {
            *self.by_country.entry(country.into()).or_insert_with(|| {
                self.groups.push(Group::default());
                self.groups.len() - 1
            })
        });
        self.known.push(Known {
            proxy,
            health: Health::Live,
            places: Vec::new(),
        });
        if let Some(group) = group {
            self.join(group, id);
        }
    }

    /// Those of `*`, or else all, are for requests that ask for no country.
    fn gather_anywhere(&mut self) {
        let star = self.by_country.get(ANY).copied();
        for id in 0..self.known.len() {
            let places = &self.known[id].places;
            let is_in = |group| places.iter().any(|place| place.0 == group);
            let belongs = star.is_none_or(is_in);
            match (belongs, is_in(ANYWHERE)) {
                (true, false) => self.join(ANYWHERE, id),
                (false, true) => self.leave(ANYWHERE, id),
                _ => {}
            }
        }
    }

    fn join(&mut self, group: usize, id: usize) {
        let place = self.groups[group].live.len();
        match self.known[id].health.due() {
            None => self.groups[group].live.push(id),
            Some(due) => drop(self.groups[group].due.insert((due, id))),
        }
        self.known[id].places.push((group, place));
    }

    fn leave(&mut self, group: usize, id: usize) {
        self.take_out(group, id);
        self.known[id].places.retain(|place| place.0 != group);
    }

    /// Takes it out of a group's live or due ones; the last of the live ones takes its place.
    fn take_out(&mut self, group: usize, id: usize) {
        if let Some(due) = self.known[id].health.due() {
            self.groups[group].due.remove(&(due, id));
            return;
        }
        let place = self.place(id, group).1;
        self.groups[group].live.swap_remove(place);
        if let Some(&moved) = self.groups[group].live.get(place) {
            self.place(moved, group).1 = place;
        }
    }

    fn place(&mut self, id: usize, group: usize) -> &mut (usize, usize) {
        let mut places = self.known[id].places.iter_mut();
        places
            .find(|place| place.0 == group)
            .expect("it is in that group")
    }

    fn fares(&mut self, id: usize, health: Health) {
        if self.known[id].health == health {
            return;
        }
        let groups: Vec<usize> = self.known[id].places.iter().map(|place| place.0).collect();
        for &group in &groups {
            self.take_out(group, id);
        }
        self.known[id].health = health;
        self.known[id].places.clear();
        for &group in &groups {
            self.join(group, id);
        }
    }

    fn group(&self, country: Option<&str>) -> Result<usize, NoProxy> {
        let Some(country) = country else {
            return Ok(ANYWHERE);
        };
        let wanted = country.to_ascii_uppercase();
        self.by_country
            .get(wanted.as_str())
            .copied()
            .ok_or_else(|| {
                let mut there: Vec<_> = self
                    .by_country
                    .keys()
                    .filter(|name| ***name != *ANY)
                    .cloned()
                    .collect();
                there.sort();
                NoProxy::Country { wanted, there }
            })
    }

    fn none_live(&self, group: usize, country: Option<&str>, now: Instant) -> NoProxy {
        let due = &self.groups[group].due;
        NoProxy::NoneLive {
            country: country.map(str::to_ascii_uppercase),
            of: due.len(),
            next: due
                .first()
                .map(|(due, _)| due.saturating_duration_since(now))
                .unwrap_or_default(),
        }
    }
}

impl Default for ProxyPool {
    fn default() -> Self {
        Self(Mutex::new(Inner {
            known: Vec::new(),
            by_proxy: HashMap::new(),
            groups: vec![Group::default()],
            by_country: HashMap::new(),
            cooldown: COOLDOWN,
        }))
    }
}

impl fmt::Debug for ProxyPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyPool")
            .field("len", &self.len())
            .field("live", &self.live())
            .finish()
    }
}

#[cfg(test)]
mod tests;
