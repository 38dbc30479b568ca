//! A workflow's own command line: `run` and `plan` with the names of its executors, and exit codes that tell.

use std::fs;
use std::path::Path;

use scrapeflow_tests::{Answer, Site};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Said, books, books_program, program, scrapeflow};

/// A site with pages of books; 404, a page without any, and one that panics beside them.
fn site() -> Site {
    let site = Site::start();
    for (path, books) in [
        ("/a", "<li>Emma, 8</li>"),
        ("/b", "<li>Walden, 9.95</li><li>Dracula, 7.5</li>"),
        ("/none", ""),
        ("/panic", "PANIC"),
    ] {
        site.route(path, move |_| Answer::html(format!("<ul>{books}</ul>")));
    }
    site
}

/// A folder with tasks, a path each, keyed by it.
fn tasks(site: &Site, paths: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let lines = paths
        .iter()
        .map(|path| format!("{path},{}\n", site.url(&format!("/{path}"))));
    fs::write(
        folder.path().join("tasks.csv"),
        format!("key,url\n{}", lines.collect::<String>()),
    )
    .unwrap();
    folder
}

fn run(folder: &Path, more: &[&str]) -> Said {
    books(
        folder,
        &[
            &[
                "run",
                "pages",
                "--from",
                "tasks.csv",
                "--request-retries",
                "0",
            ],
            more,
        ]
        .concat(),
    )
}

#[test]
fn exit_codes_tell_how_a_run_ended() {
    let site = site();
    for (paths, more, code) in [
        (&["a", "b"][..], &[][..], 0),
        (&["a", "none"], &[], 1),
        (&["a", "status/404"], &[], 1),
        (&["a", "b", "none"], &["--fail-if", "failed>1"], 0),
        (&["a", "b", "none"], &["--fail-if", "failed>33%"], 1),
        (&["a", "b", "none"], &["--fail-if", "failed>34%"], 0),
        (&["a", "panic"], &[], 4),
        (&["a"], &["--fail-if", "5%"], 2),
        (&["a"], &["--max-age", "prase=7d"], 2),
        (&["a"], &["--pace", "fast"], 2),
        (&["a"], &["--header", "secret-value"], 2),
        (&["a"], &["--proxy", "http://ann:geheim@"], 2),
        (&["a"], &["--from", "missing.csv"], 2),
        (&["a"], &["--only", "prase"], 2),
        (&["a"], &["--nonsense"], 2),
    ] {
        let paths: Vec<String> = paths.iter().map(|path| path.replace('/', "%2F")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let folder = tasks(&site, &paths);
        let said = run(folder.path(), more);
        assert_eq!(
            said.code, code,
            "{paths:?} {more:?}: {}\n{}",
            said.out, said.err
        );
        assert_eq!(said.err.contains("error: "), code > 1, "{}", said.err);
        assert!(
            !said.err.contains("secret-value") && !said.err.contains("geheim"),
            "{}",
            said.err
        );
    }
    // The directory cannot be made.
    let folder = tasks(&site, &["a"]);
    fs::write(folder.path().join("pages"), "").unwrap();
    let said = run(folder.path(), &[]);
    assert_eq!(said.code, 3, "{}", said.err);
}

#[test]
fn a_plan_tells_what_a_run_then_does() {
    let site = site();
    let folder = tasks(&site, &["a", "b", "none"]);
    run(folder.path(), &[]);
    let plan = |more: &[&str]| -> Value {
        let said = books(
            folder.path(),
            &[&["plan", "pages", "--from", "tasks.csv", "--json"], more].concat(),
        );
        assert_eq!(said.code, 0, "{}", said.err);
        serde_json::from_str(&said.out).unwrap()
    };
    assert_eq!(
        plan(&[])["counts"],
        json!({"skip": {"scrape": 3, "parse": 2}, "run: failed before": {"parse": 1}})
    );
    let forced = plan(&["--force", "scrape", "--retry-failed", "none"]);
    assert_eq!(forced["counts"]["run: forced"], json!({"scrape": 3}));
    // What failed on the page as well.
    assert_eq!(forced["counts"]["if `scrape` changes"], json!({"parse": 3}));
    assert_eq!(forced["tasks"][0]["key"], json!("a"));
    assert_eq!(
        forced["tasks"][0]["steps"][1],
        json!({"if_changed": ["scrape"]})
    );
    let requests = site.requests().len();
    let table = books(
        folder.path(),
        &[
            "plan",
            "pages",
            "--from",
            "tasks.csv",
            "--force",
            "parse",
            "--limit",
            "1",
        ],
    );
    assert_eq!(
        table.out,
        "1 task       scrape  parse\nrun: forced       0      1\nskip              1      0\n\nkey\tscrape\tparse\na\tskip\trun: forced\n"
    );
    assert_eq!(site.requests().len(), requests, "a plan asks nobody");
    let said = run(
        folder.path(),
        &["--force", "parse", "--limit", "1", "--json"],
    );
    let report: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["executors"][1]["succeeded"], json!(1));
    assert_eq!(site.requests().len(), requests);
}

#[test]
fn the_programs_own_state_and_settings_count() {
    let site = site();
    let folder = tasks(&site, &["a"]);
    let marked = books_program(folder.path())
        .env("BOOKS_MARK", "* ")
        .args(["run", "pages", "--from", "tasks.csv"])
        .output();
    Said::from(marked.unwrap()).well();
    let shown = books(
        folder.path(),
        &["ls", "pages", "--columns", "parse.0.title"],
    )
    .well();
    assert_eq!(shown, "parse.0.title\n* Emma\n");
    assert_eq!(
        site.requests()[0].header("user-agent"),
        Some("books/1.0 (+https://books.example/bot)")
    );
    // What is said at the command line goes over it.
    run(folder.path(), &["--force-all", "--user-agent", "mine/2"]).well();
    assert_eq!(site.requests()[1].header("user-agent"), Some("mine/2"));
}

#[test]
fn what_the_program_says_of_its_runs_stands_unless_the_command_line_says_otherwise() {
    let site = site();
    let folder = tasks(&site, &["a", "none"]);
    assert_eq!(run(folder.path(), &[]).code, 1);
    let again = |more: &[&str]| {
        let said = books_program(folder.path())
            .env("BOOKS_RETRY_NONE", "")
            .args(["run", "pages"])
            .args(more)
            .output();
        Said::from(said.unwrap()).out
    };
    assert!(again(&[]).contains("not retried          1"));
    assert!(again(&["--retry-failed", "all"]).contains("failed               1"));
    let folder = tasks(&site, &["none", "none%3F2", "none%3F3", "a"]);
    let said = books_program(folder.path())
        .env("BOOKS_STOP_EARLY", "")
        .args(["run", "pages", "--from", "tasks.csv", "--parallelism", "1"])
        .output();
    let said = Said::from(said.unwrap());
    assert_eq!(said.code, 5, "{}{}", said.out, said.err);
}

#[test]
fn help_and_version_are_the_programs_own() {
    let folder = tempfile::tempdir().unwrap();
    let version = books(folder.path(), &["--version"]).well();
    assert_eq!(version, "books 1.2.3\n");
    for command in ["run", "plan", "ls", "export"] {
        let help = books(folder.path(), &[command, "--help"]).well();
        assert!(help.contains(&format!("\n  books {command} ")), "{help}");
        assert!(!help.contains("\n  scrapeflow "), "{help}");
    }
}

#[test]
fn what_it_left_is_looked_at_by_either_program() {
    let site = site();
    let folder = tasks(&site, &["a", "b"]);
    run(folder.path(), &[]).well();
    for command in [
        &["summary", "pages"][..],
        &["ls", "pages", "--sort", "key"],
        &["show", "pages", "a"],
        &[
            "export",
            "pages",
            "--format",
            "jsonl",
            "--columns",
            "key",
            "--where",
            "key = 'a'",
        ],
    ] {
        assert_eq!(
            books(folder.path(), command).well(),
            scrapeflow(folder.path(), command).well()
        );
    }
}

#[test]
fn names_of_executors_are_values_that_are_completed() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = books(folder.path(), &["completions", shell]).well();
        assert!(
            script.contains("scrape parse")
                || (script.contains("scrape\\t") && script.contains("parse\\t")),
            "{shell}"
        );
        assert!(script.contains("retry-failed"), "{shell}");
    }
    let said = books(folder.path(), &["reset", "pages", "--executor", "prase"]);
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("[possible values: scrape, parse]") && said.err.contains("'parse'"),
        "{}",
        said.err
    );
}

#[test]
fn tasks_come_from_arguments_files_and_standard_input() {
    let site = site();
    let folder = tasks(&site, &["a"]);
    let url = site.url("/b");
    fs::write(folder.path().join("urls.txt"), format!("{url}\n{url}?2\n")).unwrap();
    fs::write(
        folder.path().join("tasks.jsonl"),
        format!("{{\"key\": \"json\", \"url\": \"{url}?3\"}}\n"),
    )
    .unwrap();
    let said = scrapeflow(
        folder.path(),
        &[
            "scrape",
            "pages",
            &format!("{url}?4"),
            "--from",
            "tasks.csv",
            "--from",
            "urls.txt",
            "--from",
            "tasks.jsonl",
        ],
    );
    said.well();
    assert_eq!(
        scrapeflow(folder.path(), &["ls", "pages"])
            .well()
            .lines()
            .count(),
        6
    );
    for (format, text) in [
        ("txt", format!("{url}?5\n")),
        ("csv", format!("key,url\nfive,{url}?5\n")),
        ("jsonl", format!("{{\"url\": \"{url}?6\"}}\n")),
    ] {
        let file = folder.path().join("input");
        fs::write(&file, text).unwrap();
        let said = program(folder.path())
            .args(["scrape", format, "--from", "-", "--from-format", format])
            .stdin(fs::File::open(&file).unwrap())
            .output();
        Said::from(said.unwrap()).well();
        assert_eq!(
            scrapeflow(folder.path(), &["ls", format])
                .well()
                .lines()
                .count(),
            2,
            "{format}"
        );
    }
    // Without any it goes on with those that there are.
    let said = scrapeflow(folder.path(), &["scrape", "pages", "--force"]).well();
    assert!(said.contains("5 tasks"), "{said}");
    fs::write(
        folder.path().join("bad.csv"),
        format!("key,url\na,{url}\na,{url}?x\n"),
    )
    .unwrap();
    let said = scrapeflow(folder.path(), &["scrape", "other", "--from", "bad.csv"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("bad.csv"), "{}", said.err);
}
