//! Every command takes an archive as it takes a directory.

use std::fs;
use std::path::Path;

use scrapeflow_tests::Site;

use crate::{Said, books, folder, scrapeflow};

#[test]
fn a_name_that_ends_with_sfa_makes_an_archive() {
    let site = Site::start();
    let dir = tempfile::tempdir().unwrap();
    let urls = [
        site.url("/page/1"),
        site.url("/page/2"),
        site.url("/status/404"),
    ];
    let scrape = |more: &[&str]| {
        let urls = urls.each_ref().map(String::as_str);
        let command = [&["scrape", "pages.sfa"], more, &urls[..]].concat();
        scrapeflow(dir.path(), &command)
    };
    assert_eq!(scrape(&["--request-retries", "0"]).code, 1);
    assert!(dir.path().join("pages.sfa/status.db").is_file());
    let again = scrape(&["--retry-failed", "none"]);
    assert!(
        again.out.contains("skipped              2"),
        "{}",
        again.out
    );
    let summary = scrapeflow(dir.path(), &["summary", "pages.sfa"]).well();
    assert!(
        summary.contains("ERROR RuntimeError::HTTP response 404              1"),
        "{summary}"
    );
    let errors = scrapeflow(dir.path(), &["errors", "pages.sfa", "--by", "status"]).well();
    assert_eq!(
        errors.lines().nth(1).map(|line| &line[..10]),
        Some("1      404")
    );
    let show = ["show", "pages.sfa", urls[0].as_str()];
    let shown = scrapeflow(dir.path(), &show).well();
    assert!(
        shown.contains(".scrape  ") && shown.contains("SUCCESS"),
        "{shown}"
    );
    let reset = ["reset", "pages.sfa", "--executor", "scrape"];
    let said = scrapeflow(dir.path(), &reset);
    assert_eq!(said.err, "`scrape` will run again on 3 tasks\n");
    let hits = site.total_hits();
    let again = scrapeflow(
        dir.path(),
        &["scrape", "pages.sfa", "--request-retries", "0"],
    );
    assert_eq!(
        (again.code, site.total_hits()),
        (1, hits + 3),
        "{}",
        again.out
    );
    // Where it is a directory of statuses already, it stays one; an empty folder is none.
    for (made, expected) in [(".scrapeflow", false), ("", true)] {
        let place = dir.path().join(format!("old{expected}.sfa"));
        fs::create_dir_all(place.join(made)).unwrap();
        let place = place.to_str().unwrap();
        scrapeflow(dir.path(), &["scrape", place, &urls[0]]).well();
        let archive = Path::new(place).join("status.db");
        assert_eq!(archive.exists(), expected, "{place}");
    }
    // An archive of which the database is gone is taken for nothing else.
    fs::remove_file(dir.path().join("pages.sfa/status.db")).unwrap();
    for command in [["summary", "pages.sfa"], ["scrape", "pages.sfa"]] {
        let said = scrapeflow(dir.path(), &command);
        assert!(
            said.code == 3
                && said
                    .err
                    .contains("pages-00001.warc.gz is there, and status.db isn't"),
            "{command:?}: {} {}",
            said.code,
            said.err
        );
    }
    let inside = scrapeflow(
        dir.path(),
        &["pack", "oldfalse.sfa", "oldfalse.sfa/in/it.sfa"],
    );
    assert_eq!(inside.code, 2, "{}", inside.err);
    assert!(
        inside
            .err
            .contains("is inside of oldfalse.sfa; choose another place"),
        "{}",
        inside.err
    );
}

#[test]
fn what_is_packed_says_the_same() {
    let statuses: Vec<(String, String)> = (0..700)
        .map(|n| {
            let ended = if n % 70 == 0 { "ERROR TimeoutError::" } else { "SUCCESS" };
            (
                format!("task-{n}"),
                format!(r#"{{"params": {{"url": "https://a.example/{n}"}}, "parse": [{{"n": {n}}}], "parse_status": "{ended}"}}"#),
            )
        })
        .collect();
    let folder = folder(&statuses);
    let said = scrapeflow(folder.path(), &["pack", "pages", "pages.sfa", "--plain"]);
    assert_eq!(
        (said.code, said.err.as_str()),
        (0, "packed 700 tasks and 0 files\n")
    );
    for command in [
        &["summary"][..],
        &["summary", "--json"],
        &["ls", "--failed", "--sort", "key"],
        &[
            "ls",
            "--where",
            "parse.0.n > 690",
            "--sort",
            "key",
            "--json",
        ],
        &["errors"],
        &["show", "task-5"],
        &["reset", "--executor", "parse", "--failed", "--dry-run"],
    ] {
        let on = |place: &str| {
            let (first, rest) = command.split_first().unwrap();
            let said = scrapeflow(folder.path(), &[&[*first, place], rest].concat());
            (said.code, said.out, said.err)
        };
        assert_eq!(on("pages"), on("pages.sfa"), "{command:?}");
    }
    let sorted = |said: Said| {
        let out = said.well();
        let mut lines: Vec<&str> = out.lines().collect();
        lines.sort_unstable();
        lines.join("\n")
    };
    let export = |place| {
        let export = ["export", place, "--format", "csv", "--explode", "parse"];
        sorted(scrapeflow(folder.path(), &export))
    };
    assert_eq!(export("pages"), export("pages.sfa"));
    // Also by a workflow of one's own.
    let own = books(folder.path(), &["ls", "pages.sfa", "--limit", "1"]).well();
    assert_eq!(own.lines().count(), 2);
    let said = scrapeflow(folder.path(), &["pack", "pages.sfa", "other.sfa"]);
    assert_eq!(
        (said.code, said.err.as_str()),
        (2, "error: pages.sfa is an archive already\n")
    );
    let said = scrapeflow(folder.path(), &["pack", "pages", "pages.sfa"]);
    assert!(
        said.err
            .contains("pages.sfa is there already; choose another place"),
        "{}",
        said.err
    );
    let said = scrapeflow(folder.path(), &["unpack", "pages", "other"]);
    assert_eq!(
        (said.code, said.err.as_str()),
        (2, "error: pages is no archive: it has no status.db\n")
    );
    assert_eq!(
        scrapeflow(folder.path(), &["unpack", "pages.sfa", "again"]).code,
        0
    );
    let again = fs::read_to_string(folder.path().join("again/task-9.status.json")).unwrap();
    assert_eq!(again, statuses[9].1);
}

#[test]
fn an_archive_that_cannot_be_read_is_named() {
    let folder = folder(&[("a", "{}")]);
    assert_eq!(
        scrapeflow(folder.path(), &["pack", "pages", "pages.sfa"]).code,
        0
    );
    fs::write(
        folder.path().join("pages.sfa/status.db"),
        "no database at all",
    )
    .unwrap();
    for command in ["summary", "ls", "errors"] {
        let said = scrapeflow(folder.path(), &[command, "pages.sfa"]);
        assert_eq!(said.code, 3, "{command}");
        assert!(
            said.err.contains("pages.sfa/status.db is damaged"),
            "{}",
            said.err
        );
    }
}
