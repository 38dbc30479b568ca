//! From a directory to an archive and back nothing is lost: statuses byte for byte, files, times.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use scrapeflow::prelude::*;
use scrapeflow::store::{ArchiveStore, DirStore, Store, archive};
use scrapeflow_tests::Sandbox;

use super::body;
use super::others::warcio;

/// All files of a directory, but for its own folder: what is in them, and when they were written, as far as archives tell.
fn files(dir: &Path) -> BTreeMap<String, (Vec<u8>, u128)> {
    let files = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.is_file()).map(|path| {
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        let modified = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, (fs::read(&path).unwrap(), modified.as_nanos()))
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
    fs::create_dir(dir.dir().join("a.images")).unwrap();
    let pipe = Command::new("mkfifo")
        .arg(dir.dir().join("a.pipe"))
        .status();
    assert!(pipe.unwrap().success());
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
            "a.images, which is no file",
            "a.pipe, which is no file",
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
        error.contains("it is there already; choose another place"),
        "{error}"
    );
}

#[tokio::test]
async fn a_damaged_body_keeps_no_other_from_being_unpacked() {
    let (dir, packed, unpacked) = (Sandbox::new(), Sandbox::new(), Sandbox::new());
    fs::create_dir_all(dir.dir()).unwrap();
    for key in ["a", "b", "c"] {
        fs::write(dir.dir().join(format!("{key}.status.json")), "{}").unwrap();
        fs::write(dir.dir().join(format!("{key}.page")), key.repeat(100)).unwrap();
    }
    let into = ArchiveStore::new(packed.dir()).plain();
    archive::pack(&DirStore::new(dir.dir()), &into, |_| {})
        .await
        .unwrap();
    let pages = packed.dir().join("pages-00001.warc");
    let good = fs::read_to_string(&pages).unwrap();
    fs::write(&pages, good.replace(&"b".repeat(100), &"x".repeat(100))).unwrap();
    let said = archive::unpack(&into, &DirStore::new(unpacked.dir()), |_| {})
        .await
        .unwrap();
    assert_eq!((said.tasks, said.files, said.left.len()), (3, 2, 1));
    assert!(
        said.left[0].contains("cannot read `b.page`"),
        "{:?}",
        said.left
    );
    let mut names: Vec<String> = files(unpacked.dir()).into_keys().collect();
    names.retain(|name| !name.contains(".status."));
    assert_eq!(names, ["a.page", "c.page"]);
}

/// What a status says of URLs and headers begins no header of a record.
#[tokio::test]
async fn a_status_cannot_steer_a_record() {
    let (dir, packed) = (Sandbox::new(), Sandbox::new());
    fs::create_dir_all(dir.dir()).unwrap();
    for (key, url, header) in [
        ("a", "http://user:secret@a.example/x?y=a@b", "X-Fine"),
        ("b", "http://b.example/\nContent-Length: 1", "X-Fine"),
        ("c", "http://c.example/", "X\r\n\r\nBad"),
    ] {
        let status = serde_json::json!({
            "params": {"url": url},
            "scrape": {"response_headers": {header: "value", "Content-Length": "9"}},
        });
        fs::write(
            dir.dir().join(format!("{key}.status.json")),
            status.to_string(),
        )
        .unwrap();
        fs::write(
            dir.dir().join(format!("{key}.scrape")),
            format!("the page {key}"),
        )
        .unwrap();
    }
    let into = ArchiveStore::new(packed.dir());
    archive::pack(&DirStore::new(dir.dir()), &into, |_| {})
        .await
        .unwrap();
    for key in ["a", "b", "c"] {
        let page = body(&into, key, "scrape").await.unwrap().unwrap();
        assert_eq!(page, format!("the page {key}").into_bytes());
    }
    let mut told: Vec<_> = warcio(packed.dir())
        .into_iter()
        .filter(|record| record["type"] != "warcinfo")
        .map(|record| {
            let of = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
            (of("type"), of("url"), record["headers"].to_string())
        })
        .collect();
    told.sort();
    let (fine, length) = (r#""x-fine":"value""#, r#""content-length":"9""#);
    assert_eq!(
        told,
        [
            (
                "resource".into(),
                "urn:scrapeflow:b.scrape".into(),
                "{}".into()
            ),
            (
                "response".into(),
                "http://a.example/x?y=a@b".into(),
                format!("{{{length},{fine}}}")
            ),
            (
                "response".into(),
                "http://c.example/".into(),
                format!("{{{length}}}")
            ),
        ]
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
        let done = Command::new("sqlite3")
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
        match said {
            Ok(said) => said.left.join("\n"),
            Err(error) => error.to_string(),
        }
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
        said.contains("it names ../x, which is no file of pages"),
        "{said}"
    );
    assert_eq!(fs::read_dir(unpacked.dir()).map_or(0, Iterator::count), 0);
}
