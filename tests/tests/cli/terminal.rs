//! On a terminal: colour, tables that fit, a bar; and nothing that a page said can steer it.

use std::path::Path;
use std::process::Command;

use scrapeflow_tests::alone;

use crate::{folder, scrapeflow};

const HOSTILE: &str = r#"{"params": {"url": "https://a.example/\u001b[2J\u0007", "long": "x"}, "parse": {"title": "\u001b]0;owned\u0007\u009b31m\u202efdp\r\nError"}, "parse_status": "ERROR RuntimeError::\u001b[31mred"}"#;

/// What a program prints on a terminal of so many columns.
fn on_terminal(dir: &Path, columns: u16, environment: &str, arguments: &str) -> String {
    let program = env!("CARGO_BIN_EXE_command_line");
    let command = format!("stty cols {columns} rows 40; {environment} {program} {arguments}");
    let said = alone(Command::new("script"), dir)
        .env("TERM", "xterm-256color")
        .args(["-qec", &command, "/dev/null"])
        .output()
        .expect("script: `cargo xtask test` installs it");
    String::from_utf8(said.stdout)
        .expect("text")
        .replace("\r\n", "\n")
}

#[test]
fn heads_and_ends_are_styled_unless_nobody_wants_it() {
    let folder = folder(&[
        ("lamp", r#"{"parse": 1, "parse_status": "SUCCESS"}"#),
        ("vase", r#"{"parse_status": "ERROR x"}"#),
    ]);
    let shown = on_terminal(folder.path(), 80, "", "show pages lamp");
    assert!(
        shown.contains("\x1b[1mlamp\x1b[0m") && shown.contains("\x1b[32mSUCCESS\x1b[0m"),
        "{shown:?}"
    );
    let shown = on_terminal(folder.path(), 80, "", "show pages vase");
    assert!(shown.contains("\x1b[31mERROR x\x1b[0m"), "{shown:?}");
    let shown = on_terminal(folder.path(), 80, "", "ls pages --sort key");
    assert!(shown.starts_with("\x1b[1mkey"), "{shown:?}");
    for command in ["show pages vase", "ls pages", "summary pages", "ls missing"] {
        let shown = on_terminal(folder.path(), 80, "NO_COLOR=1", command);
        assert!(!shown.contains('\x1b'), "{command}: {shown:?}");
    }
    // Nor where it doesn't go to one.
    assert!(
        !scrapeflow(folder.path(), &["show", "pages", "vase"])
            .well()
            .contains('\x1b')
    );
}

#[test]
fn rows_fit_the_terminal() {
    let url = format!("https://a.example/{}", "long/".repeat(40));
    let status = format!(
        r#"{{"params": {{"url": "{url}"}}, "scrape_status": "SUCCESS", "parse_status": "ERROR RuntimeError::{}"}}"#,
        "why ".repeat(40)
    );
    let folder = folder(&[("lamp", &status), ("vase", &status)]);
    for columns in [40, 80, 120] {
        let shown = on_terminal(folder.path(), columns, "NO_COLOR=1", "ls pages");
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 3, "a line each: {shown}");
        for line in &lines {
            assert!(
                line.chars().count() <= usize::from(columns),
                "{columns}: {line}"
            );
        }
        assert!(lines[1].contains('…'), "what is cut is marked: {shown}");
        assert!(
            lines[1].contains("ERROR R"),
            "it is cut inside of words: {shown}"
        );
        let shown = on_terminal(folder.path(), columns, "NO_COLOR=1", "summary pages");
        assert!(
            shown
                .lines()
                .all(|line| line.chars().count() <= usize::from(columns)),
            "{shown}"
        );
    }
    // A pipe gets all of it.
    let piped = scrapeflow(folder.path(), &["ls", "pages"]).well();
    assert!(piped.contains(&url));
}

#[test]
fn what_a_page_said_steers_no_terminal() {
    let folder = folder(&[
        ("lamp", HOSTILE),
        (
            "l\u{202e}x\u{61c}",
            r#"{"parse_status": "ERROR RuntimeError::\u001b"}"#,
        ),
    ]);
    for command in [
        "show pages lamp",
        "show pages lamp --json",
        "ls pages --columns key,params.url,parse.title,parse_status",
        "ls pages --json --columns parse.title",
        "summary pages",
        "summary pages --json",
        "errors pages --by message",
        "errors pages --by message --json",
        "export pages --format jsonl",
        "export pages --format csv",
        "export pages --format csv --explode parse.title",
        "export pages --format sqlite",
        "export pages --format parquet",
        "show pages 'l\u{202e}'",
        "ls pages --where 'parse.title = \u{1b}'",
    ] {
        let shown = on_terminal(folder.path(), 200, "NO_COLOR=1", command);
        assert!(
            ["\\u{1b}", "\\u001b", "\\u{202e}", "error: "]
                .iter()
                .any(|spelled| shown.contains(spelled)),
            "{command}: {shown}"
        );
        let steering: Vec<char> = shown
            .chars()
            .filter(|c| (c.is_control() && *c != '\n') || matches!(*c, '\u{202e}' | '\u{61c}'))
            .collect();
        assert!(steering.is_empty(), "{command}: {steering:?} in {shown:?}");
    }
    // A table in a pipe is for eyes too; JSON there is what it is.
    for command in [
        &["ls", "pages", "--columns", "parse.title"][..],
        &["show", "pages", "lamp"],
        &["summary", "pages"],
    ] {
        let piped = scrapeflow(folder.path(), command).well();
        assert!(
            !piped.chars().any(|c| c.is_control() && c != '\n'),
            "{piped:?}"
        );
    }
    let json = scrapeflow(
        folder.path(),
        &[
            "ls",
            "pages",
            "--json",
            "--columns",
            "parse.title",
            "--where",
            "key = 'lamp'",
        ],
    )
    .well();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        json["parse.title"],
        "\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}fdp\r\nError"
    );
}

#[test]
fn columns_are_as_wide_as_the_first_rows_wherever_they_come() {
    let mut statuses: Vec<(String, &str)> = (0..2000)
        .map(|n| (format!("task-{n}"), r#"{"parse_status": "SUCCESS"}"#))
        .collect();
    statuses.push((
        "a-long-key-of-one-that-failed".to_owned(),
        r#"{"parse_status": "ERROR x"}"#,
    ));
    let folder = folder(&statuses);
    let shown = on_terminal(folder.path(), 80, "NO_COLOR=1", "ls pages --failed");
    assert_eq!(shown.lines().count(), 2, "{shown}");
    assert!(
        shown.contains("a-long-key-of-one-that-failed  ERROR x"),
        "{shown}"
    );
    let shown = on_terminal(folder.path(), 80, "NO_COLOR=1", "ls pages --where 1=0");
    assert_eq!(shown.lines().count(), 1, "{shown}");
}

#[test]
fn a_bar_is_for_terminals_and_not_for_the_quiet() {
    let site = scrapeflow_tests::Site::start();
    let folder = tempfile::tempdir().unwrap();
    let urls: Vec<String> = (0..3)
        .map(|n| site.url(&format!("/delay/300?{n}")))
        .collect();
    let scrape = |dir: &str| format!("scrape {dir} {}", urls.join(" "));
    let shown = on_terminal(folder.path(), 100, "", &scrape("one"));
    assert!(shown.contains("/3 tasks"), "{shown:?}");
    let shown = on_terminal(
        folder.path(),
        100,
        "",
        &format!("{} --quiet", scrape("two")),
    );
    assert!(
        !shown.contains("/3 tasks") && shown.contains("3 tasks in"),
        "{shown:?}"
    );
}
