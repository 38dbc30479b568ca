//! `write_status`: what a frame says, and not a byte more.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use polars::prelude::*;
use scrapeflow::Durability;
use scrapeflow::frames::{read_status, write_status};
use scrapeflow::store::{DirStore, Store};

use crate::{MIXED, folder, predecessor};

/// All files of a folder: their bytes, and when they were written.
fn files(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file());
    entries
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (
                name,
                (
                    fs::read(&path).unwrap(),
                    fs::metadata(&path).unwrap().modified().unwrap(),
                ),
            )
        })
        .collect()
}

#[test]
fn what_was_read_and_not_changed_is_not_written() {
    let fixture = folder(&[]);
    for entry in fs::read_dir(predecessor()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, fixture.path().join(path.file_name().unwrap())).unwrap();
    }
    for folder in [fixture, folder(&MIXED)] {
        let before = files(folder.path());
        write_status(folder.path(), &read_status(folder.path()).unwrap()).unwrap();
        assert_eq!(files(folder.path()), before);
    }
}

#[test]
fn only_what_changed_is_written() {
    let folder = folder(&MIXED);
    let before = files(folder.path());
    let mut frame = read_status(folder.path()).unwrap();
    let keys = frame.column("key").unwrap().str().unwrap().clone();
    let statuses = keys.iter().map(|key| match key {
        Some("a") => None,
        Some("b") => Some("SUCCESS"),
        Some("c") => Some("SKIPPED"),
        _ => Some("ERROR x"),
    });
    let statuses: Vec<Option<&str>> = statuses.collect();
    frame
        .with_column(Series::new("parse_status".into(), statuses).into_column())
        .unwrap();
    write_status(folder.path(), &frame).unwrap();
    let after = files(folder.path());
    for key in ["b", "d"] {
        let name = format!("{key}.status.json");
        assert_eq!(after[&name], before[&name], "{key}");
    }
    let text =
        |key: &str| String::from_utf8(after[&format!("{key}.status.json")].0.clone()).unwrap();
    assert!(!text("a").contains("parse_status"), "{}", text("a"));
    assert!(
        text("a")
            .contains(r#""params": {"n": 1, "id": 9007199254740993, "flag": true, "odd": NaN}"#),
        "{}",
        text("a")
    );
    assert!(
        text("c").contains(r#""parse_status": "SKIPPED""#) && text("c").contains(r"\ud800"),
        "{}",
        text("c")
    );
}

#[test]
fn inside_of_a_field_what_didnt_change_keeps_its_spelling() {
    let status = r#"{"name": "a", "params": {"id": 9007199254740993, "n": 1, "gone": 2, "none": null, "list": [1, 2.0, {"x": null, "y": 1}], "text": "old"}, "kept": 1.50}"#;
    let other = r#"{"name": "b", "params": {"id": 0.5, "n": 1.5, "gone": null, "none": 3, "list": [], "text": "b"}, "kept": 2}"#;
    let folder = folder(&[("a", status), ("b", other)]);
    let frame = read_status(folder.path()).unwrap();
    let frame = frame
        .lazy()
        .with_column(col("params").struct_().with_fields(vec![
            lit("new").alias("text"),
            lit(NULL).cast(DataType::Int64).alias("gone"),
        ]))
        .collect()
        .unwrap();
    write_status(folder.path(), &frame).unwrap();
    let text = fs::read_to_string(folder.path().join("a.status.json")).unwrap();
    let now: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        now["params"],
        serde_json::json!({"id": 9_007_199_254_740_993_i64, "n": 1, "none": null, "list": [1, 2.0, {"x": null, "y": 1}], "text": "new"})
    );
    assert!(text.contains("\"kept\": 1.50"), "{text}");
    assert!(
        text.contains("\"n\": 1,"),
        "a whole number stays one: {text}"
    );
}

#[test]
fn new_rows_are_new_statuses() {
    let folder = folder(&[]);
    let dir = folder.path().join("new");
    let price = StructChunked::from_series(
        "parse".into(),
        2,
        [
            Series::new("price".into(), [Some(9.5), None]),
            Series::new("tags".into(), [1_u32, 2]),
        ]
        .iter(),
    )
    .unwrap();
    let frame = DataFrame::new(
        2,
        vec![
            Column::new("key".into(), ["lamp", "vase"]),
            price.into_column(),
            Column::new("parse_status".into(), ["SUCCESS", "SUCCESS"]),
        ],
    )
    .unwrap();
    write_status(&dir, &frame).unwrap();
    let lamp = fs::read_to_string(dir.join("lamp.status.json")).unwrap();
    assert_eq!(
        lamp,
        "{\n  \"name\": \"lamp\",\n  \"parse\": {\n    \"price\": 9.5,\n    \"tags\": 1\n  },\n  \"parse_status\": \"SUCCESS\"\n}"
    );
    let vase: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join("vase.status.json")).unwrap()).unwrap();
    assert_eq!(vase["parse"], serde_json::json!({"tags": 2}));
    assert_eq!(read_status(&dir).unwrap().height(), 2);
}

#[test]
fn a_frame_that_cannot_be_written_says_why() {
    let folder = folder(&[("a", "{}")]);
    let wrong = |columns: Vec<Column>, why: &str| {
        let frame = DataFrame::new(columns[0].len(), columns).unwrap();
        let error = write_status(folder.path(), &frame).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    };
    let keys = |keys: &[&str]| Column::new("key".into(), keys);
    wrong(vec![Column::new("name".into(), ["a"])], "key");
    wrong(vec![Column::new("key".into(), [1])], "String");
    wrong(
        vec![Column::new("key".into(), [None::<&str>])],
        "a row has no key",
    );
    wrong(vec![keys(&["a", "b", "a"])], "the key `a` is in two rows");
    wrong(vec![keys(&["a/b"])], "key `a/b` contains `/`");
    wrong(
        vec![
            keys(&["a"]),
            Column::new("when".into(), [1_i64])
                .cast(&DataType::Duration(TimeUnit::Milliseconds))
                .unwrap(),
        ],
        "column `when`: statuses have nothing for",
    );
    fs::write(folder.path().join("broken.status.json"), "[").unwrap();
    wrong(
        vec![keys(&["broken"]), Column::new("x".into(), [1])],
        "task `broken` is no JSON object",
    );
    let store = DirStore::new(folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let lease = runtime
        .block_on(store.begin(Durability::default()))
        .unwrap();
    wrong(
        vec![keys(&["a"]), Column::new("x".into(), [1])],
        folder.path().to_str().unwrap(),
    );
    drop(lease);
}

#[test]
fn numbers_that_are_none_become_nothing() {
    let folder = folder(&[("a", r#"{"x": 1.5, "y": 2}"#)]);
    let frame = DataFrame::new(
        1,
        vec![
            Column::new("key".into(), ["a"]),
            Column::new("x".into(), [f64::NAN]),
            Column::new("y".into(), [f64::INFINITY]),
            Column::new("z".into(), [1e300]),
        ],
    )
    .unwrap();
    write_status(folder.path(), &frame).unwrap();
    let text = fs::read_to_string(folder.path().join("a.status.json")).unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text).unwrap(),
        serde_json::json!({"name": "a", "z": 1e300})
    );
}
