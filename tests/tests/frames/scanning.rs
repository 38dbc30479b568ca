//! `scan_status`: what a query needs, when it asks.

use std::fs;

use polars::prelude::*;
use scrapeflow::frames::{read_status, scan_status};

use crate::{MIXED, folder, predecessor};

#[test]
fn a_scan_gives_what_reading_does() {
    let mixed = folder(&MIXED);
    for dir in [predecessor().as_path(), mixed.path()] {
        let by_key =
            |frame: DataFrame| frame.sort(["key"], SortMultipleOptions::default()).unwrap();
        let read = by_key(read_status(dir).unwrap());
        let scanned = by_key(scan_status(dir).unwrap().collect().unwrap());
        assert_eq!(read.schema(), scanned.schema());
        assert!(read.equals_missing(&scanned));
    }
}

#[test]
fn queries_choose_columns_and_rows() {
    let scan = scan_status(predecessor()).unwrap();
    let size = col("scrape").struct_().field_by_name("size");
    let large = scan
        .clone()
        .filter(size.clone().gt(lit(100)))
        .select([col("key"), size.alias("size")]);
    let large = large
        .sort(["size"], SortMultipleOptions::default())
        .collect()
        .unwrap();
    assert_eq!(large.get_column_names(), ["key", "size"]);
    let sizes: Vec<i64> = large
        .column("size")
        .unwrap()
        .i64()
        .unwrap()
        .iter()
        .flatten()
        .collect();
    assert!(
        !sizes.is_empty() && sizes.iter().all(|size| *size > 100),
        "{sizes:?}"
    );
    let counts = scan
        .clone()
        .group_by([col("scrape_status")])
        .agg([len().alias("tasks")])
        .collect()
        .unwrap();
    assert_eq!(
        counts
            .column("tasks")
            .unwrap()
            .cast(&DataType::Int64)
            .unwrap()
            .i64()
            .unwrap()
            .sum(),
        Some(10)
    );
    assert_eq!(scan.clone().limit(3).collect().unwrap().height(), 3);
    assert_eq!(
        scan.select([col("parse_status"), col("key")])
            .collect()
            .unwrap()
            .get_column_names(),
        ["parse_status", "key"]
    );
}

#[test]
fn a_directory_that_changed_meanwhile_is_told_where_it_matters() {
    let folder = folder(&[("a", r#"{"parse": 1}"#)]);
    let scan = scan_status(folder.path()).unwrap();
    fs::write(
        folder.path().join("b.status.json"),
        r#"{"parse": 2, "more": true}"#,
    )
    .unwrap();
    let more = scan.clone().collect().unwrap();
    assert_eq!((more.height(), more.width()), (2, 2));
    fs::write(folder.path().join("c.status.json"), r#"{"parse": "three"}"#).unwrap();
    let error = scan.clone().collect().unwrap_err().to_string();
    assert!(error.contains("the directory has changed"), "{error}");
    // Nor is anything left out in silence.
    fs::write(folder.path().join("d.status.json"), "{").unwrap();
    let error = scan.clone().select([col("key")]).collect().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("1 status cannot be read, as `d`"),
        "{error}"
    );
    fs::remove_file(folder.path().join("d.status.json")).unwrap();
    // A query that doesn't need that column goes on.
    assert_eq!(scan.select([col("key")]).collect().unwrap().height(), 3);
}

#[test]
fn a_limit_ends_reading() {
    let statuses: Vec<(String, String)> = (0..20_000)
        .map(|n| (format!("{n}"), format!(r#"{{"parse": {n}}}"#)))
        .collect();
    let folder = folder(&statuses);
    let scan = scan_status(folder.path()).unwrap();
    // All but few are unreadable now, which nobody would notice who doesn't come to them.
    let keys = read_status(folder.path()).unwrap();
    let keys = keys.column("key").unwrap().str().unwrap();
    for key in keys.iter().skip(10_000).flatten() {
        fs::write(folder.path().join(format!("{key}.status.json")), "{").unwrap();
    }
    assert_eq!(scan.clone().limit(3).collect().unwrap().height(), 3);
    assert!(scan.collect().is_err());
}
