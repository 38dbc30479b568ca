//! Mistakes in executors and workflows: each file of `fail` makes one, and gives one error.
//!
//! `TRYBUILD=overwrite cargo test -p scrapeflow-ui` writes what rustc says anew;
//! read the difference.

use std::fs;
use std::path::PathBuf;

#[test]
fn one_mistake_is_one_error_where_it_is_made() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("fail/*.rs");
    // Dropped, it compiles them.
    drop(cases);
    for mistake in mistakes() {
        let said = fs::read_to_string(mistake.with_extension("stderr")).unwrap();
        let lines = said.lines().filter(|line| line.starts_with("error"));
        let errors = lines.filter(|line| !line.contains("aborting due to"));
        assert_eq!(errors.count(), 1, "{} gives:\n{said}", mistake.display());
    }
}

fn mistakes() -> Vec<PathBuf> {
    let files = fs::read_dir("fail").unwrap();
    let mut mistakes: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    mistakes.retain(|file| file.extension().is_some_and(|ending| ending == "rs"));
    assert!(!mistakes.is_empty());
    mistakes
}
