//! `show`, `errors`, `summary`, `reset`: what they say of whom.

use std::fs;

use expect_test::expect;
use serde_json::{Value, json};

use crate::{folder, scrapeflow};

const URL: &str = "https://a.example/lamp";

const STATUSES: [(&str, &str); 4] = [
    (
        "lamp-1",
        r#"{"params": {"url": "https://a.example/lamp"}, "scrape": {"size": 5}, "scrape_status": "SUCCESS", "scrape_last_run": "2026-11-23 09:30:00.000000", "scrape_meta": {"attempts": 2, "elapsed_ms": 7, "files": [{"name": "lamp-1.scrape", "size": 5, "md5": ""}]}, "parse_status": "ERROR RuntimeError::no price"}"#,
    ),
    (
        "lamp-2",
        r#"{"params": {"url": "https://b.example:8080/"}, "scrape_status": "ERROR ClientConnectorCertificateError::bad"}"#,
    ),
    (
        "vase",
        r#"{"params": {"url": "https://b.example/"}, "scrape_status": "ERROR RuntimeError::HTTP response 404"}"#,
    ),
    (
        "chair",
        r#"{"params": {"url": "https://b.example/chair"}, "scrape_status": "ERROR RuntimeError::HTTP response 404", "scrape_meta": {"http_status": 404, "url": "https://c.example/"}}"#,
    ),
];

#[test]
fn a_task_is_shown_by_key_url_or_how_its_key_begins() {
    let folder = folder(&STATUSES);
    let pages = folder.path().join("pages");
    fs::write(pages.join("lamp-1.scrape"), "12345").unwrap();
    fs::write(pages.join("vase.scrape"), "of the predecessor").unwrap();
    let show = |key: &str| scrapeflow(folder.path(), &["show", "pages", key]);
    let shown = show("lamp-1").well();
    expect![[r#"
        lamp-1
          lamp-1.scrape  5 bytes

        params
          {
            "url": "https://a.example/lamp"
          }

        scrape  SUCCESS, 2026-11-23 09:30:00.000000, 7 ms, 2 attempts
          {
            "size": 5
          }

        parse  ERROR RuntimeError::no price
    "#]]
    .assert_eq(&shown);
    assert_eq!(show(URL).well(), shown);
    assert!(
        show("vas")
            .well()
            .starts_with("vase\n  vase.scrape  18 bytes\n")
    );
    let said = show("lamp");
    assert_eq!(said.code, 2);
    assert!(
        said.err
            .starts_with("error: 2 keys begin with `lamp`, as `lamp-"),
        "{}",
        said.err
    );
    let json = scrapeflow(folder.path(), &["show", "pages", "lamp-1", "--json"]).well();
    assert_eq!(json.trim_end(), STATUSES[0].1);
    // What is to run again has its files all the same.
    let reset = [
        "reset",
        "pages",
        "--executor",
        "scrape",
        "--where",
        "key = 'lamp-1'",
    ];
    assert_eq!(scrapeflow(folder.path(), &reset).code, 0);
    let shown = show("lamp-1").well();
    assert!(
        shown.contains("lamp-1.scrape  5 bytes") && shown.contains("scrape  to run again"),
        "{shown}"
    );
}

#[test]
fn errors_come_in_groups_with_the_predecessors_classes_under_their_kin() {
    let folder = folder(&STATUSES);
    let said = scrapeflow(folder.path(), &["errors", "pages"]).well();
    expect![[r#"
        count  class                  executor  host            status  example  url                      what it says
        1      ClientConnectionError  scrape    b.example:8080          lamp-2   https://b.example:8080/  bad
        1      RuntimeError           parse     a.example               lamp-1   https://a.example/lamp   no price
        1      RuntimeError           scrape    b.example       404     vase     https://b.example/       HTTP response 404
        1      RuntimeError           scrape    c.example       404     chair    https://c.example/       HTTP response 404
    "#]]
    .assert_eq(&said);
    let json = scrapeflow(
        folder.path(),
        &["errors", "pages", "--by", "status,executor", "--json"],
    )
    .well();
    assert_eq!(
        serde_json::from_str::<Value>(&json).unwrap(),
        json!([
            {"status": 404, "executor": "scrape", "count": 2, "example": "chair", "example_url": "https://c.example/", "example_message": "HTTP response 404"},
            {"status": null, "executor": "parse", "count": 1, "example": "lamp-1", "example_url": "https://a.example/lamp", "example_message": "no price"},
            {"status": null, "executor": "scrape", "count": 1, "example": "lamp-2", "example_url": "https://b.example:8080/", "example_message": "bad"},
        ])
    );
}

#[test]
fn a_summary_for_machines_names_what_is_broken() {
    let folder = folder(&STATUSES);
    fs::write(folder.path().join("pages/cut.status.json"), "{").unwrap();
    let said = scrapeflow(folder.path(), &["summary", "pages", "--json"]);
    assert_eq!(said.code, 3);
    let summary: Value = serde_json::from_str(&said.out).unwrap();
    let rows = summary["rows"].as_array().unwrap();
    assert_eq!(
        rows[0],
        json!(["ERROR RuntimeError::HTTP response 404", [2, 0]])
    );
    assert_eq!(summary["columns"], json!(["scrape_status", "parse_status"]));
    assert_eq!(
        summary["broken"],
        json!(["cut: is no JSON object: cut off inside an object at line 1, column 2 (byte 1)"])
    );
}

#[test]
fn a_reset_says_how_many_and_leaves_what_a_run_could_not_read() {
    let folder = folder(&STATUSES);
    let reset = |more: &[&str]| {
        let said = scrapeflow(
            folder.path(),
            &[&["reset", "pages", "--executor", "scrape"], more].concat(),
        );
        (said.code, said.out, said.err)
    };
    let twice = r#"{"params": {}, "scrape_status": "ERROR x", "scrape_status": "ERROR x"}"#;
    let place = folder.path().join("pages/twice.status.json");
    fs::write(&place, twice).unwrap();
    let would = "`scrape` would run again on 4 tasks; --dry-run changes nothing\n";
    assert_eq!(
        reset(&["--failed", "--dry-run", "--quiet"]),
        (0, would.to_owned(), String::new())
    );
    // As the errors of whoever reads what is damaged have it.
    assert_eq!(
        reset(&["--where", r#"key = "chair""#, "--dry-run"]).1,
        "`scrape` would run again on 1 task; --dry-run changes nothing\n"
    );
    let (code, out, err) = reset(&["--failed"]);
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(
        err.starts_with("`scrape` will run again on 4 tasks\nwarning: broken: twice: ")
            && err.ends_with(
                "error: 1 status cannot be read; all else is shown. Mend or delete them\n"
            ),
        "{err}"
    );
    assert_eq!(fs::read_to_string(&place).unwrap(), twice);
    fs::remove_file(place).unwrap();
    let left = scrapeflow(folder.path(), &["summary", "pages"]).well();
    assert!(left.contains("SUCCESS") && !left.contains("404"), "{left}");
    // That there is nothing left to do is no mistake.
    assert_eq!(
        reset(&["--failed"]),
        (
            0,
            String::new(),
            "`scrape` will run again on 0 tasks\n".to_owned()
        )
    );
    assert_eq!(reset(&[]).2, "`scrape` will run again on 1 task\n");
    assert_eq!(reset(&[]).2, "`scrape` will run again on 0 tasks\n");
}

#[test]
fn columns_that_came_late_are_told() {
    let statuses: Vec<(String, String)> = (0..2000)
        .map(|n| {
            let late = if n == 1500 {
                r#", "parse_status": "SUCCESS""#
            } else {
                ""
            };
            (
                format!("task-{n}"),
                format!(r#"{{"params": {{"url": "u"}}, "scrape_status": "SUCCESS"{late}}}"#),
            )
        })
        .collect();
    let folder = folder(&statuses);
    let said = scrapeflow(folder.path(), &["ls", "pages"]);
    let head = said.out.lines().next().unwrap_or_default();
    let is_shown = head == "key\tparams.url\tscrape_status\tparse_status";
    let is_told = said.err
        == "warning: some of these tasks have further columns: say --columns parse_status\n";
    assert_eq!(
        (said.code, is_shown || is_told),
        (0, true),
        "{head} {}",
        said.err
    );
}

#[test]
fn files_that_no_key_names_are_told() {
    let folder = folder(&[("good", r#"{"scrape_status": "SUCCESS"}"#)]);
    let pages = folder.path().join("pages");
    fs::write(pages.join("a\u{1b}[2Jb.status.json"), "{}").unwrap();
    for command in [
        &["summary", "pages"][..],
        &["ls", "pages"],
        &["errors", "pages"],
        &["export", "pages", "--format", "csv"],
    ] {
        let said = scrapeflow(folder.path(), command);
        assert_eq!(said.code, 3, "{command:?}");
        assert!(
            said.err.contains(
                r#"warning: broken: "a\u{1b}[2Jb.status.json" is named as a status, but not by a key"#
            ),
            "{}",
            said.err
        );
    }
}
