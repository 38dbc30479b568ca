//! An archive that is damaged is named precisely, the rest can be read, and reading makes nothing worse.

use std::fs;
use std::path::Path;

use futures::StreamExt;
use scrapeflow::prelude::*;
use scrapeflow::store::{ArchiveStore, Store};
use scrapeflow_tests::Sandbox;
use serde_json::{Value, json};

use super::others::warcio;
use super::{body, pages};

#[executor]
async fn page(key: Key, files: Files) -> Result<Saved> {
    files
        .save(
            "page",
            format!("the page {key} and {}", "more of it ".repeat(20)),
        )
        .await
}

workflow! { Pages = page; }

#[executor]
async fn size(page: Body<page>) -> Result<usize> {
    Ok(page.bytes().len())
}

workflow! { Sizes = page -> size; }

/// How many characters a page has.
#[derive(Debug, Clone)]
struct Length(usize);

#[executor(name = "page")]
async fn as_long(key: Key, files: Files, length: State<Length>) -> Result<Saved> {
    files.save("page", key.as_str().repeat(length.0)).await
}

workflow! { AsLong = as_long; }

const KEYS: [&str; 3] = ["a", "b", "c"];

async fn make(dir: &Path, plain: bool) {
    let store = ArchiveStore::new(dir);
    let store = if plain { store.plain() } else { store };
    let tasks = Tasks::from_pairs(KEYS.map(|key| (key, json!({})))).unwrap();
    let run = Pages::in_store(store).tasks(tasks).progress(Progress::Off);
    run.max_parallelism(1).run().await.unwrap();
}

fn expected(key: &str) -> Vec<u8> {
    format!("the page {key} and {}", "more of it ".repeat(20)).into_bytes()
}

/// All files of a folder and what is in them, but for SQLite's own, which readers make.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        })
        .filter(|(name, _)| !name.ends_with("-shm") && !name.ends_with("-wal"))
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn each_byte_of_a_file_of_pages_that_is_another_is_told_or_means_nothing() {
    for plain in [false, true] {
        let sandbox = Sandbox::new();
        make(sandbox.dir(), plain).await;
        let name = pages(sandbox.dir()).remove(0);
        let path = sandbox.dir().join(&name);
        let good = fs::read(&path).unwrap();
        let mut told = 0;
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            fs::write(&path, &bad).unwrap();
            let before = files(sandbox.dir());
            let store = ArchiveStore::new(sandbox.dir());
            let mut wrong = 0;
            for key in KEYS {
                match body(&store, key, "page").await {
                    Ok(read) => assert_eq!(read, Some(expected(key)), "byte {at} of {name}"),
                    Err(error) => {
                        wrong += 1;
                        let error = error.to_string();
                        let named =
                            error.contains(&format!("`{key}.page`")) && error.contains(&name);
                        assert!(named, "byte {at}: {error}");
                    }
                }
            }
            assert!(wrong <= 1, "byte {at}: the others can be read");
            told += wrong;
            assert!(files(sandbox.dir()) == before, "reading changes nothing");
        }
        assert!(told > 3 * 200, "{told}");
    }
}

#[tokio::test]
async fn bodies_of_any_size_that_are_read_at_once_are_each_compared_with_what_was_saved() {
    // Summed alone, side by side in one piece, in pieces, and as they come.
    for length in [100, 30_000, 100_000, 300_000] {
        let sandbox = Sandbox::new();
        let tasks = Tasks::from_pairs(KEYS.map(|key| (key, json!({})))).unwrap();
        let run = AsLong::in_store(ArchiveStore::new(sandbox.dir()).plain()).tasks(tasks);
        let run = run.state(Length(length)).progress(Progress::Off);
        run.run().await.unwrap();
        let path = sandbox.dir().join(&pages(sandbox.dir())[0]);
        let mut bytes = fs::read(&path).unwrap();
        for damaged in ["a", "b"] {
            let page = damaged.repeat(100);
            let place = bytes.windows(100).rposition(|at| at == page.as_bytes());
            bytes[place.unwrap() + 50] = b'x';
        }
        fs::write(&path, bytes).unwrap();
        let store = ArchiveStore::new(sandbox.dir());
        let read = KEYS.map(|key| body(&store, key, "page"));
        let [a, b, c] = futures::future::join_all(read).await.try_into().unwrap();
        for (key, read) in [("a", a), ("b", b)] {
            let error = read.unwrap_err().to_string();
            let told = error.contains(&format!("`{key}.page`")) && error.contains("it is damaged");
            assert!(told, "{length}: {error}");
        }
        assert_eq!(c.unwrap(), Some("c".repeat(length).into_bytes()));
    }
}

#[tokio::test]
async fn who_reads_a_damaged_body_fails_and_no_other_task() {
    let sandbox = Sandbox::new();
    make(sandbox.dir(), true).await;
    let path = sandbox.dir().join(&pages(sandbox.dir())[0]);
    let mut bytes = fs::read(&path).unwrap();
    let place = bytes.windows(10).position(|at| at == b"the page b");
    bytes[place.unwrap()] = b'T';
    fs::write(&path, bytes).unwrap();
    let run = || Sizes::in_store(ArchiveStore::new(sandbox.dir()).plain()).progress(Progress::Off);
    let report = run().run().await.unwrap();
    let outcomes = [Outcome::Succeeded, Outcome::Failed];
    assert_eq!(outcomes.map(|outcome| report.count(outcome)), [2, 1]);
    let key = Key::new("b").unwrap();
    let status = ArchiveStore::new(sandbox.dir()).read(&key).await.unwrap();
    let status = String::from_utf8(status.unwrap().to_vec()).unwrap();
    let remedy = "its MD5 isn't what it was when it was saved; run `page` again: on it by `scrapeflow reset DIR --executor page --where 'key = \\\"KEY\\\"'`, on all tasks by force::<page>()";
    assert!(status.contains(remedy), "{status}");
    let report = run().force::<page>().run().await.unwrap();
    assert_eq!(report.count(Outcome::Succeeded), 3);
}

#[tokio::test]
async fn bytes_of_the_database_that_are_others_do_no_harm() {
    let sandbox = Sandbox::new();
    make(sandbox.dir(), false).await;
    let path = sandbox.dir().join("status.db");
    let good = fs::read(&path).unwrap();
    let mut told = 0;
    for at in (0..good.len()).step_by(53) {
        let mut bad = good.clone();
        bad[at] ^= 0xff;
        fs::write(&path, &bad).unwrap();
        let store = ArchiveStore::new(sandbox.dir());
        let mut statuses = store.statuses();
        let mut wrong = false;
        while let Some(status) = statuses.next().await {
            if let Err(error) = status {
                wrong = true;
                assert!(!error.to_string().is_empty());
            }
        }
        for key in KEYS {
            match body(&store, key, "page").await {
                Ok(read) => assert!(read.is_none_or(|read| read == expected(key)), "byte {at}"),
                Err(error) => wrong |= !error.to_string().is_empty(),
            }
        }
        told += usize::from(wrong);
        drop(statuses);
        assert!(fs::read(&path).unwrap() == bad, "reading changes nothing");
    }
    assert!(told > 10, "{told}");
}

#[tokio::test]
async fn an_end_that_nothing_names_is_cut_off_by_who_holds_the_lock() {
    let sandbox = Sandbox::new();
    make(sandbox.dir(), false).await;
    let path = sandbox.dir().join(&pages(sandbox.dir())[0]);
    let good = fs::read(&path).unwrap();
    fs::write(&path, [&good[..], b"torn"].concat()).unwrap();
    let store = ArchiveStore::new(sandbox.dir());
    assert_eq!(
        body(&store, "c", "page").await.unwrap(),
        Some(expected("c"))
    );
    assert_eq!(
        fs::read(&path).unwrap().len(),
        good.len() + 4,
        "readers leave it"
    );
    drop(store.begin(Durability::Process).await.unwrap());
    assert!(fs::read(&path).unwrap() == good);
}

#[tokio::test]
async fn a_success_whose_body_is_gone_is_none() {
    for cut in [0, 1] {
        let sandbox = Sandbox::new();
        make(sandbox.dir(), false).await;
        let path = sandbox.dir().join(&pages(sandbox.dir())[0]);
        let good = fs::read(&path).unwrap();
        if cut == 0 {
            fs::remove_file(&path).unwrap();
            let before = files(sandbox.dir());
            let run = Pages::in_archive(sandbox.dir()).progress(Progress::Off);
            let refused = run.run().await.unwrap_err().to_string();
            assert!(
                refused.contains("pages-00001.warc.gz is missing; put it back"),
                "{refused}"
            );
            assert!(files(sandbox.dir()) == before, "it may come back");
            fs::write(&path, "").unwrap();
        } else {
            fs::write(&path, &good[..good.len() - cut]).unwrap();
        }
        let store = ArchiveStore::new(sandbox.dir());
        let error = body(&store, "c", "page").await.unwrap_err().to_string();
        assert!(error.contains("cannot read `c.page`"), "{error}");
        let run = || Pages::in_archive(sandbox.dir()).progress(Progress::Off);
        let report = run().run().await.unwrap();
        let lost = if cut == 0 { 3 } else { 1 };
        assert_eq!(report.count(Outcome::Succeeded), lost);
        for key in KEYS {
            assert_eq!(
                body(&store, key, "page").await.unwrap(),
                Some(expected(key))
            );
        }
        assert_eq!(run().run().await.unwrap().count(Outcome::Skipped), 3);
        // Nothing that is torn keeps others from what comes behind it.
        let kept: Vec<Value> = warcio(sandbox.dir());
        let kept = kept.iter().filter(|record| record["type"] == "resource");
        assert_eq!(kept.count(), 3);
    }
}

#[tokio::test]
async fn what_is_no_archive_is_refused_and_left_alone() {
    let sandbox = Sandbox::new();
    make(sandbox.dir(), false).await;
    let sqlite = |statement: &str| {
        let done = std::process::Command::new("sqlite3")
            .arg(sandbox.dir().join("status.db"))
            .arg(statement)
            .status();
        assert!(
            done.expect("sqlite3: `cargo xtask test` installs it")
                .success()
        );
    };
    let store = || ArchiveStore::new(sandbox.dir());
    let key = Key::new("a").unwrap();
    let refused = async |why: &str| {
        let before = files(sandbox.dir());
        let read = store().read(&key).await.unwrap_err().to_string();
        assert!(read.contains(why), "{read}");
        let begun = store()
            .begin(Durability::Process)
            .await
            .unwrap_err()
            .to_string();
        assert!(begun.contains(why), "{begun}");
        assert!(files(sandbox.dir()) == before);
    };
    sqlite("pragma user_version = 7");
    refused("it is an archive of version 7, and this scrapeflow knows version 1").await;
    sqlite("pragma application_id = 1");
    refused("it is a database of another program's").await;
    fs::write(sandbox.dir().join("status.db"), "no database").unwrap();
    refused("is damaged").await;
    fs::remove_file(sandbox.dir().join("status.db")).unwrap();
    refused("pages-00001.warc.gz is there, and status.db isn't").await;
    assert!(
        ArchiveStore::is_in(sandbox.dir()),
        "and is not taken for a directory"
    );
}

/// A database that is damaged must not have pages cut off that are good.
#[tokio::test]
async fn an_end_in_front_of_bodies_is_not_believed() {
    let sandbox = Sandbox::new();
    make(sandbox.dir(), false).await;
    let done = std::process::Command::new("sqlite3")
        .arg(sandbox.dir().join("status.db"))
        .arg("update files set length = length - 1000")
        .status();
    assert!(done.unwrap().success());
    let before = files(sandbox.dir());
    let store = ArchiveStore::new(sandbox.dir());
    let refused = store.begin(Durability::Process).await.unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("status.db is damaged: it names bodies"),
        "{refused}"
    );
    assert!(files(sandbox.dir()) == before);
    assert_eq!(
        body(&store, "c", "page").await.unwrap(),
        Some(expected("c"))
    );
}

#[tokio::test]
async fn a_directory_and_an_archive_take_no_others_place() {
    let (archive, dir) = (Sandbox::new(), Sandbox::new());
    make(archive.dir(), false).await;
    let tasks = || Tasks::from_pairs(KEYS.map(|key| (key, json!({})))).unwrap();
    let into_dir = |dir: &Path| Pages::in_dir(dir).tasks(tasks()).progress(Progress::Off);
    into_dir(dir.dir()).run().await.unwrap();
    let before = (files(archive.dir()), dir.files());
    let refused = into_dir(archive.dir()).run().await.unwrap_err().to_string();
    assert!(
        refused.contains("is an archive; use it as one"),
        "{refused}"
    );
    let into_archive = Pages::in_archive(dir.dir()).tasks(tasks());
    let refused = into_archive
        .progress(Progress::Off)
        .run()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("it is a directory of statuses; `scrapeflow pack`"),
        "{refused}"
    );
    assert!(files(archive.dir()) == before.0);
    assert_eq!(dir.files(), before.1);
}

/// Whoever made it was killed before it was an archive.
#[tokio::test]
async fn an_empty_database_becomes_one() {
    for begun in ["", "pragma journal_mode = wal; pragma user_version = 1"] {
        let sandbox = Sandbox::new();
        fs::create_dir_all(sandbox.dir()).unwrap();
        let place = sandbox.dir().join("status.db");
        fs::write(&place, "").unwrap();
        if !begun.is_empty() {
            let done = std::process::Command::new("sqlite3")
                .arg(&place)
                .arg(begun)
                .output();
            let done = done.expect("sqlite3: `cargo xtask test` installs it");
            assert!(done.status.success());
        }
        let key = Key::new("a").unwrap();
        let store = ArchiveStore::new(sandbox.dir());
        assert_eq!(store.read(&key).await.unwrap(), None);
        make(sandbox.dir(), false).await;
        assert!(store.read(&key).await.unwrap().is_some());
    }
}
