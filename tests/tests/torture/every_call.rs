//! Every call by which a small run saves, attacked in turn.

use std::collections::BTreeMap;
use std::env;
use std::fmt;

use fastrand::Rng;

use crate::calls::Fault;
use crate::place::{Kind, Place};
use crate::running::{Attack, Durability, Ended, Run};
use crate::tally::Tally;
use crate::world::{OnPanic, World};

/// Enough for each call to be made, and one of them large.
const PAGES: usize = 8;

/// How often every call may be attacked until there were enough kills.
const ROUNDS: usize = 10;

/// Where a run is attacked.
struct Point {
    run: Run,
    fault: Fault,
}

impl Point {
    fn told(&self) -> String {
        format!("that alone: SCRAPEFLOW_TORTURE_AT='{self}'")
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.run, self.fault)
    }
}

/// Kills until there were so many, and then makes 3 calls fail for each 5 of them; or does it at every point once.
pub(crate) async fn attack(kind: Kind, most: Option<usize>, seed: u64) {
    let mut world = World::new(kind, PAGES, seed);
    let mut tally = Tally::of(kind);
    let first = Run {
        at_once: 2,
        durability: Durability::Process,
        force: false,
        one_thread: true,
    };
    world.complete(first).await;
    let finished = world.place.copy();
    let [kills, failures] = count(&mut world, first, &finished).await;
    tally.say(&format!(
        "{} calls to kill at, {} to fail",
        kills.len(),
        failures.len()
    ));

    assert!(
        !kills.is_empty() || !failures.is_empty(),
        "nothing to attack"
    );
    let rounds = if most.is_some() { ROUNDS } else { 1 };
    for point in (0..rounds).flat_map(|_| &kills) {
        if most.is_some_and(|most| tally.kills() >= most) {
            break;
        }
        kill(&mut world, point, &kills, &finished, &mut tally).await;
    }
    let hit = most.unwrap_or(tally.missed());
    assert!(tally.kills() >= hit, "most kills came too late: {tally}");
    let most = most.map_or(failures.len(), |kills| kills * 3 / 5);
    for point in failures.iter().cycle().take(most) {
        fail(&mut world, point, &finished, &mut tally).await;
    }
    println!("{tally}");
}

/// The points at which runs of all sorts can be killed, and those at which calls can fail.
async fn count(world: &mut World, first: Run, finished: &Place) -> [Vec<Point>; 2] {
    let (mut kills, mut failures) = (Vec::new(), Vec::new());
    for durability in Durability::ALL {
        for force in [false, true] {
            let run = Run {
                at_once: world.random.usize(1..=4),
                durability,
                force,
                ..first
            };
            begin(world, run, finished).await;
            let counted = world.count(run);
            let at = |fault| Point { run, fault };
            kills.extend(counted.kills().into_iter().map(at));
            failures.extend(counted.failures(&mut world.random).into_iter().map(at));
        }
    }
    [kills, failures].map(|points| in_turn(points, &mut world.random))
}

/// One after another of each run and call, in a random order; of those that are asked for.
fn in_turn(mut points: Vec<Point>, random: &mut Rng) -> Vec<Point> {
    let asked = env::var("SCRAPEFLOW_TORTURE_AT").unwrap_or_default();
    points.retain(|point| point.to_string().contains(&asked));
    random.shuffle(&mut points);
    let mut turns = BTreeMap::new();
    let mut turn = |point: &Point| {
        let turn: &mut usize = turns.entry((point.run, point.fault.call)).or_default();
        *turn += 1;
        *turn
    };
    let mut points: Vec<(usize, Point)> = points
        .into_iter()
        .map(|point| (turn(&point), point))
        .collect();
    points.sort_by_key(|(turn, _)| *turn);
    points.into_iter().map(|(_, point)| point).collect()
}

/// On the first way through nothing is there; otherwise all is, and is another by now.
async fn begin(world: &mut World, run: Run, finished: &Place) {
    world.pages.set_version(if run.force { 2 } else { 1 });
    world.begin(run.force.then_some(finished)).await;
}

/// Kills a run there, the one after it maybe as well, and so on; then nobody does.
async fn kill(world: &mut World, at: &Point, all: &[Point], finished: &Place, tally: &mut Tally) {
    let _told = OnPanic(at.told());
    begin(world, at.run, finished).await;
    let mut fault = &at.fault;
    let mut run = at.run;
    loop {
        let ended = world.run(run, Attack::Fault(fault)).await;
        tally.count(fault, &ended);
        if world.random.bool() {
            break;
        }
        run.force = at.run.force && world.random.bool();
        if run.force && world.random.bool() {
            world.pages.set_version(world.pages.version() + 1);
        }
        let mut such = all
            .iter()
            .filter(|point| point.run.durability == run.durability);
        let nth = world.random.usize(..such.clone().count());
        fault = &such.nth(nth).expect("one of them").fault;
    }
    world.complete(at.run).await;
}

/// Makes a call of a run fail; then none.
async fn fail(world: &mut World, at: &Point, finished: &Place, tally: &mut Tally) {
    let _told = OnPanic(at.told());
    begin(world, at.run, finished).await;
    let ended = world.run(at.run, Attack::Fault(&at.fault)).await;
    tally.count(&at.fault, &ended);
    let is_archive = world.place.kind == Kind::Archive;
    if let Ended::Refused(said) = &ended {
        let place = world.place.dir().to_string_lossy();
        let is_named = said.contains(&*place) || (is_archive && said.contains("`page-"));
        assert!(is_named && at.fault.is_said(said), "{said}");
    }
    if at.fault.call == "fsync" && !is_archive {
        // An archive may move what is in its log, which was synced, another time.
        assert_ne!(ended, Ended::Done, "not all of it is on the disk");
    }
    world.complete(at.run).await;
}
