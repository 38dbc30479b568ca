//! Statuses as data frames: types told from all rows, nothing lost, and back again without touching what didn't change.

mod reading;
mod scanning;
mod writing;

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

/// A folder with these statuses.
fn folder<K: AsRef<str>, S: AsRef<str>>(statuses: &[(K, S)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (key, status) in statuses {
        let name = format!("{}.status.json", key.as_ref());
        fs::write(folder.path().join(name), status.as_ref()).expect("it is written");
    }
    folder
}

fn predecessor() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/predecessor"))
}

/// Shapes that differ from task to task.
const MIXED: [(&str, &str); 4] = [
    (
        "a",
        r#"{"name": "a", "params": {"n": 1, "id": 9007199254740993, "flag": true, "odd": NaN}, "parse": [{"t": "x", "p": 1}], "parse_status": "SUCCESS", "parse_last_run": "2026-11-22 15:19:25.751071"}"#,
    ),
    (
        "b",
        r#"{"name": "b", "params": {"n": 2.5, "id": 7, "flag": null, "odd": -Infinity}, "parse": {"t": "y"}, "parse_status": "SUCCESS", "parse_last_run": "2022-08-05 16:03:52"}"#,
    ),
    (
        "c",
        r#"{"name": "c", "params": {"n": 3, "id": 0.5, "flag": false, "big": 123456789012345678901234567890, "text": "\ud800 a"}, "links": [["x"], null, []], "parse_status": null}"#,
    ),
    (
        "d",
        r#"{"name": "d", "params": {"text": "", "empty": {}, "list": []}, "parse": "\"", "parse_status": "ERROR x", "parse_last_run": null}"#,
    ),
];
