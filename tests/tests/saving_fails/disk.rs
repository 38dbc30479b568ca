//! Real failures to save: a limit of the size of files, a file system that is full, a folder that is gone.
//!
//! Limits belong to a process, so each of these tests runs itself again in one that is prepared for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use expect_test::expect;
use scrapeflow::prelude::*;
use scrapeflow::{RunError, RunErrorKind};
use scrapeflow_tests::{Mounts, Sandbox};
use serde_json::{Value, json};

const BIG: usize = 300_000;

#[derive(Debug, Serialize, Deserialize)]
struct Sizes {
    body: usize,
    output: usize,
}

#[executor]
async fn page(Params(sizes): Params<Sizes>, files: Files) -> Result<Saved> {
    files.save("page", "x".repeat(sizes.body)).await
}

#[executor]
async fn text(Params(sizes): Params<Sizes>, page: Body<page>) -> Result<String> {
    assert_eq!(page.bytes().len(), sizes.body);
    Ok("y".repeat(sizes.output))
}

workflow! { Pages = page -> text; }

fn run(dir: &Path, keys: &[&str]) -> Run<Pages> {
    let sizes = |key: &str| match key {
        "body" => json!({"body": BIG, "output": 1}),
        "status" => json!({"body": 1, "output": BIG}),
        _ => json!({"body": 1, "output": 1}),
    };
    let tasks = Tasks::from_pairs(keys.iter().map(|key| (key, sizes(key)))).unwrap();
    Pages::in_dir(dir)
        .tasks(tasks)
        .max_parallelism(1)
        .progress(Progress::Off)
}

async fn refused(dir: &Path, keys: &[&str]) -> RunError {
    let error = run(dir, keys).run().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.exit_code()),
        (RunErrorKind::Store, 3),
        "{error}"
    );
    error
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

const DIR: &str = "SCRAPEFLOW_TEST_DIR";

/// The directory of a test that runs in a process that was prepared for it.
fn prepared() -> Option<PathBuf> {
    std::env::var_os(DIR).map(PathBuf::from)
}

/// This test again in another process, which is prepared `by` another program that is given the command.
fn again(test: &str, dir: &Path, by: &[&str]) -> Output {
    Command::new(by[0])
        .args(&by[1..])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("disk::{test}"), "--nocapture"])
        .env(DIR, dir)
        .output()
        .unwrap()
}

fn assert_passed(output: &Output) {
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

#[tokio::test]
async fn files_that_grow_too_large() {
    if let Some(dir) = prepared() {
        let body = refused(&dir, &["a", "body", "b"]).await;
        let status = refused(&dir, &["a", "status", "b"]).await;
        let told = format!("{body}\n{status}\n").replace(dir.to_str().unwrap(), "DIR");
        expect![[r#"
            task `body`: cannot save DIR/body.page: File too large (os error 27)
            task `status`: cannot save DIR/status.status.json: File too large (os error 27)
        "#]]
        .assert_eq(&told);
        return;
    }
    let sandbox = Sandbox::new();
    // Who writes more than the limit is killed by a signal, unless that is ignored.
    let shell = r#"trap '' XFSZ; ulimit -f 100; exec "$@""#;
    let by = ["sh", "-c", shell, "sh"];
    let output = again("files_that_grow_too_large", sandbox.dir(), &by);
    assert_passed(&output);
    let files = [
        "a.page",
        "a.status.json",
        "status.page",
        "status.status.json",
    ];
    assert_eq!(
        sandbox.files(),
        files,
        "what was saved, and nothing of what was not"
    );
    assert_eq!(sandbox.status("a")["text_status"], "SUCCESS");
    let status = sandbox.status("status");
    assert_eq!(
        (&status["page_status"], &status["text_status"]),
        (&json!("SUCCESS"), &Value::Null)
    );
    assert_eq!(names(&sandbox.dir().join(".scrapeflow")), ["lock"]);

    let report = run(sandbox.dir(), &["a", "body", "status", "b"])
        .run()
        .await
        .unwrap();
    assert_eq!((report.done(), report.count(Outcome::Skipped)), (4, 1));
    assert_eq!(
        report.executors[0].skipped, 2,
        "what was saved of `status` stands"
    );
    assert_eq!(sandbox.read("body.page").len(), BIG);
}

#[tokio::test]
async fn a_full_file_system() {
    if let Some(dir) = prepared() {
        return fill(&dir.join("pages")).await;
    }
    let root = tempfile::tempdir().unwrap();
    let mounts = Mounts::new();
    let place = root.path().to_str().unwrap();
    mounts.mount(&["-t", "tmpfs", "-o", "size=256k", "none", place]);
    let enter = mounts.enter();
    let enter: Vec<&str> = enter.iter().map(String::as_str).collect();
    let output = again("a_full_file_system", root.path(), &enter);
    assert_passed(&output);
    assert!(
        names(root.path()).is_empty(),
        "it had a file system of its own"
    );
}

async fn fill(dir: &Path) {
    let report = run(dir, &["a"]).run().await.unwrap();
    assert_eq!(report.done(), 1);
    let before = (fs::read(dir.join("a.status.json")).unwrap(), names(dir));
    for (key, left) in [("body", 0), ("status", 2)] {
        let error = refused(dir, &["a", key, "b"]).await.to_string();
        let disk_full = "No space left on device (os error 28); make room; what was saved stays";
        assert!(
            error.starts_with(&format!("task `{key}`: cannot save {}", dir.display())),
            "{error}"
        );
        assert!(error.ends_with(disk_full), "{error}");
        assert_eq!(names(&dir.join(".scrapeflow")), ["lock"]);
        assert_eq!(
            names(dir).len(),
            before.1.len() + left,
            "{key}: {:?}",
            names(dir)
        );
        assert_eq!(fs::read(dir.join("a.status.json")).unwrap(), before.0);
    }
    // There is room again for what is small.
    let report = run(dir, &["a", "b"]).run().await.unwrap();
    assert_eq!((report.done(), report.count(Outcome::Skipped)), (2, 1));
}

/// Takes away the folder of temporary files while its task is at work.
#[executor]
async fn vandal(key: Key, context: Context) -> Result<String> {
    if key.as_str() == "bad" {
        fs::remove_dir_all(Path::new(&context.location()).join(".scrapeflow"))?;
    }
    Ok(key.to_string())
}

workflow! { Vandals = vandal; }

#[tokio::test]
async fn a_folder_that_goes_away() {
    let sandbox = Sandbox::new();
    let run = |keys: [&str; 3]| {
        let tasks = Tasks::from_pairs(keys.map(|key| (key, json!({})))).unwrap();
        Vandals::in_dir(sandbox.dir())
            .tasks(tasks)
            .max_parallelism(1)
            .progress(Progress::Off)
    };
    let error = run(["a", "bad", "b"]).run().await.unwrap_err();
    expect!["task `bad`: cannot save DIR/bad.status.json: No such file or directory (os error 2)"]
        .assert_eq(
            &error
                .to_string()
                .replace(sandbox.dir().to_str().unwrap(), "DIR"),
        );
    assert_eq!(sandbox.files(), ["a.status.json"]);
    let report = run(["a", "good", "b"]).run().await.unwrap();
    assert_eq!((report.done(), report.count(Outcome::Skipped)), (3, 1));
}
