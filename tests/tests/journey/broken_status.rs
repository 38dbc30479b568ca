//! A status that cannot be read is reported by name with what is wrong, and left untouched byte for byte. Its
//! task isn't run, all others are, and then the run ends in an error that holds the report. A plan says the
//! same.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};
use scrapeflow::prelude::*;
use scrapeflow::store::DirStore;
use scrapeflow::{RunErrorKind, summary};
use scrapeflow_tests::Sandbox;
use serde_json::json;

#[executor]
async fn visit(key: Key) -> Result<String> {
    Ok(key.to_string())
}

workflow! { Visits = visit; }

fn path(sandbox: &Sandbox) -> PathBuf {
    sandbox.dir().join("broken.status.json")
}

fn run(sandbox: &Sandbox) -> Run<Visits> {
    Visits::in_dir(sandbox.dir()).progress(Progress::Off)
}

/// The task `broken`, whose status `make` puts at the path that it gets, among two others, one of them new.
async fn check(make: impl FnOnce(&Path), expected: Expect) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("known.status.json", "{}");
    make(&path(&sandbox));
    let before = look(&path(&sandbox));

    let plan = run(&sandbox).plan().await.unwrap();
    let planned = plan
        .tasks
        .iter()
        .find(|task| task.key.as_str() == "broken")
        .unwrap();
    let why = planned.broken.clone().unwrap();
    assert!(planned.steps.is_empty());

    let params = json!({"url": "http://a/"});
    let new = Tasks::from_pairs([("broken", &params), ("new", &params)]).unwrap();
    for tasks in [
        Tasks::stored(),
        Tasks::from_keys(["broken", "known"]).unwrap(),
        new,
    ] {
        let error = run(&sandbox).tasks(tasks).run().await.unwrap_err();
        assert_eq!((error.kind(), error.exit_code()), (RunErrorKind::Broken, 3));
        let report = error.report().unwrap();
        assert_eq!((report.count(Outcome::Broken), report.done()), (1, 1));
        let [(key, reported)] = &report.broken[..] else {
            panic!("one is reported");
        };
        assert_eq!((key.as_str(), reported), ("broken", &why));
        assert_eq!(look(&path(&sandbox)), before, "left untouched");
        for said in [error.to_string(), report.to_string()] {
            assert!(said.contains(&why) && said.contains("broken"), "{said}");
        }
    }
    for others in ["known", "new"] {
        assert_eq!(sandbox.status(others)["visit_status"], "SUCCESS");
    }
    expected.assert_eq(&why.replace(sandbox.dir().to_str().unwrap(), "DIR"));
    sandbox
}

/// All that can be seen of a file: what it is, what it links to, when it changed, what is in it.
fn look(path: &Path) -> impl PartialEq + std::fmt::Debug + use<> {
    let meta = fs::symlink_metadata(path).unwrap();
    let times = (meta.modified().unwrap(), meta.permissions().mode());
    (times, fs::read_link(path).ok(), fs::read(path).ok())
}

#[tokio::test]
async fn files_that_are_no_json_object() {
    let cases: [(&[u8], Expect); 9] = [
        (b"", expect!["its status is no JSON object: empty"]),
        (
            b"{\n  \"name\": \"broken\",\n  \"params\": {\"url\": \"htt",
            expect![
                "its status is no JSON object: cut off inside a string at line 3, column 25 (byte 46)"
            ],
        ),
        (
            b"{\"name\": \"broken\",",
            expect![
                "its status is no JSON object: cut off inside an object at line 1, column 19 (byte 18)"
            ],
        ),
        (
            b"[{\"name\": \"broken\"}]",
            expect![
                "its status is no JSON object: expected an object, found an array at line 1, column 1 (byte 0)"
            ],
        ),
        (
            b"null",
            expect![
                "its status is no JSON object: expected an object, found null at line 1, column 1 (byte 0)"
            ],
        ),
        (
            b"{\"name\": 'broken'}",
            expect!["its status is no JSON object: expected a value at line 1, column 10 (byte 9)"],
        ),
        (
            b"{} {}",
            expect![
                "its status is no JSON object: expected the end of the text at line 1, column 4 (byte 3)"
            ],
        ),
        (
            b"\xef\xbb\xbf{}",
            expect!["its status is no JSON object: starts with a byte order mark (U+FEFF)"],
        ),
        (
            b"{\"name\": \"br\xf6ken\"}",
            expect!["its status is not UTF-8: invalid utf-8 sequence of 1 bytes from index 12"],
        ),
    ];
    for (content, expected) in cases {
        let sandbox = check(|path| fs::write(path, content).unwrap(), expected).await;
        let summary = summary::of(&DirStore::new(sandbox.dir())).await.unwrap();
        assert_eq!(summary.broken.len(), 1, "the summary names it too");
    }
    let utf16: Vec<u8> = "\u{feff}{}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    check(
        |path| fs::write(path, utf16).unwrap(),
        expect!["its status is not UTF-8: invalid utf-8 sequence of 1 bytes from index 0"],
    )
    .await;
    check(
        |path| fs::write(path, [0; 512]).unwrap(),
        expect!["its status is no JSON object: expected a value at line 1, column 1 (byte 0)"],
    )
    .await;
}

#[tokio::test]
async fn one_of_our_fields_twice() {
    for (content, expected) in [
        (
            r#"{"params": {"a": 1}, "params": {"a": 1}}"#,
            expect!["its status has the field `params` twice; remove one of them"],
        ),
        (
            r#"{"visit": 1, "x": 0, "x": 0, "\u0076isit": 2}"#,
            expect!["its status has the field `visit` twice; remove one of them"],
        ),
        (
            r#"{"visit_status": NaN, "visit_status": "SUCCESS"}"#,
            expect!["its status has the field `visit_status` twice; remove one of them"],
        ),
    ] {
        check(|path| fs::write(path, content).unwrap(), expected).await;
    }
}

#[tokio::test]
async fn what_is_there_is_no_readable_file() {
    check(
        |path| fs::create_dir(path).unwrap(),
        expect!["DIR/broken.status.json is a directory where a status file should be"],
    )
    .await;
    check(
        |path| symlink("nowhere", path).unwrap(),
        expect!["cannot read DIR/broken.status.json: it is a link, which may lead anywhere; move it away"],
    )
    .await;
}

#[tokio::test]
async fn a_file_that_may_not_be_read() {
    let sandbox = Sandbox::new();
    let make = |path: &Path| {
        fs::write(path, "{}").unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o000)).unwrap();
    };
    sandbox.write("known.status.json", "{}");
    make(&path(&sandbox));
    if fs::read(path(&sandbox)).is_ok() {
        // Not by `eprintln!`, which the test harness keeps to itself.
        let told = b"a_file_that_may_not_be_read: not run, since this user may read every file\n";
        std::io::stderr().write_all(told).unwrap();
        return;
    }
    check(
        make,
        expect!["cannot read DIR/broken.status.json: Permission denied (os error 13)"],
    )
    .await;
}

#[tokio::test]
async fn an_error_names_some_and_counts_all() {
    let sandbox = Sandbox::new();
    for nth in 0..5 {
        sandbox.write(&format!("{nth}.status.json"), "");
    }
    let keys = Tasks::from_keys(["0", "1", "2", "3", "4"]).unwrap();
    let all = run(&sandbox)
        .tasks(keys)
        .max_parallelism(1)
        .run()
        .await
        .unwrap_err();
    let keys = Tasks::from_keys(["4"]).unwrap();
    let one = run(&sandbox).tasks(keys).run().await.unwrap_err();
    let told = format!("{all}\n{one}\n").replace(sandbox.dir().to_str().unwrap(), "DIR");
    expect![[r#"
        5 statuses in DIR cannot be read and were left untouched; `0`: its status is no JSON object: empty; `1`: its status is no JSON object: empty; `2`: its status is no JSON object: empty; …; mend or delete them
        1 status in DIR cannot be read and was left untouched; `4`: its status is no JSON object: empty; mend or delete them
    "#]].assert_eq(&told);
    assert_eq!(all.report().unwrap().broken.len(), 5);
}
