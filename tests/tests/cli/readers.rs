//! Exports as tools read them that others wrote: pandas with pyarrow, the shell of SQLite, Python's csv.

use std::fs;
use std::process::Command;

use scrapeflow_tests::python;
use serde_json::{Value, json};

use crate::{folder, scrapeflow};

const STATUSES: [(&str, &str); 3] = [
    (
        "a",
        r#"{"params": {"url": "https://a.example/ä", "new": true}, "scrape": {"size": 12, "response_headers": {"Content-Type": "text/html"}}, "scrape_status": "SUCCESS", "scrape_last_run": "2026-11-22 15:19:25.751071", "parse": [{"title": "One, \"two\"\nthree", "price": 1.5, "tags": ["x", null]}, {"title": "", "price": 2, "tags": []}], "parse_status": "SUCCESS"}"#,
    ),
    (
        "b",
        r#"{"params": {"url": "https://b.example/", "new": false}, "scrape": {"size": 9223372036854775807, "response_headers": {"Server": "s"}}, "scrape_status": "SUCCESS", "scrape_last_run": "2022-08-05 16:03:52", "parse": [], "parse_status": "SUCCESS"}"#,
    ),
    (
        "c",
        r#"{"params": {"url": "https://c.example/", "new": null}, "scrape_status": "ERROR TimeoutError::", "scrape_last_run": "2022-08-05 16:03:52.5"}"#,
    ),
];

#[test]
fn pandas_reads_parquet() {
    let folder = folder(&STATUSES);
    scrapeflow(folder.path(), &["export", "pages", "-o", "x.parquet"]).well();
    let read = python(
        folder.path(),
        r#"
import json, pandas, pyarrow.parquet
table = pyarrow.parquet.read_table("x.parquet")
frame = pandas.read_parquet("x.parquet").sort_values("key").reset_index(drop=True)
print(json.dumps({
    "types": {field.name: str(field.type) for field in table.schema},
    "keys": list(frame["key"]),
    "rows": sorted(table.to_pylist(), key=lambda row: row["key"]),
}, default=lambda time: time.isoformat()))
"#,
        &[],
    );
    assert_eq!(
        read["types"],
        json!({
            "key": "string",
            "params": "struct<url: string, new: bool>",
            "scrape": "struct<size: int64, response_headers: struct<Content-Type: string, Server: string>>",
            "scrape_status": "string",
            "scrape_last_run": "timestamp[us, tz=UTC]",
            "parse": "list<element: struct<title: string, price: double, tags: list<element: string>>>",
            "parse_status": "string",
        })
    );
    assert_eq!(read["keys"], json!(["a", "b", "c"]));
    let rows = read["rows"].as_array().unwrap();
    assert_eq!(
        rows[0]["parse"],
        json!([
            {"title": "One, \"two\"\nthree", "price": 1.5, "tags": ["x", null]},
            {"title": "", "price": 2.0, "tags": []},
        ])
    );
    assert_eq!(
        rows[1]["scrape"]["size"],
        json!(9_223_372_036_854_775_807_i64)
    );
    assert_eq!(rows[1]["parse"], json!([]));
    assert_eq!(rows[2]["scrape"], json!(null));
    assert_eq!(rows[2]["parse"], json!(null));
    assert_eq!(
        rows[2]["params"],
        json!({"url": "https://c.example/", "new": null})
    );
    let times: Vec<&str> = rows
        .iter()
        .map(|row| row["scrape_last_run"].as_str().unwrap())
        .collect();
    assert_eq!(
        times,
        [
            "2026-11-22T15:19:25.751071+00:00",
            "2022-08-05T16:03:52+00:00",
            "2022-08-05T16:03:52.500000+00:00"
        ]
    );
}

#[test]
fn exploded_lists_are_rows_for_all_readers() {
    let folder = folder(&STATUSES);
    for format in ["parquet", "sqlite"] {
        let file = format!("x.{format}");
        let export = ["export", "pages", "-o", &file, "--explode", "parse"];
        let said = scrapeflow(folder.path(), &export);
        assert_eq!(
            said.err, "2 rows; 2 tasks have nothing in a list `parse`, and no row\n",
            "{format}"
        );
    }
    let read = python(
        folder.path(),
        r#"
import json, pyarrow.parquet, sqlite3
rows = pyarrow.parquet.read_table("x.parquet", columns=["key", "parse"]).to_pylist()
table = sqlite3.connect("x.sqlite").execute('select key, "parse.title", "parse.price", "parse.tags" from tasks').fetchall()
print(json.dumps([rows, table]))
"#,
        &[],
    );
    assert_eq!(
        read,
        json!([
            [
                {"key": "a", "parse": {"title": "One, \"two\"\nthree", "price": 1.5, "tags": ["x", null]}},
                {"key": "a", "parse": {"title": "", "price": 2.0, "tags": []}},
            ],
            [
                ["a", "One, \"two\"\nthree", 1.5, "[\"x\",null]"],
                ["a", "", 2.0, "[]"],
            ],
        ])
    );
}

#[test]
fn a_large_parquet_file_keeps_all_rows() {
    let statuses: Vec<(String, String)> = (0..5_000)
        .map(|n| {
            (
                format!("task-{n}"),
                format!(
                    r#"{{"parse": {{"n": {n}, "text": "{}"}}}}"#,
                    "x".repeat(n % 700)
                ),
            )
        })
        .collect();
    let folder = folder(&statuses);
    scrapeflow(
        folder.path(),
        &[
            "export",
            "pages",
            "-o",
            "x.parquet",
            "--columns",
            "key,parse.n,parse.text",
        ],
    )
    .well();
    let read = python(
        folder.path(),
        r#"
import json, pandas
frame = pandas.read_parquet("x.parquet")
print(json.dumps([len(frame), int(frame["parse.n"].sum()), int(frame["parse.text"].str.len().sum()), frame["key"].nunique()]))
"#,
        &[],
    );
    let characters: u64 = (0..5_000).map(|n| n % 700).sum();
    assert_eq!(read, json!([5_000, 12_497_500, characters, 5_000]));
}

#[test]
fn the_shell_of_sqlite_reads_a_database() {
    let folder = folder(&STATUSES);
    scrapeflow(folder.path(), &["export", "pages", "-o", "x.sqlite"]).well();
    let said = Command::new("sqlite3")
        .current_dir(folder.path())
        .args(["-json", "x.sqlite", r#"pragma integrity_check; select key, "params.new" as new, "scrape.size" as size, typeof("scrape.size") as type, json_array_length(parse) as books from tasks order by key"#])
        .output()
        .expect("sqlite3: `cargo xtask test` installs it");
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    let said = String::from_utf8(said.stdout).unwrap();
    let (check, rows) = said.split_once("]\n").unwrap();
    assert_eq!(check, r#"[{"integrity_check":"ok"}"#);
    assert_eq!(
        serde_json::from_str::<Value>(rows).unwrap(),
        json!([
            {"key": "a", "new": 1, "size": 12, "type": "integer", "books": 2},
            {"key": "b", "new": 0, "size": 9_223_372_036_854_775_807_i64, "type": "integer", "books": 0},
            {"key": "c", "new": null, "size": null, "type": "null", "books": null},
        ])
    );
}

#[test]
fn python_reads_csv_and_jsonl() {
    let folder = folder(&STATUSES);
    scrapeflow(
        folder.path(),
        &[
            "export",
            "pages",
            "-o",
            "x.csv",
            "--explode",
            "parse",
            "--columns",
            "key,parse.title,parse.price,parse.tags",
        ],
    )
    .well();
    scrapeflow(folder.path(), &["export", "pages", "-o", "x.jsonl"]).well();
    let read = python(
        folder.path(),
        r#"
import csv, json
rows = list(csv.DictReader(open("x.csv", newline="")))
lines = sorted((json.loads(line) for line in open("x.jsonl")), key=lambda row: row["key"])
print(json.dumps([rows, lines]))
"#,
        &[],
    );
    assert_eq!(
        read[0],
        json!([
            {"key": "a", "parse.title": "One, \"two\"\nthree", "parse.price": "1.5", "parse.tags": "[\"x\",null]"},
            {"key": "a", "parse.title": "", "parse.price": "2", "parse.tags": "[]"},
        ])
    );
    let lines = read[1].as_array().unwrap();
    assert_eq!(lines.len(), STATUSES.len());
    for (line, (key, status)) in lines.iter().zip(STATUSES) {
        let mut status: Value = serde_json::from_str(status).unwrap();
        status["key"] = json!(key);
        assert_eq!(*line, status);
    }
}

#[test]
fn a_file_has_the_permissions_of_a_new_one() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&STATUSES);
    fs::write(folder.path().join("new"), "").unwrap();
    let mode = |name: &str| {
        fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode()
    };
    for format in ["csv", "sqlite", "parquet", "jsonl"] {
        let file = format!("x.{format}");
        scrapeflow(folder.path(), &["export", "pages", "-o", &file]).well();
        assert_eq!(mode(&file), mode("new"), "{format}");
    }
}
