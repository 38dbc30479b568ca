//! What is there already is not replaced unasked, and a file is complete or absent.

use std::fs;

use crate::{folder, scrapeflow};

const STATUS: (&str, &str) = (
    "lamp",
    r#"{"params": {}, "parse": 1, "parse_status": "SUCCESS"}"#,
);

/// What is in a folder, but the directory of statuses.
fn names(folder: &std::path::Path) -> Vec<String> {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name != "pages").collect();
    names.sort();
    names
}

#[test]
fn an_export_replaces_a_file_only_by_force() {
    let folder = folder(&[STATUS]);
    let file = folder.path().join("x.data");
    for format in ["jsonl", "csv", "parquet", "sqlite"] {
        fs::write(&file, "mine").unwrap();
        let export = ["export", "pages", "-o", "x.data", "--format", format];
        let said = scrapeflow(folder.path(), &export);
        assert_eq!(said.code, 2, "{format}");
        assert_eq!(
            said.err,
            "error: cannot write x.data: it exists; --force replaces it\n"
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
        scrapeflow(folder.path(), &[&export[..], &["--force"]].concat()).well();
        assert_ne!(fs::read(&file).unwrap(), b"mine", "{format}");
        assert_eq!(names(folder.path()), ["x.data"]);
    }
}

#[test]
fn an_export_that_fails_leaves_nothing() {
    let folder = folder(&[STATUS]);
    let said = scrapeflow(folder.path(), &["export", "pages", "-o", "missing/x.csv"]);
    assert_eq!(said.code, 3);
    assert!(
        said.err.contains("cannot write missing/x.csv: "),
        "{}",
        said.err
    );
    // More columns than SQLite has.
    let wide: Vec<String> = (0..10)
        .map(|part| {
            let members: Vec<String> = (0..250).map(|n| format!("\"n{n}\": {n}")).collect();
            format!("\"part{part}\": {{{}}}", members.join(", "))
        })
        .collect();
    fs::write(
        folder.path().join("pages/wide.status.json"),
        format!("{{{}}}", wide.join(", ")),
    )
    .unwrap();
    let said = scrapeflow(folder.path(), &["export", "pages", "-o", "x.sqlite"]);
    assert_eq!(said.code, 3);
    assert!(
        said.err
            .contains("at most 2000 columns, and there are 2504; choose some by --columns"),
        "{}",
        said.err
    );
    assert_eq!(names(folder.path()), Vec::<String>::new());
    // A device is written to, and never replaced.
    let said = scrapeflow(
        folder.path(),
        &[
            "export",
            "pages",
            "--format",
            "csv",
            "-o",
            "/dev/full",
            "--force",
        ],
    );
    assert_eq!(said.code, 3);
    assert!(
        said.err
            .contains("cannot write /dev/full: No space left on device"),
        "{}",
        said.err
    );
    assert!(!fs::metadata("/dev/full").unwrap().is_file());
    let said = scrapeflow(
        folder.path(),
        &[
            "export", "pages", "--format", "csv", "-o", "pages", "--force",
        ],
    );
    assert_eq!(
        (said.code, said.err.as_str()),
        (2, "error: cannot write pages: is a directory\n")
    );
}

#[test]
fn what_a_link_leads_to_is_replaced() {
    let folder = folder(&[STATUS]);
    fs::create_dir(folder.path().join("real")).unwrap();
    fs::write(folder.path().join("real/x.csv"), "mine").unwrap();
    std::os::unix::fs::symlink("real/x.csv", folder.path().join("x.csv")).unwrap();
    scrapeflow(
        folder.path(),
        &["export", "pages", "-o", "x.csv", "--force"],
    )
    .well();
    assert!(
        fs::symlink_metadata(folder.path().join("x.csv"))
            .unwrap()
            .is_symlink()
    );
    assert!(
        fs::read_to_string(folder.path().join("real/x.csv"))
            .unwrap()
            .starts_with("key,")
    );
}

#[test]
fn a_full_standard_output_is_an_error() {
    let folder = folder(&[STATUS]);
    for command in [
        &["export", "pages", "--format", "csv"][..],
        &["ls", "pages"],
        &["summary", "pages", "--json"],
    ] {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let said = crate::program(folder.path())
            .args(command)
            .stdout(full)
            .output()
            .unwrap();
        let said = crate::Said::from(said);
        assert_eq!(said.code, 3, "{command:?}");
        assert!(said.err.contains("No space left on device"), "{}", said.err);
    }
}

#[test]
fn a_project_is_made_in_a_new_place() {
    let folder = tempfile::tempdir().unwrap();
    scrapeflow(folder.path(), &["new", "quotes"]).well();
    let said = scrapeflow(folder.path(), &["new", "quotes"]);
    assert_eq!(
        (said.code, said.err.as_str()),
        (
            2,
            "error: quotes is there and not empty; choose another name\n"
        )
    );
    for name in ["2quotes", "quo tes", "serde", "..", "a/b/ü"] {
        let said = scrapeflow(folder.path(), &["new", name]);
        assert_eq!(said.code, 2, "{name}: {}", said.err);
    }
    for name in ["build", "examples"] {
        let said = scrapeflow(folder.path(), &["new", name]);
        assert_eq!(said.code, 2, "cargo has another use for it: {}", said.err);
    }
    fs::write(folder.path().join("file"), "").unwrap();
    let said = scrapeflow(folder.path(), &["new", "file/quotes"]);
    assert_eq!(said.code, 3, "{}", said.err);
    fs::remove_file(folder.path().join("file")).unwrap();
    scrapeflow(folder.path(), &["new", "quotes/inside/poems"]).well();
    fs::create_dir(folder.path().join("empty")).unwrap();
    scrapeflow(folder.path(), &["new", "empty"]).well();
    assert_eq!(names(folder.path()), ["empty", "quotes"]);
    let manifest = fs::read_to_string(folder.path().join("quotes/Cargo.toml")).unwrap();
    assert!(
        // A program that was built from a clone depends on that.
        manifest.contains("name = \"quotes\"") && manifest.contains("\nscrapeflow = { "),
        "{manifest}"
    );
    let said = scrapeflow(folder.path(), &["new", "other", "--path", "quotes"]);
    assert_eq!(
        (said.code, said.err.as_str()),
        (2, "error: --path: quotes is no clone of scrapeflow\n")
    );
}

#[test]
fn nothing_is_reset_while_a_run_has_the_directory() {
    let folder = folder(&[STATUS]);
    let pages = folder.path().join("pages");
    let before = fs::read(pages.join("lamp.status.json")).unwrap();
    let held = lock(&pages);
    let said = scrapeflow(folder.path(), &["reset", "pages", "--executor", "parse"]);
    assert_eq!(said.code, 3);
    assert!(said.err.contains("pages"), "{}", said.err);
    assert_eq!(fs::read(pages.join("lamp.status.json")).unwrap(), before);
    drop(held);
    scrapeflow(folder.path(), &["reset", "pages", "--executor", "parse"]).well();
    let now = fs::read_to_string(pages.join("lamp.status.json")).unwrap();
    assert!(
        !now.contains("parse_status") && now.contains("\"parse\": 1"),
        "{now}"
    );
}

/// Takes the directory as a run does.
fn lock(pages: &std::path::Path) -> scrapeflow::store::Lease {
    use scrapeflow::store::{DirStore, Store};
    let store = DirStore::new(pages);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime
        .block_on(store.begin(scrapeflow::Durability::default()))
        .unwrap()
}
