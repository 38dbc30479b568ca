//! What every store has to do: one suite, run against each of them. For authors of stores, in their tests.
//!
//! ```
//! use scrapeflow::store::{MemoryStore, contract};
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! contract::check(MemoryStore::new).await;
//! # });
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures::TryStreamExt;

use super::{BodyName, Durability, Staged, Store, StoreError, StoreErrorKind};
use crate::task::Key;

/// Checks that stores made by `make`, each of them empty, keep the contract.
///
/// # Panics
/// At the first promise that isn't kept, saying which.
pub async fn check<S: Store>(make: impl Fn() -> S) {
    statuses_come_back(&make()).await;
    a_status_replaces_the_one_before(&make()).await;
    keys_and_statuses_are_listed(&make()).await;
    a_body_is_seen_when_it_is_saved_with_a_status(&make()).await;
    a_body_replaces_the_one_before(&make()).await;
    a_dropped_body_leaves_what_was_there(&make()).await;
    bodies_come_in_any_size(&make()).await;
    a_file_of_this_machine_may_be_a_body(&make()).await;
    one_run_at_a_time(&make()).await;
    only_an_empty_store_is_found_empty(&make()).await;
}

async fn statuses_come_back(store: &impl Store) {
    let _lease = begin(store).await;
    let odd = key("post é 1");
    assert_eq!(
        ok(store.read(&odd).await),
        None,
        "a key without a status has none"
    );
    let text = "{\n  \"name\": \"post é 1\",\n  \"x\": NaN\n}";
    ok(store.save(&odd, text, vec![]).await);
    assert_eq!(
        ok(store.read(&odd).await).unwrap(),
        text,
        "a status comes back byte for byte"
    );
}

async fn only_an_empty_store_is_found_empty(store: &impl Store) {
    let lease = begin(store).await;
    ok(store.save(&key("a"), "{}", vec![]).await);
    drop(lease);
    let lease = begin(store).await;
    assert!(
        !lease.found_empty(),
        "a run that finds a status is told so, or it would write over it"
    );
}

async fn a_status_replaces_the_one_before(store: &impl Store) {
    let _lease = begin(store).await;
    let a = key("a");
    ok(store.save(&a, "{\"long\": \"first\"}", vec![]).await);
    ok(store.save(&a, "{}", vec![]).await);
    assert_eq!(
        ok(store.read(&a).await).unwrap(),
        "{}",
        "nothing of a longer one is left"
    );
}

async fn keys_and_statuses_are_listed(store: &impl Store) {
    let _lease = begin(store).await;
    let names: BTreeSet<String> = (0..20).map(|n| format!("task {n}")).collect();
    for name in &names {
        let staged = stage(store, name, "scrape", b"not a status").await;
        ok(store
            .save(&key(name), &format!("{{\"name\": {name:?}}}"), vec![staged])
            .await);
    }
    let keys: Vec<Key> = ok(store.keys().try_collect().await);
    let listed: BTreeSet<String> = keys.iter().map(Key::to_string).collect();
    assert_eq!(
        listed, names,
        "every key with a status is listed, and nothing else"
    );
    assert_eq!(keys.len(), names.len(), "each once");
    let statuses: Vec<(Key, Bytes)> = ok(store.statuses().try_collect().await);
    assert_eq!(statuses.len(), names.len());
    for (key, status) in statuses {
        assert_eq!(
            status,
            format!("{{\"name\": {:?}}}", key.as_str()),
            "each with its own status"
        );
    }
}

async fn a_body_is_seen_when_it_is_saved_with_a_status(store: &impl Store) {
    let _lease = begin(store).await;
    let a = key("a");
    let name = body("a", "scrape");
    assert_eq!(
        ok(store.stat(&name).await),
        None,
        "a body that was never saved is not there"
    );
    assert!(
        ok(store.open(&name).await).is_none(),
        "nor can it be opened"
    );
    let staged = stage(store, "a", "scrape", b"<html>").await;
    let other = stage(store, "a", "thumb", b"RIFF").await;
    ok(store.save(&a, "{}", vec![staged, other]).await);
    assert_eq!(
        ok(store.stat(&name).await).unwrap().size,
        6,
        "its size is known"
    );
    assert_eq!(read(store, &name).await, b"<html>", "its bytes come back");
    assert_eq!(
        read(store, &body("a", "thumb")).await,
        b"RIFF",
        "and those of a second"
    );
    assert_eq!(
        ok(store.stat(&body("b", "scrape")).await),
        None,
        "under its own key only"
    );
}

async fn a_body_replaces_the_one_before(store: &impl Store) {
    let _lease = begin(store).await;
    let (a, name) = (key("a"), body("a", "scrape"));
    let first = stage(store, "a", "scrape", b"the first, longer").await;
    ok(store.save(&a, "{\"v\": 1}", vec![first]).await);
    let second = stage(store, "a", "scrape", b"the second").await;
    assert_eq!(
        read(store, &name).await,
        b"the first, longer",
        "until then the older one stands"
    );
    ok(store.save(&a, "{\"v\": 2}", vec![second]).await);
    assert_eq!(
        read(store, &name).await,
        b"the second",
        "the newer one stands, whole"
    );
}

async fn a_dropped_body_leaves_what_was_there(store: &impl Store) {
    let _lease = begin(store).await;
    let (a, name) = (key("a"), body("a", "scrape"));
    drop(stage(store, "a", "scrape", b"never").await);
    assert_eq!(
        ok(store.stat(&name).await),
        None,
        "what was dropped is not there"
    );
    let first = stage(store, "a", "scrape", b"first").await;
    ok(store.save(&a, "{}", vec![first]).await);
    drop(stage(store, "a", "scrape", b"never").await);
    assert_eq!(
        read(store, &name).await,
        b"first",
        "what was there before stands"
    );
}

async fn bodies_come_in_any_size(store: &impl Store) {
    let _lease = begin(store).await;
    for (nth, size) in [0, 1, 65_535, 65_536, 65_537, 1_000_000]
        .into_iter()
        .enumerate()
    {
        let name = format!("sized {nth}");
        let bytes: Vec<u8> = (0..=250).cycle().take(size).collect();
        let mut staged = ok(store.stage(&body(&name, "scrape")).await);
        for chunk in bytes.chunks(10_007) {
            ok(staged.write(Bytes::copy_from_slice(chunk)).await);
        }
        ok(staged.finish(None).await);
        ok(store.save(&key(&name), "{}", vec![staged]).await);
        let stat = ok(store.stat(&body(&name, "scrape")).await).unwrap();
        assert_eq!(stat.size, size as u64, "the size of {size} bytes");
        assert!(
            read(store, &body(&name, "scrape")).await == bytes,
            "{size} bytes come back"
        );
    }
}

async fn a_file_of_this_machine_may_be_a_body(store: &impl Store) {
    let _lease = begin(store).await;
    let file = Scratch::new(b"outside");
    let below = fs::canonicalize(&file.0).expect("it is there");
    store.allow_links(&[below]);
    let (a, name) = (key("a"), body("a", "scrape"));
    drop(ok(store.stage_link(&name, &file.0).await));
    let linked = ok(store.stage_link(&name, &file.0).await);
    ok(store.save(&a, "{}", vec![linked]).await);
    assert_eq!(read(store, &name).await, b"outside");
    assert_eq!(ok(store.stat(&name).await).map(|stat| stat.size), Some(7));
    let replaced = stage(store, "a", "scrape", b"replaced").await;
    ok(store.save(&a, "{}", vec![replaced]).await);
    assert_eq!(read(store, &name).await, b"replaced");
    let again = ok(store.stage_link(&name, &file.0).await);
    ok(store.save(&a, "{}", vec![again]).await);
    assert_eq!(read(store, &name).await, b"outside");
    let own = fs::read(&file.0).expect("the file is there");
    assert_eq!(own, b"outside", "nobody writes into it");
}

/// A file, removed when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(bytes: &[u8]) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let (process, nth) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(format!("scrapeflow-contract-{process}-{nth}"));
        fs::write(&path, bytes).expect("a file for the time of the test");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It is temporary in any case.
        let _ = fs::remove_file(&self.0);
    }
}

async fn one_run_at_a_time(store: &impl Store) {
    let lease = begin(store).await;
    let second = store.begin(Durability::Process).await.unwrap_err();
    assert_eq!(
        second.kind(),
        StoreErrorKind::InUse,
        "a second run is refused: {second}"
    );
    drop(lease);
    drop(begin(store).await);
}

async fn begin(store: &impl Store) -> super::Lease {
    ok(store.begin(Durability::Process).await)
}

async fn stage(store: &impl Store, key: &str, suffix: &str, bytes: &[u8]) -> Box<dyn Staged> {
    let mut staged = ok(store.stage(&body(key, suffix)).await);
    ok(staged.write(Bytes::copy_from_slice(bytes)).await);
    ok(staged.finish(None).await);
    staged
}

async fn read(store: &impl Store, name: &BodyName) -> Vec<u8> {
    let chunks = ok(store.open(name).await).unwrap_or_else(|| panic!("`{name}` is not there"));
    ok(chunks.try_collect::<Vec<Bytes>>().await).concat()
}

fn key(name: &str) -> Key {
    Key::new(name).expect("a valid key")
}

fn body(name: &str, suffix: &str) -> BodyName {
    ok(BodyName::new(&key(name), suffix))
}

fn ok<T>(result: Result<T, StoreError>) -> T {
    result.unwrap_or_else(|error| panic!("the store failed: {error}"))
}
