//! A workflow in an archive: done once, resumed, planned, read while it is written.

use bytes::Bytes;
use futures::TryStreamExt;
use scrapeflow::prelude::*;
use scrapeflow::store::{ArchiveStore, Store, contract};
use scrapeflow::{outcomes, outputs, summary};
use scrapeflow_tests::Sandbox;
use serde_json::json;

use super::{body, pages};

#[executor]
async fn page(key: Key, files: Files) -> Result<Saved> {
    files.save("page", format!("the page {key}")).await
}

#[executor]
async fn words(page: Body<page>, key: Key) -> Result<usize> {
    ensure!(key.as_str() != "7", "seven fails");
    Ok(page.text().split(' ').count())
}

workflow! { Words = page -> words; }

fn tasks(count: u32) -> Tasks {
    Tasks::from_pairs((0..count).map(|key| (key.to_string(), json!({})))).expect("good tasks")
}

fn run(store: ArchiveStore) -> Run<Words> {
    Words::in_store(store)
        .tasks(tasks(20))
        .progress(Progress::Off)
}

#[tokio::test]
async fn an_archive_keeps_the_contract() {
    for durability_of_files in ["gzip", "plain", "small"] {
        let sandboxes = std::sync::Mutex::new(Vec::new());
        contract::check(|| {
            let sandbox = Sandbox::new();
            let store = ArchiveStore::new(sandbox.dir());
            sandboxes.lock().unwrap().push(sandbox);
            match durability_of_files {
                "plain" => store.plain(),
                "small" => store.roll_over(1000),
                _ => store,
            }
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_done_is_skipped_and_what_failed_is_done_again() {
    for durability in [
        Durability::Process,
        Durability::PowerCut,
        Durability::Batched(Duration::from_millis(1)),
    ] {
        let sandbox = Sandbox::new();
        let archive = || ArchiveStore::new(sandbox.dir());
        let report = run(archive()).durability(durability).run().await.unwrap();
        assert_eq!((report.count(Outcome::Succeeded), report.failed()), (19, 1));
        let plan = run(archive()).plan().await.unwrap();
        let again = plan.tasks.iter().flat_map(|task| &task.steps);
        assert_eq!(
            again
                .filter(|step| step.to_string().starts_with("run"))
                .count(),
            1
        );
        let report = run(archive()).durability(durability).run().await.unwrap();
        assert_eq!((report.count(Outcome::Skipped), report.failed()), (19, 1));
        // Without tasks it goes on with those that it has.
        let report = Words::in_archive(sandbox.dir())
            .force::<page>()
            .progress(Progress::Off)
            .run()
            .await
            .unwrap();
        assert_eq!(report.total(), 20);
        let store = archive();
        assert_eq!(
            body(&store, "3", "page").await.unwrap().unwrap(),
            b"the page 3"
        );
        assert_eq!(pages(sandbox.dir()), ["pages-00001.warc.gz"]);
    }
}

#[tokio::test]
async fn what_is_known_of_a_store_is_known_of_an_archive() {
    let sandbox = Sandbox::new();
    run(ArchiveStore::new(sandbox.dir())).run().await.unwrap();
    let store = ArchiveStore::new(sandbox.dir());
    let failed: Vec<Key> = outcomes::<Words>(&store)
        .try_filter_map(async |(key, outcome)| Ok((outcome == Outcome::Failed).then_some(key)))
        .try_collect()
        .await
        .unwrap();
    assert_eq!(failed, [Key::new("7").unwrap()]);
    let known: Vec<Key> = store.failed().unwrap().try_collect().await.unwrap();
    assert_eq!(known, failed);
    let lengths: Vec<(Key, usize)> = outputs::<words>(&store).try_collect().await.unwrap();
    assert_eq!(lengths.len(), 19);
    let typed: Vec<(Key, usize)> = Words::outputs::<words>(sandbox.dir())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(typed.len(), 19);
    // The counts of the database are those of the statuses.
    let counted = summary::of(&store).await.unwrap();
    let row = |message: &str| {
        let row = counted.rows.iter().find(|(of, _)| of == message);
        row.map(|(_, counts)| counts.iter().sum::<u64>())
    };
    assert_eq!(row("SUCCESS"), Some(39));
    assert_eq!(row("ERROR RuntimeError::seven fails"), Some(1));
}

#[tokio::test]
async fn large_bodies_and_full_files_begin_new_ones() {
    #[executor]
    async fn large(key: Key, files: Files) -> Result<Saved> {
        let size: usize = key.as_str().parse()?;
        let bytes: Vec<u8> = (0..=250).cycle().take(size).collect();
        files.save("large", bytes).await
    }
    workflow! { Large = large; }
    for plain in [false, true] {
        let sandbox = Sandbox::new();
        let store = || {
            let store = ArchiveStore::new(sandbox.dir()).roll_over(100_000);
            if plain { store.plain() } else { store }
        };
        let sizes = ["0", "10", "90000", "99000", "1048576", "3000000", "20"];
        let tasks = Tasks::from_pairs(sizes.map(|size| (size, json!({})))).unwrap();
        let report = Large::in_store(store())
            .tasks(tasks)
            .max_parallelism(1)
            .progress(Progress::Off)
            .run()
            .await
            .unwrap();
        assert_eq!(report.count(Outcome::Succeeded), 7, "{report}");
        let read = store();
        for size in sizes {
            let bytes = body(&read, size, "large").await.unwrap().unwrap();
            assert_eq!(bytes.len().to_string(), size);
            assert!(
                bytes
                    .iter()
                    .zip((0..=250).cycle())
                    .all(|(is, was)| *is == was)
            );
        }
        if plain {
            assert!(pages(sandbox.dir()).len() > 4, "{:?}", pages(sandbox.dir()));
        }
        // Nothing that was written on the way is left.
        let others = std::fs::read_dir(sandbox.dir()).unwrap().filter(|entry| {
            let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
            !name.starts_with("pages-") && !name.starts_with("status.db") && name != "lock"
        });
        assert_eq!(others.count(), 0);
    }
}

#[tokio::test]
async fn others_read_while_a_run_writes() {
    let sandbox = Sandbox::new();
    let dir = sandbox.dir().to_owned();
    let writing = tokio::spawn(async move {
        Words::in_archive(dir)
            .tasks(tasks(600))
            .progress(Progress::Off)
            .run()
            .await
            .unwrap()
    });
    let store = ArchiveStore::new(sandbox.dir());
    let mut seen = 0;
    while !writing.is_finished() {
        let statuses: Vec<(Key, Bytes)> = store.statuses().try_collect().await.unwrap();
        assert!(statuses.len() >= seen, "none goes away");
        seen = statuses.len();
        // The newest come last.
        for (key, status) in statuses.iter().rev().take(20) {
            assert!(status.ends_with(b"}"), "{key}");
            if status
                .windows(22)
                .any(|part| part == b"\"page_status\": \"SUCCES")
            {
                let page = body(&store, key.as_str(), "page").await.unwrap();
                assert_eq!(page.unwrap(), format!("the page {key}").into_bytes());
            }
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(writing.await.unwrap().total(), 600);
    let second = ArchiveStore::new(sandbox.dir());
    let lease = second.begin(Durability::Process).await.unwrap();
    let refused = store
        .begin(Durability::Process)
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("in use by another run"), "{refused}");
    drop(lease);
}
