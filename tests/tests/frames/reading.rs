//! `read_status`, `Statuses`, `status_summary`.

use std::fs;

use futures::StreamExt;
use polars::prelude::*;
use scrapeflow::frames::{Statuses, read_status, status_summary, write_status};
use scrapeflow::prelude::*;
use scrapeflow::store::{ArchiveStore, DirStore, Store, archive};

use crate::{MIXED, folder, predecessor};

/// By key, since directories have no order.
fn sorted(frame: &DataFrame) -> DataFrame {
    frame.sort(["key"], SortMultipleOptions::default()).unwrap()
}

fn names(frame: &DataFrame) -> Vec<&str> {
    frame
        .get_column_names()
        .into_iter()
        .map(PlSmallStr::as_str)
        .collect()
}

#[test]
fn the_predecessors_directory_is_a_frame() {
    let frame = sorted(&read_status(predecessor()).unwrap());
    assert_eq!(frame.height(), 10);
    assert_eq!(names(&frame)[..2], ["key", "params"]);
    assert_eq!(
        names(&frame)[2..],
        [
            "scrape",
            "scrape_status",
            "scrape_last_run",
            "parse",
            "parse_status",
            "parse_last_run",
            "nothing",
            "nothing_status",
            "nothing_last_run",
        ]
    );
    let last_run = frame.column("scrape_last_run").unwrap();
    assert_eq!(
        *last_run.dtype(),
        DataType::Datetime(TimeUnit::Microseconds, None)
    );
    assert_eq!(last_run.null_count(), 0);
    let scrape = frame.column("scrape").unwrap().struct_().unwrap();
    let size = scrape.field_by_name("size").unwrap();
    assert_eq!((size.dtype(), size.null_count()), (&DataType::Int64, 6));
    let statuses = frame.column("scrape_status").unwrap().str().unwrap();
    assert_eq!(
        statuses
            .iter()
            .flatten()
            .filter(|status| *status == "SUCCESS")
            .count(),
        4
    );
}

#[test]
fn mixed_shapes_lose_nothing() {
    let folder = folder(&MIXED);
    let frame = sorted(&read_status(folder.path()).unwrap());
    let params = frame.column("params").unwrap().struct_().unwrap().clone();
    let params = |name: &str| params.field_by_name(name).unwrap();
    let numbers: Vec<Option<f64>> = params("n").f64().unwrap().iter().collect();
    assert_eq!(numbers, [Some(1.0), Some(2.5), Some(3.0), None]);
    assert_eq!(params("odd").null_count(), 4);
    let texts = |series: &Series| -> Vec<Option<String>> {
        series
            .str()
            .unwrap()
            .iter()
            .map(|text| text.map(str::to_owned))
            .collect()
    };
    let some = |texts: [&str; 4]| texts.map(|text| (!text.is_empty()).then(|| text.to_owned()));
    // Neither an integer nor a float holds them all.
    assert_eq!(
        texts(&params("id")),
        some(["9007199254740993", "7", "0.5", ""])
    );
    assert_eq!(
        texts(&params("big")),
        some(["", "", "123456789012345678901234567890", ""])
    );
    assert_eq!(texts(&params("empty")), some(["", "", "", "{}"]));
    assert_eq!(
        texts(&params("text")),
        [
            None,
            None,
            Some("\u{fffd} a".to_owned()),
            Some(String::new())
        ]
    );
    let parse = frame
        .column("parse")
        .unwrap()
        .as_materialized_series()
        .clone();
    assert_eq!(
        texts(&parse),
        some([r#"[{"t":"x","p":1}]"#, r#"{"t":"y"}"#, "", r#""\"""#])
    );
    let json = Statuses::read(folder.path()).unwrap().json;
    assert_eq!(json, ["params.id", "params.big", "parse"]);
    let links = frame.column("links").unwrap().list().unwrap().clone();
    let of_c = links.get_as_series(2).unwrap();
    assert_eq!(of_c.dtype(), &DataType::List(Box::new(DataType::String)));
    assert_eq!((of_c.len(), of_c.null_count()), (3, 1));
    assert_eq!(of_c.list().unwrap().get_as_series(2).unwrap().len(), 0);
    assert!(links.get_as_series(0).is_none());
    let times: Vec<Option<i64>> = frame
        .column("parse_last_run")
        .unwrap()
        .to_physical_repr()
        .i64()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(
        times,
        [
            Some(1_795_360_765_751_071),
            Some(1_659_715_432_000_000),
            None,
            None
        ]
    );
}

#[test]
fn numbers_that_are_none_are_null_and_change_no_type() {
    let folder = folder(&[
        (
            "a",
            r#"{"x": 1.5, "x_last_run": null, "key": "not the task's"}"#,
        ),
        ("b", r#"{"x": NaN, "x_last_run": null}"#),
        ("c", r#"{"x": -Infinity}"#),
    ]);
    let frame = sorted(&read_status(folder.path()).unwrap());
    assert_eq!(names(&frame), ["key", "x", "x_last_run"]);
    let x: Vec<Option<f64>> = frame.column("x").unwrap().f64().unwrap().iter().collect();
    assert_eq!(x, [Some(1.5), None, None]);
    let last_run = frame.column("x_last_run").unwrap();
    let times = DataType::Datetime(TimeUnit::Microseconds, None);
    assert_eq!((last_run.dtype(), last_run.null_count()), (&times, 3));
    let keys: Vec<&str> = frame
        .column("key")
        .unwrap()
        .str()
        .unwrap()
        .iter()
        .flatten()
        .collect();
    assert_eq!(keys, ["a", "b", "c"]);
}

#[test]
fn ten_thousand_names_are_a_column_of_json() {
    let statuses: Vec<(String, String)> = (0..1_000)
        .map(|task| {
            let headers: Vec<String> = (0..10)
                .map(|n| format!("\"X-{}\": \"{n}\"", task * 10 + n))
                .collect();
            (
                format!("task-{task}"),
                format!(
                    "{{\"scrape\": {{\"response_headers\": {{{}}}}}}}",
                    headers.join(",")
                ),
            )
        })
        .collect();
    let folder = folder(&statuses);
    let frame = read_status(folder.path()).unwrap();
    let headers = frame
        .column("scrape")
        .unwrap()
        .struct_()
        .unwrap()
        .field_by_name("response_headers")
        .unwrap();
    let names: usize = headers
        .str()
        .unwrap()
        .iter()
        .map(|json| {
            serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(json.unwrap())
                .unwrap()
                .len()
        })
        .sum();
    assert_eq!(names, 10_000);
    assert_eq!(
        Statuses::read(folder.path()).unwrap().json,
        ["scrape.response_headers"]
    );
}

#[test]
fn many_rows_come_in_several_parts_and_stay_what_they_are() {
    let statuses: Vec<(String, String)> = (0..40_000)
        .map(|n| (format!("{n}"), format!(r#"{{"parse": {{"n": {n}}}}}"#)))
        .collect();
    let folder = folder(&statuses);
    let frame = read_status(folder.path()).unwrap();
    let numbers = frame
        .column("parse")
        .unwrap()
        .struct_()
        .unwrap()
        .field_by_name("n")
        .unwrap();
    let keys = frame.column("key").unwrap().str().unwrap();
    assert_eq!(frame.height(), 40_000);
    for (key, number) in keys.iter().zip(numbers.i64().unwrap().iter()) {
        assert_eq!(key.unwrap().parse::<i64>().ok(), number);
    }
}

#[tokio::test]
async fn an_archive_is_a_frame_as_the_directory_was() {
    let to = folder::<&str, &str>(&[]);
    let place = to.path().join("pages.sfa");
    let (from, into) = (DirStore::new(predecessor()), ArchiveStore::new(&place));
    let copy = folder::<&str, &str>(&[]);
    for (key, status) in from
        .statuses()
        .map(Result::unwrap)
        .collect::<Vec<_>>()
        .await
    {
        fs::write(copy.path().join(format!("{key}.status.json")), status).unwrap();
    }
    archive::pack(&DirStore::new(copy.path()), &into, |_| {})
        .await
        .unwrap();
    let frame = sorted(&read_status(&place).unwrap());
    assert!(frame.equals_missing(&sorted(&read_status(copy.path()).unwrap())));
    let counts = status_summary(&place).unwrap();
    assert_eq!(
        counts.height(),
        status_summary(copy.path()).unwrap().height()
    );
    write_status(&place, &frame).unwrap();
    assert!(frame.equals_missing(&sorted(&read_status(&place).unwrap())));
}

#[test]
fn messages_are_counted_as_the_predecessor_does() {
    let summary = status_summary(predecessor()).unwrap();
    assert_eq!(summary.get_column_names()[0].as_str(), "status");
    let first = summary.column("status").unwrap().str().unwrap().get(0);
    assert_eq!(first, Some("SUCCESS"));
    let counts = |column: &str| summary.column(column).unwrap().u64().unwrap().clone();
    assert_eq!(counts("scrape_status").sum(), Some(10));
    assert_eq!(
        (
            counts("scrape_status").get(0),
            counts("parse_status").get(0),
            counts("nothing_status").get(0)
        ),
        (Some(4), Some(3), Some(3))
    );
    let totals: Vec<u64> = (0..summary.height())
        .map(|row| {
            ["scrape_status", "parse_status", "nothing_status"]
                .iter()
                .map(|column| counts(column).get(row).unwrap())
                .sum()
        })
        .collect();
    assert!(totals.is_sorted_by(|a, b| a >= b), "{totals:?}");
}

#[test]
fn what_is_broken_is_named_and_the_rest_can_be_had() {
    let folder = folder(&[("good", r#"{"parse": 1}"#), ("bad", r#"{"parse": "#)]);
    let error = read_status(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("1 status cannot be read, as `bad`: is no JSON object: "),
        "{error}"
    );
    assert!(error.contains("Statuses::read"), "{error}");
    let read = Statuses::read(folder.path()).unwrap();
    assert_eq!(read.frame.height(), 1);
    assert_eq!(read.broken[0].0.as_ref().map(Key::as_str), Some("bad"));
    assert!(
        status_summary(folder.path())
            .unwrap_err()
            .to_string()
            .contains("bad")
    );
    let missing = read_status(folder.path().join("missing"))
        .unwrap_err()
        .to_string();
    assert!(missing.contains("missing: No such file"), "{missing}");
    fs::write(folder.path().join("file"), "").unwrap();
    assert!(
        read_status(folder.path().join("file"))
            .unwrap_err()
            .to_string()
            .contains("is no directory")
    );
}

#[test]
fn an_empty_directory_is_an_empty_frame() {
    let folder = folder::<&str, &str>(&[]);
    let frame = read_status(folder.path()).unwrap();
    assert_eq!((frame.shape(), names(&frame)), ((0, 1), vec!["key"]));
    assert_eq!(status_summary(folder.path()).unwrap().height(), 0);
}

/// Also from where nobody may wait.
#[tokio::test]
async fn frames_are_read_inside_of_a_runtime() {
    #[executor]
    async fn measure(key: Key) -> Result<usize> {
        Ok(key.as_str().len())
    }
    workflow! { Lengths = measure; }
    let folder = folder::<&str, &str>(&[]);
    let tasks = Tasks::from_pairs(["a", "bcd"].map(|key| (key, serde_json::json!({})))).unwrap();
    Lengths::in_dir(folder.path())
        .tasks(tasks)
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    let frame = sorted(&read_status(folder.path()).unwrap());
    let lengths: Vec<Option<i64>> = frame
        .column("measure")
        .unwrap()
        .i64()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(lengths, [Some(1), Some(3)]);
    assert!(names(&frame).contains(&"measure_meta"));
}
