//! A run that is killed at any moment loses nothing that it recorded, does nothing twice that it recorded,
//! and leaves nothing that isn't whole: neither on the first way through nor when every page is fetched anew.
//!
//! The moments are random: after so many requests, when a certain file appears, or a little later. What is
//! random follows from a seed that a failing test has printed; what the scheduler adds does not.

#![cfg(unix)]

#[path = "killed/pages.rs"]
mod pages;
#[path = "killed/records.rs"]
mod records;
#[path = "killed/world.rs"]
mod world;

use pages::ALL;
use records::Ahead;
use scrapeflow_tests::Sandbox;
use world::{AT_ONCE, Ended, World};

/// How often a run is killed on the first way through, and how often when every page is fetched anew.
const KILLS: usize = 50;

#[tokio::test]
async fn a_hundred_kills() {
    let mut world = World::new();
    first_way_through(&mut world).await;
    every_page_anew(&mut world).await;
}

async fn first_way_through(world: &mut World) {
    let mut kills = 0;
    while kills < KILLS {
        let (before, hits) = (world.records(), world.pages.hits());
        let missing = (0..ALL).find(|&page| before.of(page).done[0].is_none());
        let first = world.random.usize(0..=missing.unwrap_or(0));
        let ended = world.run_and_kill(first, &[]).await;
        let (after, hits_after) = (world.look(Ahead::Forbidden), world.pages.hits());

        let mut in_vain = 0;
        for page in 0..ALL {
            let (before, after) = (before.of(page), after.of(page));
            for (before, after) in before.done.iter().zip(&after.done) {
                assert!(
                    before.is_none() || before == after,
                    "page {page}: {before:?}, {after:?}"
                );
            }
            let fetched = hits_after[page] - hits[page];
            let most = usize::from(before.done[0].is_none());
            assert!(
                fetched <= most,
                "page {page} was fetched {fetched} times, not {most}"
            );
            in_vain += usize::from(fetched == 1 && after.done[0].is_none());
        }
        assert!(in_vain <= AT_ONCE, "{in_vain} pages were fetched in vain");
        if ended == Ended::Killed {
            kills += 1;
        } else if missing.is_none() {
            // All is done, and too few were killed yet.
            world.check_end();
            world.sandbox = Sandbox::new();
            world.look(Ahead::Forbidden);
        }
    }
    world.run(&[]).await;
    world.check_end();
}

async fn every_page_anew(world: &mut World) {
    for _ in 0..KILLS {
        world.pages.renew();
        let newest = Some(world.pages.version());
        let first = world.random.usize(0..ALL);
        let (before, hits) = (world.records(), world.pages.hits());
        world.run_and_kill(first, &["--force"]).await;
        let mut after = world.look(Ahead::Allowed);
        if world.random.bool() {
            // Else the next run has to, and may be killed at it.
            world.recover().await;
            after = world.look(Ahead::Forbidden);
        }

        let mut in_vain = 0;
        for (page, hits_after) in world.pages.hits().into_iter().enumerate() {
            let (before, after) = (before.of(page), after.of(page));
            assert!(
                after.done.iter().all(Option::is_some),
                "a success of page {page} is lost"
            );
            assert!(
                (before.version..=newest).contains(&after.version),
                "page {page}"
            );
            let fetched = hits_after - hits[page];
            assert!(fetched <= usize::from(page >= first), "page {page}");
            assert!(fetched == 1 || after.version != newest, "page {page}");
            in_vain += usize::from(fetched == 1 && after.version != newest);
        }
        assert!(in_vain <= AT_ONCE, "{in_vain} pages were fetched in vain");
    }
    // What was fetched anew and not yet parsed is known to be so, without a look at the site.
    let hits = world.pages.hits();
    world.run(&[]).await;
    assert_eq!(world.pages.hits(), hits);
    world.check_end();
}
