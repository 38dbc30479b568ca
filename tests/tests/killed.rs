//! A run that is killed at any moment loses nothing that it recorded, does nothing twice that it recorded,
//! and leaves nothing that isn't whole: neither on the first way through nor when every page is fetched anew.
//!
//! The moments are random: after so many requests, when a certain file appears, or a little later. What is
//! random follows from a seed that a failing test has printed, what the scheduler adds does not.

#![cfg(unix)]

#[path = "killed/pages.rs"]
mod pages;
#[path = "killed/records.rs"]
mod records;

use std::hint::spin_loop;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;

use fastrand::Rng;
use pages::{ALL, Pages};
use records::Records;
use scrapeflow::store::{DirStore, Durability, Store};
use scrapeflow_tests::{Sandbox, Site};
use tokio::process::{Child, Command};
use tokio::task::yield_now;

/// How often a test kills.
const KILLS: usize = 50;
/// Tasks at work at once.
const AT_ONCE: usize = 16;
/// Requests after which a run is killed at the latest, but for what it still does meanwhile. On the average of
/// the kills it is less than a run needs, so that the first way through lasts for all of them.
const MOST: usize = 60;

/// A site, and a directory in which runs over it come and go.
struct World {
    random: Rng,
    pages: Pages,
    site: Site,
    sandbox: Sandbox,
}

impl World {
    fn new() -> Self {
        let seed = fastrand::u64(..);
        println!("seed {seed:#x}");
        let (site, pages) = (Site::start(), Pages::default());
        site.remember(0);
        pages.serve(&site);
        Self {
            random: Rng::with_seed(seed),
            pages,
            site,
            sandbox: Sandbox::new(),
        }
    }

    /// Starts a run from that page on; dropping it kills it.
    fn start(&self, first: usize, options: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_journeys"))
            .arg(self.site.url("/page?n="))
            .arg(self.sandbox.dir())
            .args([first, ALL - first, AT_ONCE].map(|number| number.to_string()))
            .args(options)
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// Runs from that page on until a random moment; false if it ended before.
    async fn run_and_kill(&mut self, first: usize, options: &[&str]) -> bool {
        let mut run = self.start(first, options);
        let killed = tokio::select! {
            biased;
            () = self.moment(first) => true,
            _ = run.wait() => false,
        };
        // By its handle; it may have ended since.
        let killed = killed && run.try_wait().unwrap().is_none();
        run.kill().await.unwrap();
        self.settle().await;
        killed
    }

    async fn moment(&mut self, first: usize) {
        let latest = self.site.total_hits() + self.random.usize(1..=MOST);
        let hits = self.site.until(|site| site.total_hits() >= latest);
        let file = self.file(first);
        let appears = async {
            while !file.exists() {
                yield_now().await;
            }
        };
        let soon = async {
            for _ in 0..self.random.usize(1..50_000) {
                yield_now().await;
            }
        };
        match self.random.clone().usize(0..10) {
            // While it starts, and takes up what the last one left.
            0 => soon.await,
            1..4 => hits.await,
            // Most of these are there for some microseconds.
            _ => tokio::select! {
                biased;
                () = appears => {}
                () = hits => {}
            },
        }
        for _ in 0..self.random.usize(0..20_000) {
            spin_loop();
        }
    }

    /// A file that the run is about to write.
    fn file(&self, first: usize) -> PathBuf {
        let mut random = self.random.clone();
        let waiting = (first..ALL).filter(|page| !self.recorded(*page)).take(MOST);
        let waiting: Vec<usize> = waiting.collect();
        let page = random.choice(waiting).unwrap_or(first);
        let own = PathBuf::from(".scrapeflow");
        let place = random.choice([PathBuf::new(), own.clone(), own]).unwrap();
        let end = random.choice(["scrape", "status.json"]).unwrap();
        self.sandbox.dir().join(place).join(format!("page-{page}.{end}"))
    }
}
