//! `scan_status`: what a query needs, when it asks.

use std::fs;

use polars::prelude::*;
use scrapeflow::frames::{read_status, scan_status};

use crate::{MIXED, folder, predecessor};

#[test]
fn a_scan_gives_what_reading_does() {
    for dir in [predecessor(), folder(&MIXED).keep()] {
        let by_key =
            |frame: DataFrame| frame.sort(["key"], SortMultipleOptions::default()).unwrap();
        let read = by_key(read_status(&dir).unwrap());
        let scanned = by_key(scan_status(&dir).unwrap().collect().unwrap());
        assert_eq!(read.schema(), scanned.schema());
        assert!(read.equals_missing(&scanned));
        if dir != predecessor() {
            fs::remove_dir_all(dir).unwrap();
        }
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
    // A query that doesn't need that column goes on.
    assert_eq!(scan.select([col("key")]).collect().unwrap().height(), 3);
}
