//! Kills at random moments, while many pages are at work on all cores.

use std::hint::spin_loop;
use std::path::PathBuf;
use std::thread;

use tokio::task::yield_now;

use crate::place::Kind;
use crate::running::{Attack, Durability, Ended, Run};
use crate::world::World;

const PAGES: usize = 100;

/// How often a run is killed on the first way through, and how often where every page is fetched anew.
const KILLS: usize = 15;

/// Requests after which a run is killed at the latest, but for what it does until it dies: few of all that it makes.
const MOST: usize = 60;

pub(crate) async fn attack(kind: Kind, seed: u64) {
    let mut world = World::new(kind, PAGES, seed);
    for force in [false, true] {
        let mut run = Run {
            at_once: 16,
            durability: Durability::Process,
            force,
            one_thread: false,
        };
        let (mut kills, mut runs) = (0, 0);
        while kills < KILLS {
            runs += 1;
            assert!(
                runs <= 20 * KILLS,
                "{kills} of {runs} runs were killed in time"
            );
            if force {
                world.pages.set_version(world.pages.version() + 1);
            } else if world.is_done() {
                world.complete(run).await;
                world.begin(None).await;
            }
            run.durability = world.random.choice(Durability::ALL).unwrap();
            let ended = world.run(run, Attack::Within(MOST)).await;
            kills += usize::from(ended == Ended::Killed);
        }
        world.complete(run).await;
    }
}

impl World {
    /// Ends at a random moment of a run.
    pub(crate) async fn moment(&mut self, requests: usize) {
        let latest = self.site.total_hits() + self.random.usize(1..=requests);
        let file = self.next_file(requests);
        let begin = self.random.usize(1..50_000);
        let which = self.random.u8(0..10);
        let rest = self.random.usize(0..20_000);

        let hits = self.site.until(|site| site.total_hits() >= latest);
        let appears = async {
            while !file.exists() {
                // Let the run have the processor.
                thread::yield_now();
                yield_now().await;
            }
        };
        match which {
            // While it starts, or takes up what the last one left.
            0 => {
                for _ in 0..begin {
                    yield_now().await;
                }
            }
            1..4 => hits.await,
            // Some are there for microseconds, and not always seen.
            _ => tokio::select! {
                biased;
                () = appears => {}
                () = hits => {}
            },
        }
        for _ in 0..rest {
            spin_loop();
        }
    }

    /// A file that the run is about to write if it is a directory's, in its place or on the way there.
    fn next_file(&mut self, most: usize) -> PathBuf {
        let version = Some(self.pages.version());
        let is_waiting = |page: &usize| {
            let scraped = self.records[*page].0[0].as_ref();
            scraped.map(|scraped| scraped.version) != version
        };
        let waiting: Vec<usize> = (0..self.pages.len())
            .filter(is_waiting)
            .take(most)
            .collect();
        let page = self.random.choice(waiting).unwrap_or_default();
        let name = format!("page-{page}.");
        let mut paths = self.place.paths(self.pages.len());
        paths.retain(|path| {
            let file = path.file_name().unwrap_or_default();
            file.to_string_lossy().starts_with(&name)
        });
        self.random.choice(paths).unwrap_or_default()
    }
}
