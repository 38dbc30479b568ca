//! Both stores keep the contract that every store has to keep. The directory also keeps promises of its own:
//! what is being written has a fixed name in a folder of its own, out of which nothing comes but what is
//! complete; a run leaves nothing there but the lock, and finishes or removes what a killed one left.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use expect_test::expect;
use futures::FutureExt;
use futures::future::BoxFuture;
use scrapeflow::prelude::*;
use scrapeflow::store::{BodyName, DirStore, MemoryStore, Staged, Store, StoreError, contract};
use scrapeflow_tests::Sandbox;
use serde_json::json;

#[executor]
async fn page(key: Key, files: Files) -> Result<Saved> {
    files.save("page", format!("the page {key}")).await
}

#[executor]
async fn words(page: Body<page>) -> Result<usize> {
    Ok(page.text().split(' ').count())
}

workflow! { Words = page -> words; }

fn run(sandbox: &Sandbox) -> Run<Words> {
    let tasks = Tasks::from_pairs((0..20).map(|key| (key.to_string(), json!({})))).unwrap();
    Words::in_dir(sandbox.dir())
        .tasks(tasks)
        .progress(Progress::Off)
}

/// What lies in the store's own folder, as `name=content` words.
fn own(dir: &Path) -> String {
    let mut words: Vec<String> = fs::read_dir(dir.join(".scrapeflow"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            name + "=" + &fs::read_to_string(&path).unwrap()
        })
        .collect();
    words.sort();
    words.join(" ")
}

#[tokio::test]
async fn a_directory_keeps_the_contract() {
    let sandboxes = Mutex::new(Vec::new());
    contract::check(|| {
        let sandbox = Sandbox::new();
        let store = DirStore::new(sandbox.dir());
        sandboxes.lock().unwrap().push(sandbox);
        store
    })
    .await;
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    contract::check(MemoryStore::new).await;
}

#[tokio::test]
async fn nothing_is_left_but_the_lock_whatever_the_durability() {
    let hour = Duration::from_hours(1);
    let mut made = Vec::new();
    for durability in [
        Durability::Process,
        Durability::PowerCut,
        Durability::Batched(hour),
        Durability::Batched(Duration::from_millis(1)),
    ] {
        let sandbox = Sandbox::new();
        let report = run(&sandbox).durability(durability).run().await.unwrap();
        assert_eq!(report.count(Outcome::Succeeded), 20, "{durability:?}");
        let report = run(&sandbox)
            .durability(durability)
            .force::<page>()
            .run()
            .await
            .unwrap();
        assert_eq!(report.executors[0].succeeded, 20, "{durability:?}");
        let report = run(&sandbox).durability(durability).run().await.unwrap();
        assert_eq!(report.count(Outcome::Skipped), 20, "{durability:?}");
        assert_eq!(own(sandbox.dir()), "lock=", "{durability:?}");
        made.push(sandbox.files());
        assert_eq!(sandbox.read("7.page"), b"the page 7");
    }
    assert!(
        made.iter()
            .all(|files| *files == made[0] && files.len() == 40)
    );
}

/// A body that tells what the directory looks like when it is published.
struct Witness {
    dir: std::path::PathBuf,
    seen: Arc<Mutex<String>>,
}

impl Staged for Witness {
    fn write(&mut self, _: Bytes) -> BoxFuture<'_, Result<(), StoreError>> {
        async { Ok(()) }.boxed()
    }

    fn finish(&mut self, _: Option<&str>) -> BoxFuture<'_, Result<(), StoreError>> {
        async { Ok(()) }.boxed()
    }

    fn publish(self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>> {
        let status = fs::read_to_string(self.dir.join("a.status.json")).unwrap();
        let body = fs::read_to_string(self.dir.join("a.page")).unwrap();
        *self.seen.lock().unwrap() = format!("{status} {body} | {}", own(&self.dir));
        async { Ok(()) }.boxed()
    }
}

async fn staged(store: &DirStore, key: &Key, content: &str) -> Box<dyn Staged> {
    let mut staged = store
        .stage(&BodyName::new(key, "page").unwrap())
        .await
        .unwrap();
    staged
        .write(Bytes::copy_from_slice(content.as_bytes()))
        .await
        .unwrap();
    staged.finish(None).await.unwrap();
    staged
}

#[tokio::test]
async fn what_is_being_written_has_a_fixed_name_elsewhere() {
    let sandbox = Sandbox::new();
    let (store, key) = (DirStore::new(sandbox.dir()), Key::new("a").unwrap());
    let _lease = store.begin(Durability::Process).await.unwrap();
    let first = staged(&store, &key, "old").await;
    store.save(&key, "{old}", vec![first]).await.unwrap();
    let second = staged(&store, &key, "new").await;
    assert_eq!(own(sandbox.dir()), "a.page=new lock=");
    assert_eq!(sandbox.read("a.page"), b"old");
    let seen = Arc::default();
    let witness = Witness {
        dir: sandbox.dir().to_owned(),
        seen: Arc::clone(&seen),
    };
    store
        .save(&key, "{new}", vec![Box::new(witness), second])
        .await
        .unwrap();
    // The new status is complete before anything of it shows.
    let seen = seen.lock().unwrap().clone();
    expect!["{old} old | a.page=new a.status.json={new} lock="].assert_eq(&seen);
    assert_eq!(
        (sandbox.text("a"), sandbox.read("a.page")),
        ("{new}".to_owned(), b"new".to_vec())
    );
    assert_eq!(own(sandbox.dir()), "lock=");
}

#[tokio::test]
async fn what_a_killed_run_left_is_finished_or_removed() {
    let sandbox = Sandbox::new();
    run(&sandbox).run().await.unwrap();
    let (complete, torn) = (
        sandbox.text("1").replace("\"SUCCESS\"", "\"SKIPPED\""),
        "{\"name\": \"2",
    );
    for (name, left) in [
        ("1.status.json", complete.as_str()),
        ("1.page", "THE PAGE 1"),
        ("2.status.json", torn),
        ("2.page", "torn"),
        ("3.page", "torn"),
        ("new.status.json", "{}"),
    ] {
        sandbox.write(&format!(".scrapeflow/{name}"), left);
    }
    let before = sandbox.stamps();
    assert_eq!(run(&sandbox).plan().await.unwrap().tasks.len(), 20);
    assert!(
        own(sandbox.dir()).len() > complete.len(),
        "a plan touches nothing"
    );
    assert!(sandbox.stamps() == before);

    let stored = Words::in_dir(sandbox.dir())
        .progress(Progress::Off)
        .limit(0);
    stored.run().await.unwrap();
    assert_eq!(own(sandbox.dir()), "lock=");
    assert_eq!(
        (sandbox.text("1"), sandbox.read("1.page")),
        (complete, b"THE PAGE 1".to_vec())
    );
    assert_eq!(sandbox.text("new"), "{}");
    let after = sandbox.stamps();
    for (name, stamp) in before.iter().filter(|(name, _)| !name.starts_with("1.")) {
        assert_eq!(&after[name], stamp, "{name}");
    }
}
