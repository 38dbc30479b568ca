//! What an export holds: types told from all rows, nothing lost in silence.

use std::fs;
use std::path::Path;

use expect_test::expect;

use crate::{folder, scrapeflow};

/// Shapes that differ from task to task.
const MIXED: [(&str, &str); 4] = [
    (
        "a",
        r#"{"params": {"n": 1, "id": 9007199254740993, "flag": true, "odd": NaN}, "parse": [{"t": "x", "p": 1}], "parse_status": "SUCCESS", "parse_last_run": "2026-11-22 15:19:25.751071"}"#,
    ),
    (
        "b",
        r#"{"params": {"n": 2.5, "id": 7, "flag": null, "odd": -Infinity}, "parse": {"t": "y"}, "parse_status": "SUCCESS", "parse_last_run": "2022-08-05 16:03:52"}"#,
    ),
    (
        "c",
        r#"{"params": {"n": -0, "id": 0.5, "flag": false, "big": 123456789012345678901234567890, "text": "\ud800 a\"b,\nc"}, "parse_status": null}"#,
    ),
    (
        "d",
        r#"{"name": "d", "params": {"text": "", "empty": {}, "list": []}, "parse_status": "ERROR x", "parse_last_run": null}"#,
    ),
];

fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().skip(1).collect();
    lines.sort_unstable();
    format!(
        "{}\n{}\n",
        text.lines().next().unwrap_or_default(),
        lines.join("\n")
    )
}

#[test]
fn mixed_shapes_lose_nothing() {
    let folder = folder(&MIXED);
    let columns = "key,params.n,params.id,params.flag,params.odd,params.big,params.empty,params.list,parse,parse_last_run";
    let said = scrapeflow(
        folder.path(),
        &["export", "pages", "--format", "csv", "--columns", columns],
    );
    assert_eq!(said.code, 0);
    expect![[r#"
        4 rows
        warning: as JSON, since their values go into no one type: params.id, params.big, parse
    "#]]
    .assert_eq(&said.err);
    expect![[r#"
        key,params.n,params.id,params.flag,params.odd,params.big,params.empty,params.list,parse,parse_last_run
        a,1,9007199254740993,true,,,,,"[{""t"":""x"",""p"":1}]",2026-11-22 15:19:25.751071
        b,2.5,7,,,,,,"{""t"":""y""}",2022-08-05 16:03:52
        c,-0,0.5,false,,123456789012345678901234567890,,,,
        d,,,,,,{},[],,
    "#]].assert_eq(&sorted(&said.out));
    let said = scrapeflow(folder.path(), &["export", "pages", "--format", "jsonl"]);
    let mut lines: Vec<&str> = said.out.lines().collect();
    lines.sort_unstable();
    expect![[r#"
        {"key":"a","params":{"n":1,"id":9007199254740993,"flag":true,"odd":null},"parse":[{"t":"x","p":1}],"parse_status":"SUCCESS","parse_last_run":"2026-11-22 15:19:25.751071"}
        {"key":"b","params":{"n":2.5,"id":7,"flag":null,"odd":null},"parse":{"t":"y"},"parse_status":"SUCCESS","parse_last_run":"2022-08-05 16:03:52"}
        {"key":"c","params":{"n":-0,"id":0.5,"flag":false,"big":123456789012345678901234567890,"text":"� a\"b,\nc"},"parse_status":null}
        {"key":"d","params":{"text":"","empty":{},"list":[]},"parse_status":"ERROR x","parse_last_run":null}
    "#]].assert_eq(&(lines.join("\n") + "\n"));
    for line in lines {
        serde_json::from_str::<serde_json::Value>(line).expect("JSON that everybody reads");
    }
}

#[test]
fn an_empty_text_and_line_ends_are_quoted_as_csv_has_it() {
    let folder = folder(&MIXED);
    let text_of = |condition: &str| {
        let export = [
            "export",
            "pages",
            "--format",
            "csv",
            "--columns",
            "params.text",
        ];
        let said = scrapeflow(
            folder.path(),
            &[&export[..], &["--where", condition]].concat(),
        );
        assert_eq!(said.code, 0, "{}", said.err);
        said.out
    };
    assert_eq!(
        text_of("key = 'c'"),
        "params.text\n\"\u{fffd} a\"\"b,\nc\"\n"
    );
    // A line with nothing in it would be none. An empty text and null are the same.
    assert_eq!(text_of("key = 'd'"), "params.text\n\"\"\n");
    assert_eq!(text_of("key = 'a'"), "params.text\n\"\"\n");
}

#[test]
fn where_nothing_is_meant_a_file_has_no_rows() {
    let folder = folder(&MIXED);
    let head = "key,params.n,params.empty,params.id,params.flag,params.list,params.big,params.odd,params.text,parse,parse_status,parse_last_run\n";
    for (format, expected) in [("csv", head), ("jsonl", "")] {
        let said = scrapeflow(
            folder.path(),
            &[
                "export",
                "pages",
                "--format",
                format,
                "--where",
                "key = 'x'",
            ],
        );
        assert_eq!(
            (said.code, said.out.as_str()),
            (0, expected),
            "{}",
            said.err
        );
        assert!(said.err.starts_with("0 rows\n"), "{}", said.err);
    }
    for format in ["sqlite", "parquet"] {
        let file = format!("x.{format}");
        let export = ["export", "pages", "-o", &file, "--where", "key = 'x'"];
        assert_eq!(scrapeflow(folder.path(), &export).code, 0);
        assert!(fs::metadata(folder.path().join(file)).unwrap().len() > 100);
    }
    // Columns and types are those of all tasks, whichever are chosen.
    let columns = schema(&folder.path().join("x.sqlite"));
    assert_eq!(columns.len(), 12);
    assert_eq!(columns[1], "\"params.n\" REAL");
    fs::remove_dir_all(folder.path().join("pages")).unwrap();
    fs::create_dir_all(folder.path().join("pages/.scrapeflow")).unwrap();
    let said = scrapeflow(folder.path(), &["export", "pages", "--format", "csv"]);
    assert_eq!((said.code, said.out.as_str()), (0, "key\n"));
}

#[test]
fn what_is_mixed_inside_of_lists_is_told() {
    let folder = folder(&[(
        "a",
        r#"{"parse": [1, "x", {"y": null}], "list": [{"z": 1}, {"z": []}]}"#,
    )]);
    let said = scrapeflow(folder.path(), &["export", "pages", "-o", "x.parquet"]);
    assert_eq!(
        (said.code, said.err.as_str()),
        (
            0,
            "1 row\nwarning: as JSON, since their values go into no one type: parse[], list[].z\n"
        )
    );
}

fn schema(database: &Path) -> Vec<String> {
    let sql = std::process::Command::new("sqlite3")
        .arg(database)
        .arg("select sql from sqlite_master")
        .output()
        .unwrap();
    let sql = String::from_utf8(sql.stdout).unwrap();
    let inside = sql
        .trim()
        .strip_prefix("CREATE TABLE tasks (")
        .and_then(|sql| sql.strip_suffix(')'))
        .unwrap();
    inside.split(", ").map(str::to_owned).collect()
}

#[test]
fn a_list_becomes_a_row_for_each_element() {
    let folder = folder(&MIXED);
    let said = scrapeflow(
        folder.path(),
        &[
            "export",
            "pages",
            "--format",
            "jsonl",
            "--explode",
            "parse",
            "--columns",
            "key,parse.t,params.n",
        ],
    );
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(
        said.out,
        "{\"key\":\"a\",\"parse.t\":\"x\",\"params.n\":1}\n"
    );
    assert_eq!(
        said.err,
        "1 row; 3 tasks have nothing in a list `parse`, and no row\n"
    );
    // Of those that are meant.
    let said = scrapeflow(
        folder.path(),
        &[
            "export",
            "pages",
            "--format",
            "csv",
            "--explode",
            "parse",
            "--where",
            "key in ('a', 'b')",
            "--columns",
            "key",
        ],
    );
    assert_eq!(
        (said.out.as_str(), said.err.as_str()),
        (
            "key\na\n",
            "1 row; 1 task has nothing in a list `parse`, and no row\n"
        )
    );
    let said = scrapeflow(
        folder.path(),
        &["export", "pages", "-o", "x.csv", "--explode", "params.n"],
    );
    assert_eq!(
        (said.code, said.err.as_str()),
        (
            2,
            "error: --explode: `params.n` is no list in any task; leave it away for a row a task\n"
        )
    );
    assert!(!folder.path().join("x.csv").exists());
    let said = scrapeflow(
        folder.path(),
        &[
            "export",
            "pages",
            "--format",
            "jsonl",
            "--explode",
            "parse",
            "--where",
            "parse.p = 1",
            "--columns",
            "parse",
        ],
    );
    assert_eq!(said.out, "{\"parse\":{\"t\":\"x\",\"p\":1}}\n");
}

/// 10,000 names under which one site answers.
#[test]
fn ten_thousand_names_are_one_column_of_json() {
    let statuses: Vec<(String, String)> = (0..1000)
        .map(|task| {
            let headers: Vec<String> = (0..10)
                .map(|n| format!("\"X-{}\": \"{n}\"", task * 10 + n))
                .collect();
            (
                format!("task-{task}"),
                format!(
                    "{{\"scrape\": {{\"size\": 1, \"response_headers\": {{{}}}}}}}",
                    headers.join(",")
                ),
            )
        })
        .collect();
    let folder = folder(&statuses);
    for format in ["csv", "sqlite", "parquet"] {
        let said = scrapeflow(
            folder.path(),
            &["export", "pages", "-o", &format!("x.{format}")],
        );
        assert_eq!(
            (said.code, said.err.as_str()),
            (
                0,
                "1000 rows\nwarning: as JSON, since their values go into no one type: scrape.response_headers\n"
            )
        );
    }
    let csv = fs::read_to_string(folder.path().join("x.csv")).unwrap();
    assert_eq!(
        csv.lines().next(),
        Some("key,scrape.size,scrape.response_headers")
    );
    assert_eq!(csv.lines().count(), 1001);
    assert!(csv.contains("\"\"X-9999\"\":\"\"9\"\""));
}

#[test]
fn columns_of_sqlite_differ_by_more_than_case() {
    let folder = folder(&[("a", r#"{"scrape": {"Etag": 1, "ETag": 2, "etag_2": 3}}"#)]);
    let said = scrapeflow(folder.path(), &["export", "pages", "-o", "x.sqlite"]);
    expect![[r#"
        1 row
        warning: the column `scrape.ETag` is `scrape.ETag_2` there: columns of SQLite differ by more than case
        warning: the column `scrape.etag_2` is `scrape.etag_2_2` there: columns of SQLite differ by more than case
    "#]]
    .assert_eq(&said.err);
    let columns = schema(&folder.path().join("x.sqlite"));
    assert_eq!(
        columns,
        [
            "\"key\" TEXT",
            "\"scrape.Etag\" INTEGER",
            "\"scrape.ETag_2\" INTEGER",
            "\"scrape.etag_2_2\" INTEGER"
        ]
    );
}
