//! `cargo xtask planted`: bugs that are planted one at a time, each of which a test has to find.
//!
//! A bug is a patch in `tests/planted`, under a line `Found by: ` with the words after `cargo test` that find it. It goes into a
//! copy of the tree, which is built beside the tree's own. A bug that doesn't compile counts as not found.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use crate::install::{Needed, install};
use crate::root;

const PATCH: Needed = Needed {
    program: "patch",
    package: "patch",
    service: None,
};

/// One bug.
struct Bug {
    name: String,
    patch: PathBuf,
    /// What it is, in one line.
    what: String,
    /// After `cargo test`.
    found_by: Vec<String>,
}

/// Plants those named, or all.
pub(crate) fn planted(names: &[&str]) -> Result<(), String> {
    install(&[PATCH])?;
    let bugs = bugs(names)?;
    let tree = root().join("target/planted");
    copy(&tree)?;
    let mut tests: Vec<&[String]> = bugs.iter().map(|bug| &bug.found_by[..]).collect();
    tests.sort_unstable();
    tests.dedup();
    for test in tests {
        if let Ok(by) = is_found(&tree, test) {
            return Err(format!("{by} fails without any of them"));
        }
    }
    let mut unfound = Vec::new();
    for bug in &bugs {
        let began = Instant::now();
        apply(&tree, bug, false)?;
        let found = is_found(&tree, &bug.found_by);
        apply(&tree, bug, true)?;
        let said = match &found {
            Ok(by) => format!("found by {by}"),
            Err(why) => format!("NOT FOUND: {why}"),
        };
        println!(
            "{}: {} ({:.0} s)\n    {said}",
            bug.name,
            bug.what,
            began.elapsed().as_secs_f64()
        );
        if found.is_err() {
            unfound.push(bug.name.as_str());
        }
    }
    let found = bugs.len() - unfound.len();
    println!("{found} of {} planted bugs were found", bugs.len());
    if unfound.is_empty() {
        Ok(())
    } else {
        Err(format!("no test finds {}", unfound.join(", ")))
    }
}

fn bugs(names: &[&str]) -> Result<Vec<Bug>, String> {
    let folder = root().join("tests/planted");
    let entries =
        fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut patches: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    patches.sort();
    let mut bugs = Vec::new();
    for patch in patches {
        let name = patch
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !names.is_empty() && !names.contains(&name.as_str()) {
            continue;
        }
        let text =
            fs::read_to_string(&patch).map_err(|error| format!("{}: {error}", patch.display()))?;
        let found_by = text
            .lines()
            .find_map(|line| line.strip_prefix("Found by: "));
        let found_by = found_by.ok_or_else(|| format!("{name} has no line `Found by: `"))?;
        bugs.push(Bug {
            what: text.lines().next().unwrap_or_default().to_owned(),
            found_by: found_by.split(' ').map(str::to_owned).collect(),
            name,
            patch,
        });
    }
    match names
        .iter()
        .find(|name| !bugs.iter().any(|bug| bug.name == **name))
    {
        Some(unknown) => Err(format!("there is no planted bug `{unknown}`")),
        None if bugs.is_empty() => Err(format!("no bugs in {}", folder.display())),
        None => Ok(bugs),
    }
}

/// The tree as it is, what isn't committed included. What hasn't changed stays, so that it isn't built anew.
fn copy(tree: &Path) -> Result<(), String> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .map_err(|error| format!("cannot start git: {error}"))?;
    let files = String::from_utf8_lossy(&listed.stdout);
    for file in files.lines() {
        let (from, to) = (root().join(file), tree.join(file));
        let Ok(bytes) = fs::read(&from) else {
            // Removed, and not yet from the index.
            let _ = fs::remove_file(&to);
            continue;
        };
        if fs::read(&to).is_ok_and(|there| there == bytes) {
            continue;
        }
        let made =
            fs::create_dir_all(to.parent().unwrap_or(tree)).and_then(|()| fs::write(&to, bytes));
        made.map_err(|error| format!("cannot write {}: {error}", to.display()))?;
    }
    Ok(())
}

fn apply(tree: &Path, bug: &Bug, back: bool) -> Result<(), String> {
    let mut patch = Command::new("patch");
    patch
        .args(["--strip=1", "--silent", "--input"])
        .arg(&bug.patch);
    if back {
        patch.arg("--reverse");
    }
    let said = quietly(patch.current_dir(tree))?;
    if said.status.success() {
        return Ok(());
    }
    Err(format!(
        "{} does not apply; make it anew: {}",
        bug.name,
        String::from_utf8_lossy(&said.stdout)
    ))
}

/// Which test found it, or why none did.
fn is_found(tree: &Path, by: &[String]) -> Result<String, String> {
    let test = |more: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.arg("test").args(by).args(more).current_dir(tree);
        // What makes tests longer, or others.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SCRAPEFLOW_")) {
            cargo.env_remove(name);
        }
        // The crates of others are built already.
        cargo.env("CARGO_TARGET_DIR", root().join("target"));
        quietly(&mut cargo)
    };
    let built = test(&["--no-run"])?;
    if !built.status.success() {
        return Err(format!(
            "it does not compile:\n{}",
            String::from_utf8_lossy(&built.stderr)
        ));
    }
    let tested = test(&[])?;
    let said = String::from_utf8_lossy(&tested.stdout);
    let failed = said
        .lines()
        .find_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    match failed {
        Some(by) => Ok(by.to_owned()),
        None if tested.status.success() => Err("all tests pass".to_owned()),
        None => Err(format!("no test failed, but {}", tested.status)),
    }
}

fn quietly(command: &mut Command) -> Result<Output, String> {
    let output = command.stdin(Stdio::null()).output();
    output.map_err(|error| format!("cannot start {command:?}: {error}"))
}
