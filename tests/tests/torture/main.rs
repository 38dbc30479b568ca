//! A run that is killed or cannot write, whenever that happens, loses nothing that is on record, does nothing twice that is, and
//! leaves nothing that isn't whole or that piles up: neither on the first way through nor where every page is fetched anew.
//!
//! It is attacked from outside, as it is: `strace` kills it as it enters a call by which it saves, or makes that call fail; and
//! it is killed at random moments. How often an executor ran is counted by the site.
//!
//! What is random follows from `SCRAPEFLOW_TORTURE_SEED`, which a failing test has printed; what the scheduler adds does not.
//! `SCRAPEFLOW_TORTURE_KILLS` is how many kills at calls there are at least, or `every`: then each call is attacked in turn, as by
//! `cargo xtask torture`. `SCRAPEFLOW_TORTURE_AT` has those attacked whose description it is in.

#![cfg(target_os = "linux")]

mod calls;
mod every_call;
mod moments;
mod pages;
mod place;
mod records;
mod rules;
mod running;
mod tally;
mod world;

use std::env;

use place::Kind;

/// Kills at calls in an ordinary test, of both stores.
const KILLS: usize = 100;

/// What the attacks of this process follow from.
fn seed() -> u64 {
    let seed = env::var("SCRAPEFLOW_TORTURE_SEED").ok();
    let seed = seed.map_or_else(|| fastrand::u64(..), |seed| seed.parse().expect("a number"));
    println!("SCRAPEFLOW_TORTURE_SEED={seed}");
    seed
}

/// How many kills of a store are to be at calls; none if at every one of them.
fn kills() -> Option<usize> {
    if env::var_os("SCRAPEFLOW_TORTURE_AT").is_some() {
        return None;
    }
    let kills = match env::var("SCRAPEFLOW_TORTURE_KILLS") {
        Err(_) => KILLS,
        Ok(kills) if kills == "every" => return None,
        Ok(kills) => kills.parse().expect("a number, or `every`"),
    };
    Some(kills.div_ceil(2))
}

#[tokio::test]
async fn a_directory_at_every_call() {
    every_call::attack(Kind::Directory, kills(), seed()).await;
}

#[tokio::test]
async fn an_archive_at_every_call() {
    every_call::attack(Kind::Archive, kills(), seed()).await;
}

#[tokio::test]
async fn a_directory_at_any_moment() {
    moments::attack(Kind::Directory, seed()).await;
}

#[tokio::test]
async fn an_archive_at_any_moment() {
    moments::attack(Kind::Archive, seed()).await;
}
