//! Many worlds, each from its seed, and what is said when a test fails in one of them.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use reqwest::Body;

use super::clock::Clock;
use super::fault::Fault;
use super::world::{Site, World};
use crate::error::said;

/// The variable that names the one seed to be run, as a decimal number.
const SEED: &str = "SCRAPEFLOW_SEED";

/// When a world in which time passes at once has waited so long, nothing will happen in it any more.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A test in many worlds: see [`testing`](super).
pub struct Simulation {
    site: Site,
    faults: Vec<Fault>,
    share: f64,
    seeds: Vec<u64>,
}

/// What a simulation went through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Seen {
    /// How many worlds there were.
    pub worlds: u64,
    /// What went wrong in them, and how often.
    pub faults: BTreeMap<Fault, u64>,
}

impl Seen {
    /// How often that went wrong, in all worlds.
    pub fn count(&self, fault: Fault) -> u64 {
        self.faults.get(&fault).copied().unwrap_or_default()
    }
}

impl Simulation {
    /// Of a site that says this when nothing goes wrong, all hosts and `/robots.txt` included.
    pub fn of<F, A>(site: F) -> Self
    where
        F: Fn(http::Request<Body>) -> A + Send + Sync + 'static,
        A: Future<Output = http::Response<Body>> + Send + 'static,
    {
        Self {
            site: Arc::new(move |request| site(request).boxed()),
            faults: Fault::ALL.into(),
            share: 0.2,
            seeds: (0..20).collect(),
        }
    }

    /// What may go wrong: [all](Fault::ALL) unless set.
    #[must_use]
    pub fn faults(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.faults = faults.into_iter().collect();
        self
    }

    /// With which share of requests, and of what the store is to write, something goes wrong, from 0.0 to 1.0: 0.2 unless set. The
    /// disk is full in a twentieth of the cases in which its turn comes, since that ends a run.
    ///
    /// # Panics
    /// If it is no share.
    #[must_use]
    #[track_caller]
    pub fn share(mut self, share: f64) -> Self {
        assert!(
            (0.0..=1.0).contains(&share),
            "{share} is no share: from 0.0 to 1.0"
        );
        self.share = share;
        self
    }

    /// From which seeds worlds are made: 0 to 19 unless set. The environment variable `SCRAPEFLOW_SEED` names one that is taken
    /// instead.
    #[must_use]
    pub fn seeds(mut self, seeds: impl IntoIterator<Item = u64>) -> Self {
        self.seeds = seeds.into_iter().collect();
        self
    }

    /// Runs the test in each world, as many at once as there are processors.
    ///
    /// # Panics
    /// If the test panics in a world or waits for what never comes; says the seed. If there is no seed, or `SCRAPEFLOW_SEED` is no number.
    pub fn run(self, test: impl AsyncFn(World) + Sync) -> Seen {
        let seeds = match std::env::var(SEED) {
            Ok(seed) => vec![seed.parse().unwrap_or_else(|_| {
                panic!("{SEED} is {seed:?}, and has to be the number of a seed")
            })],
            Err(_) => self.seeds.clone(),
        };
        assert!(!seeds.is_empty(), "no seeds, so no worlds");
        let shared = Mutex::new(Shared {
            seeds: seeds.into_iter(),
            seen: Seen::default(),
            failed: None,
        });
        let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| self.work(&shared, &test));
            }
        });
        let Shared { seen, failed, .. } =
            shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some((seed, panic)) = failed {
            // The test harness names its threads by the tests.
            let thread = std::thread::current();
            let test = thread.name().filter(|name| *name != "main");
            panic!(
                "in the world of seed {seed}: {}\nthe same world again: {SEED}={seed} cargo test {}",
                said(&*panic),
                test.unwrap_or_default()
            );
        }
        seen
    }

    /// Makes worlds until no seed is left, or a test has failed.
    fn work(&self, shared: &Mutex<Shared>, test: &(impl AsyncFn(World) + Sync)) {
        loop {
            // Not held on to while the world lives.
            let next = lock(shared).next();
            let Some(seed) = next else { return };
            let ended = self.world(seed, test);
            let mut shared = lock(shared);
            match ended {
                Ok(faults) => shared.add(faults),
                Err(panic) => {
                    shared.failed.get_or_insert((seed, panic));
                }
            }
        }
    }

    fn world(
        &self,
        seed: u64,
        test: &impl AsyncFn(World),
    ) -> Result<BTreeMap<Fault, u64>, Box<dyn Any + Send>> {
        fastrand::seed(seed);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime of one thread");
        let lived = async {
            let _clock = Clock::begin();
            let (site, faults) = (self.site.clone(), self.faults.clone());
            let world = World::new(seed, site, faults, self.share);
            let ended = tokio::time::timeout(FOREVER, test(world.clone())).await;
            assert!(
                ended.is_ok(),
                "a year has passed and the test waits still: for what never comes, or in a circle"
            );
            world.faults()
        };
        catch_unwind(AssertUnwindSafe(|| runtime.block_on(lived)))
    }
}

/// What the threads share.
struct Shared {
    seeds: std::vec::IntoIter<u64>,
    seen: Seen,
    failed: Option<(u64, Box<dyn Any + Send>)>,
}

impl Shared {
    fn next(&mut self) -> Option<u64> {
        self.seeds.next().filter(|_| self.failed.is_none())
    }

    fn add(&mut self, faults: BTreeMap<Fault, u64>) {
        self.seen.worlds += 1;
        for (fault, times) in faults {
            *self.seen.faults.entry(fault).or_default() += times;
        }
    }
}

/// Nobody panics with it.
fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation")
            .field("faults", &self.faults)
            .field("share", &self.share)
            .field("seeds", &self.seeds.len())
            .finish_non_exhaustive()
    }
}
