//! A run in an archive that is killed at any moment: what was recorded is there, and is not done again.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use fastrand::Rng;
use futures::TryStreamExt;
use scrapeflow::prelude::*;
use scrapeflow::store::{ArchiveStore, Store};
use scrapeflow_tests::{Sandbox, Site};
use serde_json::Value;

use super::body;

const KILLS: usize = 25;
const PAGES: usize = 400;

/// Which executors succeeded on each task, whose bodies are there and whole.
pub(super) async fn records(store: &ArchiveStore) -> BTreeMap<String, usize> {
    let mut records = BTreeMap::new();
    let statuses: Vec<(Key, bytes::Bytes)> = store.statuses().try_collect().await.unwrap();
    for (key, status) in statuses {
        let status: Value = serde_json::from_slice(&status).unwrap();
        let ended = ["scrape", "parse", "count"].map(|name| &status[format!("{name}_status")]);
        let done = ended.iter().take_while(|ended| ended.is_string());
        let done = done.filter(|ended| ["SUCCESS", "SKIPPED"].contains(&ended.as_str().unwrap()));
        let done = done.count();
        if done > 0 {
            let page = body(store, key.as_str(), "scrape").await.unwrap().unwrap();
            assert_eq!(
                Some(page.len() as u64),
                status["scrape"]["size"].as_u64(),
                "{key}"
            );
        }
        records.insert(key.to_string(), done);
    }
    records
}

#[tokio::test]
async fn nothing_recorded_is_lost_or_done_again() {
    let seed = fastrand::u64(..);
    println!("seed {seed:#x}");
    let mut random = Rng::with_seed(seed);
    let site = Site::start();
    let sandbox = Sandbox::new();
    let store = ArchiveStore::new(sandbox.dir());
    let mut before = BTreeMap::new();
    let mut killed = 0;
    while killed < KILLS {
        let hits = site.total_hits();
        let mut run = Command::new(env!("CARGO_BIN_EXE_journeys"))
            .args([&site.url("/page/"), sandbox.dir().to_str().unwrap(), "0"])
            .args([&PAGES.to_string(), "16", "--archive"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // After so many requests, or a little later.
        let after = hits + random.usize(1..30);
        while site.total_hits() < after && run.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        for _ in 0..random.usize(0..200) {
            std::thread::yield_now();
        }
        run.kill().unwrap();
        run.wait().unwrap();
        killed += 1;
        let now = records(&store).await;
        for (key, done) in &before {
            assert!(
                now.get(key) >= Some(done),
                "{key} had {done}: {:?}",
                now.get(key)
            );
        }
        // Only those are asked for again that were under way.
        let fetched =
            |records: &BTreeMap<String, usize>| records.values().filter(|done| **done > 0).count();
        let in_vain = (site.total_hits() - hits) - (fetched(&now) - fetched(&before));
        assert!(in_vain <= 16, "{in_vain} pages were fetched in vain");
        before = now;
    }
    let ended = Command::new(env!("CARGO_BIN_EXE_journeys"))
        .args([&site.url("/page/"), sandbox.dir().to_str().unwrap(), "0"])
        .args([&PAGES.to_string(), "16", "--archive"])
        .status();
    assert!(ended.unwrap().success());
    let now = records(&store).await;
    assert_eq!(
        (now.len(), now.values().all(|done| *done == 3)),
        (PAGES, true)
    );
}
