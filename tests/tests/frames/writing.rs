//! `write_status` and `Statuses::write`: what a frame says, and not a byte more.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use polars::prelude::*;
use scrapeflow::Durability;
use scrapeflow::frames::{Statuses, read_status, write_status};
use scrapeflow::store::{DirStore, Store};

use crate::{MIXED, folder, predecessor};

/// All files of a folder: their bytes, and which files they are: what is written is a new one.
fn files(folder: &Path) -> BTreeMap<String, (Vec<u8>, u64)> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file());
    entries
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (
                name,
                (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().ino()),
            )
        })
        .collect()
}

#[test]
fn what_was_read_and_not_changed_is_not_written() {
    let fixture = folder::<&str, &str>(&[]);
    for entry in fs::read_dir(predecessor()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, fixture.path().join(path.file_name().unwrap())).unwrap();
    }
    // As others spell what we would spell otherwise.
    let spelled = folder(&[
        (
            "a",
            r#"{"a_last_run": "2026-11-22 15:19:25.751071234", "a": {"x": 1.50, "y": "\u00e4", "z": Infinity}}"#,
        ),
        (
            "b",
            r#"{"a_last_run": "2026-11-22 15:19:25", "a": {"x": 2, "z": 1e3}}"#,
        ),
    ]);
    for folder in [fixture, folder(&MIXED), spelled] {
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
    let status = r#"{"name": "a", "params": {"id": 9007199254740993, "n": 1, "gone": 2, "none": null, "list": [1, 2.0, {"x": null, "y": 1}], "text": "old", "nan": NaN, "half": "\ud800", "escaped": "\u00e4"}, "kept": 1.50}"#;
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
    let one_line: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(
        one_line.concat(),
        r#"{"name": "a","params": {"id": 9007199254740993,"n": 1,"none": null,"list": [1,2.0,{"x": null,"y": 1}],"text": "new","nan": NaN,"half": "\ud800","escaped": "\u00e4"},"kept": 1.50}"#
    );
}

#[test]
fn members_that_the_frame_has_not_stay() {
    let folder = folder(&[(
        "a",
        r#"{"scrape": {"size": 1, "headers": {"a": 1}}, "parse": [1]}"#,
    )]);
    let frame = read_status(folder.path()).unwrap();
    let size = col("scrape").struct_().field_by_name("size");
    let frame = frame
        .lazy()
        .select([
            col("key"),
            as_struct(vec![(size + lit(1)).alias("size")]).alias("scrape"),
        ])
        .collect()
        .unwrap();
    write_status(folder.path(), &frame).unwrap();
    let text = fs::read_to_string(folder.path().join("a.status.json")).unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text).unwrap(),
        serde_json::json!({"name": "a", "scrape": {"size": 2, "headers": {"a": 1}}, "parse": [1]})
    );
}

#[test]
fn a_copy_says_what_was_read() {
    let from = folder(&MIXED);
    let to = folder::<&str, &str>(&[]);
    Statuses::read(from.path())
        .unwrap()
        .write(to.path())
        .unwrap();
    for (key, status) in MIXED {
        let copy = fs::read_to_string(to.path().join(format!("{key}.status.json"))).unwrap();
        let value = |text: &str| -> serde_json::Value {
            // Numbers that are none, half characters and what is null are not copied.
            let text = text.replace("-Infinity", "null").replace("NaN", "null");
            let mut value = serde_json::from_str(&text.replace(r"\ud800", "\u{fffd}")).unwrap();
            without_nulls(&mut value);
            value
        };
        assert_eq!(
            value(&copy),
            value(&status.replace("2022-08-05 16:03:52", "2022-08-05 16:03:52.000000")),
            "{key}"
        );
    }
}

/// Numbers as a frame has them, and no members that are null.
fn without_nulls(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(without_nulls);
        }
        serde_json::Value::Number(number) if number.as_i64().is_some_and(|n| n < 10) => {
            *value = number.as_f64().unwrap().into();
        }
        _ => {}
    }
}

#[test]
fn texts_of_a_column_that_holds_json_are_json() {
    let folder = folder(&[
        ("a", r#"{"x": "text"}"#),
        ("b", r#"{"x": [1]}"#),
        ("c", "{}"),
    ]);
    let with = |texts: [&str; 3]| {
        DataFrame::new(
            3,
            vec![
                Column::new("key".into(), ["a", "b", "c"]),
                Column::new("x".into(), texts),
            ],
        )
        .unwrap()
    };
    write_status(folder.path(), &with(["\"other\"", "{\"n\": null}", "3"])).unwrap();
    let now = |key: &str| -> serde_json::Value {
        let text = fs::read_to_string(folder.path().join(format!("{key}.status.json"))).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["x"].clone()
    };
    assert_eq!(
        ["a", "b", "c"].map(now),
        [
            serde_json::json!("other"),
            serde_json::json!({"n": null}),
            serde_json::json!(3)
        ]
    );
    let error = write_status(folder.path(), &with(["other", "1", "1"])).unwrap_err();
    assert!(
        error.to_string().contains("column `x` holds JSON")
            && error.to_string().contains("`other`"),
        "{error}"
    );
}

#[test]
fn times_with_a_zone_are_of_utc_all_the_same() {
    let folder = folder::<&str, &str>(&[]);
    let zoned = Column::new("x_last_run".into(), [1_795_360_765_751_i64])
        .cast(&DataType::Datetime(TimeUnit::Milliseconds, None))
        .unwrap();
    let frame = DataFrame::new(1, vec![Column::new("key".into(), ["a"]), zoned]).unwrap();
    write_status(folder.path(), &frame).unwrap();
    let text = fs::read_to_string(folder.path().join("a.status.json")).unwrap();
    assert!(
        text.contains(r#""x_last_run": "2026-11-22 15:19:25.751000""#),
        "{text}"
    );
}

#[test]
fn new_rows_are_new_statuses() {
    let folder = folder::<&str, &str>(&[]);
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
        vec![keys(&["a"]), Column::new("name".into(), ["b"])],
        "a status's `name` is its key",
    );
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
