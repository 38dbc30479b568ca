//! Runs in simulated time, against a site and a disk that fail from a seed: what is on record stands, is not done again, and in the
//! end all is done, at the pace that was asked for.
//!
//! A failure prints its seed. `SCRAPEFLOW_SEEDS` says how many worlds there are: a thousand under `cargo xtask test`.

mod promises;
mod records;
mod shop;
mod simulation;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use scrapeflow::prelude::*;
use scrapeflow::testing::{Asked, Fault, Simulation, World};

use records::{Record, Records};
use shop::{EXECUTORS, Product, Shop, TASKS, Watch};
use tokio::time::Instant;

/// Worlds, unless the environment says otherwise.
const WORLDS: u64 = 100;

/// How long a stopped run may go on, and how long it waits then for what is being saved.
const GRACE: Duration = Duration::from_secs(5);
const ABANDON: Duration = Duration::from_secs(1);

#[test]
fn many_worlds() {
    let worlds = std::env::var("SCRAPEFLOW_SEEDS").map_or(WORLDS, |worlds| worlds.parse().unwrap());
    let seen = Simulation::of(shop::site).seeds(0..worlds).run(life);
    println!("{} worlds: {:?}", seen.worlds, seen.faults);
    // One alone may do without some.
    for fault in Fault::ALL.into_iter().filter(|_| seen.worlds >= 100) {
        assert!(seen.faults.contains_key(&fault), "{fault:?} was never hit");
    }
}

/// Some bad runs, in some of which editions change, then a good one.
async fn life(world: World) {
    let mut products: Vec<Product> = (0..TASKS)
        .map(|number| Product { number, edition: 0 })
        .collect();
    let mut before = Records::new();
    for _ in 0..3 {
        before = bad_run(&world, &products, before).await;
        if world.below(3) == 0 {
            for product in &mut products {
                product.edition += u64::from(world.below(4) == 0);
            }
        }
    }
    world.calm();
    let watch = Watch::new(&world);
    let report = shop::run(&world, &watch, &products, 8).run().await.unwrap();
    let after = look(&world, &products, &before, &watch).await;
    assert_eq!(report.done(), TASKS, "{report}");
    assert_eq!(all_done(&products, &after), TASKS);
}

/// A run that may be killed or stopped at any moment.
async fn bad_run(world: &World, products: &[Product], before: Records) -> Records {
    let (watch, sent) = (Watch::new(world), world.asked().len());
    let at_once = usize::try_from(1 + world.below(16)).unwrap();
    let run = shop::run(world, &watch, products, at_once);
    let ended = match world.below(3) {
        0 => world.until_killed(run.run()).await,
        1 => Some(stopped(world, run).await),
        _ => Some(run.run().await),
    };
    let after = look(world, products, &before, &watch).await;
    assert!(watch.most_at_work() <= at_once, "{}", watch.most_at_work());
    let asked = world.asked().split_off(sent);
    promises::pace(&asked);
    if let Some(Ok(report)) = ended {
        let done = all_done(products, &after);
        assert!(report.done() <= done, "{done} are done: {report}");
        if !report.interrupted {
            assert_eq!(report.done(), done, "{report}");
            assert_eq!(report.total(), TASKS, "each once: {report}");
            promises::tries(products, &after, &asked, &watch);
        }
    }
    after
}

/// A run that is stopped at a moment, and ends in the time that it is given from then on.
async fn stopped(world: &World, run: Run<Shop>) -> Result<Report, RunError> {
    let (moment, told) = (world.moment(), Arc::new(OnceLock::new()));
    let tells = told.clone();
    let stop = async move {
        moment.await;
        tells.get_or_init(Instant::now);
    };
    let ended = run.stop_when(stop).grace(GRACE).run().await;
    if let Some(stopped) = told.get() {
        let took = stopped.elapsed();
        assert!(
            took <= GRACE + ABANDON,
            "{took:?} from when it was told to stop"
        );
    }
    ended
}

/// What is on record now, after a look at whether it may have come to that.
async fn look(world: &World, products: &[Product], before: &Records, watch: &Watch) -> Records {
    let after = records::read(world).await;
    let none = Record::default();
    for product in products {
        let key = format!("product-{}", product.number);
        let [before, after] = [before, &after].map(|records| records.get(&key).unwrap_or(&none));
        records::check(product, before, after, |executor| {
            watch.calls(executor, &key)
        });
    }
    after
}

fn all_done(products: &[Product], records: &Records) -> u64 {
    let done = products.iter().filter(|product| {
        let record = records.get(&format!("product-{}", product.number));
        record.is_some_and(|record| record.stands(EXECUTORS.len() - 1, product.edition))
    });
    done.count() as u64
}

/// How often each URL was asked for.
fn by_url(asked: &[Asked]) -> BTreeMap<String, u32> {
    let mut urls = BTreeMap::new();
    for asked in asked {
        *urls.entry(asked.uri.to_string()).or_default() += 1;
    }
    urls
}
