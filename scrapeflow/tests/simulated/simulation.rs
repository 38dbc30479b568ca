//! The simulation itself: the same seed makes the same world, and a failure names its seed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use scrapeflow::prelude::Outcome;
use scrapeflow::testing::{Fault, Simulation, World};

use crate::by_url;
use crate::shop::{self, Product, RETRIES, TASKS, Watch};

fn products() -> Vec<Product> {
    (0..TASKS)
        .map(|number| Product { number, edition: 0 })
        .collect()
}

#[test]
fn the_same_seed_makes_the_same_world() {
    let lives = Mutex::new(Vec::new());
    let life = async |world: World| {
        let watch = Watch::new(&world);
        let run = shop::run(&world, &watch, &products(), 8).run();
        let ended = world.until_killed(run).await;
        let ended = ended.map(|ended| {
            ended
                .map(|report| report.to_string())
                .map_err(|error| error.to_string())
        });
        let statuses = crate::records::read(&world).await;
        lives
            .lock()
            .unwrap()
            .push(format!("{ended:?} {statuses:?} {:?}", world.asked()));
    };
    for seed in 0..20 {
        for _ in 0..2 {
            Simulation::of(shop::site).seeds([seed]).run(life);
        }
        let mut lives = lives.lock().unwrap();
        let (second, first) = (lives.pop().unwrap(), lives.pop().unwrap());
        let same = first
            .chars()
            .zip(second.chars())
            .take_while(|(a, b)| a == b);
        let same = same.count();
        assert!(
            first == second,
            "the worlds of seed {seed} differ from here: {:.300} and {:.300}",
            &first[same..],
            &second[same..]
        );
    }
}

fn failure(test: impl AsyncFn(World) + Sync) -> String {
    let simulation = Simulation::of(shop::site).seeds([7]);
    let failed = catch_unwind(AssertUnwindSafe(|| simulation.run(test)));
    let failed = failed.expect_err("it fails");
    failed.downcast_ref::<String>().unwrap().clone()
}

#[test]
fn a_failure_says_how_to_repeat_it() {
    let said = failure(async |_| panic!("the price is negative"));
    assert!(said.contains("seed 7: the price is negative"), "{said}");
    assert!(said.contains("SCRAPEFLOW_SEED=7"), "{said}");
}

#[test]
fn what_waits_for_ever_fails() {
    let said = failure(async |_| std::future::pending().await);
    assert!(said.contains("a year has passed"), "{said}");
}

#[test]
fn only_what_was_asked_for_goes_wrong() {
    let simulation = Simulation::of(shop::site).faults([Fault::Reset]).share(0.5);
    let seen = simulation.seeds(0..3).run(async |world: World| {
        let watch = Watch::new(&world);
        let report = shop::run(&world, &watch, &products(), 8)
            .run()
            .await
            .unwrap();
        for error in report
            .executors
            .iter()
            .flat_map(|executor| &executor.errors)
        {
            assert!(error.message.starts_with("ClientOSError::"), "{report}");
        }
        for asked in world.asked() {
            assert_eq!(asked.fault.is_some(), asked.fault == Some(Fault::Reset));
        }
    });
    assert_eq!((seen.worlds, seen.faults.len()), (3, 1));
    assert!(seen.faults[&Fault::Reset] > 50, "{:?}", seen.faults);
}

#[test]
fn every_try_is_made() {
    let simulation = Simulation::of(shop::site)
        .faults([Fault::ServerError])
        .share(1.0);
    simulation.seeds([0]).run(async |world: World| {
        let watch = Watch::new(&world);
        let report = shop::run(&world, &watch, &products(), 8)
            .run()
            .await
            .unwrap();
        assert_eq!(report.count(Outcome::Failed), TASKS, "{report}");
        // Of each call of the executor, and of each of its requests.
        let tries = (1 + RETRIES.0) * (1 + RETRIES.1);
        let asked = by_url(&world.asked());
        assert_eq!(asked.len() as u64, TASKS);
        assert!(asked.values().all(|of| *of == tries), "{asked:?}");
    });
}
