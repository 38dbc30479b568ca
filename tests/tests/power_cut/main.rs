//! A power cut at any moment takes what is documented of each [`Durability`](scrapeflow::Durability), and no more.
//!
//! Runs are recorded by `strace`: what they did to files, what they synced and what they said to be saved, in one order. From that are made
//! states that a disk may have been left in (`crash`), and on each the next runs are let loose (`checks`). Where the machine allows it
//! the same is done with real file systems (`loop_device`). What is random follows
//! from a seed that is printed; what the scheduler adds to the order of things does not.
//!
//! `SCRAPEFLOW_POWER_CUT_STATES` says how many states, 60 unless set, and `SCRAPEFLOW_POWER_CUT_SEED` from which seed.

#![cfg(target_os = "linux")]

mod checks;
mod crash;
mod disk;
mod history;
mod look;
mod loop_device;
mod pages;
mod promise;
mod recorder;
mod runs;
mod strace;
mod tree;

use std::env;
use std::fmt::Debug;
use std::str::FromStr;

use fastrand::Rng;

use checks::{State, Taken};
use crash::Crash;
use loop_device::FileSystem;
use promise::{promised, said};
use runs::{Place, Runs, Syncs, places};

/// States of each recording.
const STATES: usize = 10;

#[tokio::test]
async fn a_power_cut_takes_what_is_documented() {
    let mut attack = Attack::new();
    for _ in 0..attack.rounds {
        for place in places() {
            attack.recorded(place).await;
        }
    }
    for tally in attack.tallies {
        println!("{tally:?}");
        // Else nothing was dropped, and nothing shown.
        assert!(tally.place.syncs != Syncs::Never || tally.lost > 0);
    }
}

#[tokio::test]
async fn a_power_cut_of_a_loop_device_takes_what_is_documented() {
    let mut attack = Attack::new();
    // In the short form the first of them.
    let file_systems = FileSystem::all();
    for file_system in file_systems.iter().cycle().take(attack.rounds) {
        for place in places() {
            let states = attack.runs.cut(*file_system, place, &mut attack.random);
            for state in states.await {
                attack.check(&state, &format!("{file_system:?}")).await;
            }
        }
    }
    for tally in attack.tallies {
        println!("loop device: {tally:?}");
    }
}

/// The power is cut over and over.
struct Attack {
    rounds: usize,
    random: Rng,
    runs: Runs,
    tallies: Vec<Tally>,
}

impl Attack {
    fn new() -> Self {
        let seed: u64 = set("SCRAPEFLOW_POWER_CUT_SEED").unwrap_or_else(|| fastrand::u64(..));
        println!("seed {seed}");
        let round = places().len() * STATES;
        let states: usize = set("SCRAPEFLOW_POWER_CUT_STATES").unwrap_or(round);
        Self {
            rounds: states.div_ceil(round),
            random: Rng::with_seed(seed),
            runs: Runs::new(),
            tallies: places().into_iter().map(Tally::new).collect(),
        }
    }

    /// Records runs, and cuts the power at some moments of them.
    async fn recorded(&mut self, place: Place) {
        let history = self.runs.record(place, &mut self.random).await;
        // What the first run left is certain where it was on the disk already.
        let changes = history.changes.iter().map(|change| change.at);
        let changes: Vec<usize> = changes.filter(|at| *at > 0).collect();
        for _ in 0..STATES {
            let change = self.random.usize(..changes.len());
            let past = history.until(changes[change] + 1);
            let crash = Crash::after(&past, &mut self.random);
            let manner = crash.manner();
            let state = State {
                place,
                tree: crash.disk().tree(),
                said: said(&past),
                promised: promised(&past, place),
            };
            self.check(&state, &manner).await;
        }
    }

    async fn check(&mut self, state: &State, manner: &str) {
        match self.runs.check(state).await {
            Ok(taken) => {
                let mut tallies = self.tallies.iter_mut();
                let tally = tallies.find(|tally| tally.place == state.place);
                tally.expect("one for each place").add(&taken);
            }
            Err(wrong) => {
                let kept = tempfile::tempdir().unwrap().keep();
                tree::write(&state.tree, &kept);
                panic!(
                    "{:?}, {manner}, in {}: {wrong}",
                    state.place,
                    kept.display()
                );
            }
        }
    }
}

/// Of how many states what is true.
#[derive(Debug)]
struct Tally {
    place: Place,
    states: usize,
    /// Something was lost that had been said to be saved.
    lost: usize,
    /// Statuses could not be read, and were reported.
    broken: usize,
    /// Readers were refused a body.
    damaged: usize,
}

impl Tally {
    fn new(place: Place) -> Self {
        Self {
            place,
            states: 0,
            lost: 0,
            broken: 0,
            damaged: 0,
        }
    }

    fn add(&mut self, taken: &Taken) {
        self.states += 1;
        self.lost += usize::from(taken.lost > 0);
        self.broken += usize::from(taken.broken > 0);
        self.damaged += usize::from(taken.damaged);
    }
}

/// A variable of the environment, if it is set.
fn set<T: FromStr<Err: Debug>>(name: &str) -> Option<T> {
    let value = env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|error| panic!("{name}: {error:?}")),
    )
}
