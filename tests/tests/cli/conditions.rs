//! `--where` and names of columns: what is wrong is pointed at, and the nearest name suggested.

use expect_test::{Expect, expect};

use crate::{folder, scrapeflow};

const STATUSES: [(&str, &str); 3] = [
    (
        "lamp",
        r#"{"params": {"url": "https://a.example/lamp"}, "scrape": {"size": 1500, "response_headers": {"Content-Type": "text/html"}}, "scrape_status": "SUCCESS", "parse": [{"price": 9.5}, {"price": 3}], "parse_status": "SUCCESS"}"#,
    ),
    (
        "vase",
        r#"{"params": {"url": "https://a.example/vase"}, "scrape": {"size": 500, "response_headers": {"Content-Type": "text/html"}}, "scrape_status": "SUCCESS", "parse_status": "ERROR RuntimeError::no price"}"#,
    ),
    (
        "chair",
        r#"{"params": {"url": "https://b.example/"}, "scrape_status": "ERROR TimeoutError::"}"#,
    ),
];

#[test]
fn rows_are_chosen_by_any_expression_of_sqlite() {
    let folder = folder(&STATUSES);
    for (condition, keys) in [
        (r#"scrape.size > 1000 and parse_status = "SUCCESS""#, "lamp"),
        ("parse_status is null", "chair"),
        (
            "parse_status like 'error%' or scrape_status like 'error%'",
            "chair vase",
        ),
        (
            "scrape.response_headers.Content-Type = 'text/html'",
            "lamp vase",
        ),
        ("json_array_length(parse) = 2", "lamp"),
        ("scrape.size - 500 = 0", "vase"),
        ("params.url glob '*//b.*'", "chair"),
        ("key in ('vase', 'lamp') and not scrape.size > 1000", "vase"),
        ("1 = 0", ""),
    ] {
        let said = scrapeflow(
            folder.path(),
            &[
                "ls",
                "pages",
                "--sort",
                "key",
                "--columns",
                "key",
                "--where",
                condition,
            ],
        );
        let out = said.well();
        let rows: Vec<&str> = out.lines().skip(1).collect();
        assert_eq!(rows.join(" "), keys, "{condition}");
    }
    let failed = scrapeflow(
        folder.path(),
        &[
            "ls",
            "pages",
            "--failed",
            "--sort",
            "key",
            "--columns",
            "key",
        ],
    )
    .well();
    assert_eq!(failed, "key\nchair\nvase\n");
}

#[test]
fn sorting_and_limits_go_together() {
    let folder = folder(&STATUSES);
    let ls = |more: &[&str]| {
        let command = [&["ls", "pages", "--columns", "key"], more].concat();
        let out = scrapeflow(folder.path(), &command).well();
        out.lines()
            .skip(1)
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(ls(&["--sort", "scrape.size"]), "vase lamp chair");
    // What isn't there is last either way.
    assert_eq!(
        ls(&["--sort", "scrape.size", "--reverse"]),
        "lamp vase chair"
    );
    assert_eq!(ls(&["--sort", "key", "--limit", "2"]), "chair lamp");
    assert_eq!(ls(&["--limit", "1"]).split(' ').count(), 1);
    assert_eq!(ls(&["--limit", "0"]), "");
}

/// A command that is wrong, and what is said of it.
fn refused(command: &[&str], expected: &Expect) {
    let folder = folder(&STATUSES);
    let said = scrapeflow(folder.path(), command);
    assert_eq!((said.code, said.out.as_str()), (2, ""), "{command:?}");
    expected.assert_eq(&said.err);
}

#[test]
fn what_is_wrong_in_a_condition_is_pointed_at() {
    refused(
        &[
            "ls",
            "pages",
            "--where",
            "scrape.size > 1 and parse_stauts = 'SUCCESS'",
        ],
        &expect![[r#"
            error: --where: there is no column `parse_stauts`; did you mean `parse_status`?
              scrape.size > 1 and parse_stauts = 'SUCCESS'
                                  ^^^^^^^^^^^^
        "#]],
    );
    refused(
        &["ls", "pages", "--where", "scrape.size-500 = 0"],
        &expect![[r#"
            error: --where: there is no column `scrape.size-500`; did you mean `scrape.size`? (a minus has blanks around it)
              scrape.size-500 = 0
              ^^^^^^^^^^^^^^^
        "#]],
    );
    refused(
        &["ls", "pages", "--where", "scrape.size >> > 3"],
        &expect![[r#"
            error: --where: near ">": syntax error
              scrape.size >> > 3
                             ^
        "#]],
    );
    refused(
        &[
            "export",
            "pages",
            "--format",
            "csv",
            "--where",
            "lenth(key) = 3",
        ],
        &expect![[r#"
            error: --where: no such function: lenth
              lenth(key) = 3
              ^^^^^
        "#]],
    );
    refused(
        &[
            "reset",
            "pages",
            "--executor",
            "parse",
            "--where",
            "case when key = 'vase' then json_extract(params.url, '$') end = 1",
        ],
        &expect![[r#"
            error: --where: task `vase`: malformed JSON
        "#]],
    );
    refused(
        &["errors", "pages", "--where", "pirce > 1"],
        &expect![[r#"
        error: --where: there is no column `pirce`; did you mean `parse`?
          pirce > 1
          ^^^^^
    "#]],
    );
}

#[test]
fn names_that_there_are_not_lead_to_the_nearest() {
    refused(
        &["ls", "pages", "--columns", "key,parms.url"],
        &expect![[r#"
            error: there is no column `parms.url`; did you mean `params.url`?
        "#]],
    );
    refused(
        &["ls", "pages", "--columns", "key;params.url"],
        &expect![[r#"
            error: --columns: a comma is expected at character 4 of `key;params.url`; a name with other characters than letters, digits, `_` and `-` stands in backticks
        "#]],
    );
    refused(
        &["ls", "pages", "--sort", "scrape.sze"],
        &expect![[r#"
        error: there is no column `scrape.sze`; did you mean `scrape.size`?
    "#]],
    );
    refused(
        &["ls", "pages", "--sort", "key,scrape"],
        &expect![[r#"
        error: --sort: rows are sorted by one column
    "#]],
    );
    refused(
        &["export", "pages", "--format", "csv", "--explode", "prase"],
        &expect![[r#"
            error: there is no column `prase`; did you mean `parse`?
        "#]],
    );
    refused(
        &[
            "export",
            "pages",
            "--format",
            "csv",
            "--explode",
            "parse,key",
        ],
        &expect![[r#"
            error: --explode: one column is expected
        "#]],
    );
    refused(
        &["reset", "pages", "--executor", "prase"],
        &expect![[r#"
        error: no task has run an executor `prase`; there are `scrape`, `parse`; did you mean `parse`?
    "#]],
    );
    refused(
        &["show", "pages", "lmap"],
        &expect![[r#"
        error: pages has no task `lmap`; did you mean `lamp`?
    "#]],
    );
    refused(
        &["show", "pages", "zzz"],
        &expect![[r#"
        error: pages has no task `zzz`; `ls` lists those that there are
    "#]],
    );
    refused(
        &["export", "pages"],
        &expect![[r#"
        error: say by --format what to write: jsonl, csv, parquet or sqlite
    "#]],
    );
}

#[test]
fn a_column_that_few_tasks_have_is_found() {
    let many: Vec<(String, String)> = (0..3000)
        .map(|n| {
            let rare = if n == 2987 {
                r#", "extra": {"rare": 1}"#
            } else {
                ""
            };
            (
                format!("task-{n}"),
                format!(r#"{{"params": {{}}, "scrape_status": "SUCCESS"{rare}}}"#),
            )
        })
        .collect();
    let folder = folder(&many);
    let found = scrapeflow(
        folder.path(),
        &[
            "ls",
            "pages",
            "--where",
            "extra.rare = 1",
            "--columns",
            "key",
        ],
    )
    .well();
    assert_eq!(found, "key\ntask-2987\n");
    let said = scrapeflow(folder.path(), &["ls", "pages", "--where", "extra.rear = 1"]);
    assert!(
        said.err.contains("did you mean `extra.rare`?"),
        "{}",
        said.err
    );
}
