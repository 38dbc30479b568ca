//! From a directory to an archive and back nothing is lost: statuses byte for byte, files, times.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use scrapeflow::prelude::*;
use scrapeflow::store::{ArchiveStore, DirStore, Store, archive};
use scrapeflow_tests::Sandbox;

use super::body;

/// All files of a directory, but for its own folder: what is in them, and when they were written, as far as archives tell.
fn files(dir: &Path) -> BTreeMap<String, (Vec<u8>, u128)> {
    let files = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.is_file()).map(|path| {
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        let modified = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, (fs::read(&path).unwrap(), modified.as_micros()))
    });
    files.collect()
}

#[tokio::test]
async fn the_predecessors_directory_comes_back_as_it_was() {
    let (dir, packed, unpacked) = (Sandbox::new(), Sandbox::new(), Sandbox::new());
    fs::create_dir_all(dir.dir()).unwrap();
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/predecessor");
    for entry in fs::read_dir(fixture).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, dir.dir().join(path.file_name().unwrap())).unwrap();
    }
    // Keys and suffixes with dots, an empty file, a status that nobody could write so.
    for (name, content) in [
        ("a.status.json", "{\"x\": NaN,\n\n  \"y\": \"\\ud800\"}"),
        ("a.thumb.webp", "small"),
        ("a.b.status.json", "{}"),
        ("a.b.scrape", ""),
    ] {
        fs::write(dir.dir().join(name), content).unwrap();
    }
    let before = files(dir.dir());
    let into = ArchiveStore::new(packed.dir());
    let mut seen = 0;
    let said = archive::pack(&DirStore::new(dir.dir()), &into, |so_far| {
        seen = so_far.tasks;
    })
    .await
    .unwrap();
    assert_eq!((said.tasks, said.files, seen), (12, 4, 12));
    assert_eq!(said.left, Vec::<String>::new());
    assert!(files(dir.dir()) == before, "the directory stays");
    assert_eq!(
        body(&into, "a.b", "scrape").await.unwrap(),
        Some(Vec::new())
    );
    assert_eq!(
        body(&into, "a", "thumb.webp").await.unwrap().unwrap(),
        b"small"
    );
    let back = archive::unpack(
        &ArchiveStore::new(packed.dir()),
        &DirStore::new(unpacked.dir()),
        |_| {},
    )
    .await
    .unwrap();
    assert_eq!(back, said);
    let after = files(unpacked.dir());
    assert_eq!(
        after.keys().collect::<Vec<_>>(),
        before.keys().collect::<Vec<_>>()
    );
    for (name, (content, modified)) in &before {
        assert!(after[name].0 == *content, "{name}");
        assert_eq!(after[name].1, *modified, "{name}");
    }
}

#[tokio::test]
async fn what_belongs_to_no_task_is_named_and_stays() {
    let (dir, packed) = (Sandbox::new(), Sandbox::new());
    fs::create_dir_all(dir.dir()).unwrap();
    for (name, content) in [
        ("a.status.json", "{}"),
        ("notes.txt", "mine"),
        ("a.b.c.d", "no suffix has two dots"),
    ] {
        fs::write(dir.dir().join(name), content).unwrap();
    }
    fs::write(dir.dir().join("latin.status.json"), b"{\"a\": \"\xe9\"}").unwrap();
    let mut said = archive::pack(
        &DirStore::new(dir.dir()),
        &ArchiveStore::new(packed.dir()),
        |_| {},
    )
    .await
    .unwrap();
    said.left.sort();
    assert_eq!(
        said.left,
        [
            "a.b.c.d",
            "latin.status.json, which is no UTF-8",
            "notes.txt"
        ]
    );
    let again = archive::pack(
        &DirStore::new(dir.dir()),
        &ArchiveStore::new(packed.dir()),
        |_| {},
    )
    .await;
    let error = again.unwrap_err().to_string();
    assert!(
        error.contains("it has tasks already; choose another place"),
        "{error}"
    );
}

#[tokio::test]
async fn names_in_an_archive_lead_nowhere_else() {
    let (packed, unpacked) = (Sandbox::new(), Sandbox::new());
    let store = ArchiveStore::new(packed.dir());
    let lease = store.begin(Durability::Process).await.unwrap();
    store
        .save(&Key::new("a").unwrap(), "{}", Vec::new())
        .await
        .unwrap();
    drop(lease);
    let unpack = async |statement: &str| {
        let done = std::process::Command::new("sqlite3")
            .arg(packed.dir().join("status.db"))
            .arg(statement)
            .status();
        assert!(
            done.expect("sqlite3: `cargo xtask test` installs it")
                .success()
        );
        let to = unpacked.dir().join("to");
        let said = archive::unpack(
            &ArchiveStore::new(packed.dir()),
            &DirStore::new(&to),
            |_| {},
        )
        .await;
        let _ = fs::remove_dir_all(&to);
        said.unwrap_err().to_string()
    };
    let said = unpack("insert into bodies values (1, '../../x', 1, 0, 1, 1, null, null)").await;
    assert!(said.contains("is no file suffix"), "{said}");
    let said = unpack("delete from bodies; update tasks set key = '../x'").await;
    assert!(said.contains("is stored as a key, and is none"), "{said}");
    let said = unpack(
        "update tasks set key = 'a'; insert into files values (1, '../x', 9); insert into bodies values (1, 'x', 1, 0, 1, 1, null, null)",
    )
    .await;
    assert!(
        said.contains("names a file outside of the archive"),
        "{said}"
    );
    assert_eq!(fs::read_dir(unpacked.dir()).map_or(0, Iterator::count), 0);
}
