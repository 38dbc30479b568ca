//! `cargo xtask minimal-versions`: the library builds with the oldest versions of its dependencies that it says are enough, and
//! so do the fuzz targets.
//!
//! In a copy of its own, without what only its tests need: those may have newer ones. The fuzz targets come along since they build
//! all anew anyway, for `cfg(fuzzing)`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{root, run};

/// The crates that are published, and the fuzz targets.
const MEMBERS: [&str; 3] = ["scrapeflow", "scrapeflow-macros", "fuzz"];

pub(crate) fn minimal_versions() -> Result<(), String> {
    let place = root().join("target/minimal");
    let built = place.join("target");
    copy(&place).map_err(|error| format!("cannot copy to {}: {error}", place.display()))?;
    // Only the resolver is asked for what isn't stable.
    run(Command::new(env!("CARGO"))
        .current_dir(&place)
        .args(["update", "-Z", "direct-minimal-versions"])
        .env("RUSTC_BOOTSTRAP", "1"))?;
    run(Command::new(env!("CARGO"))
        .current_dir(&place)
        .args(["check", "--locked", "--workspace", "--all-features"])
        .env("RUSTFLAGS", "--cfg fuzzing")
        .env("CARGO_TARGET_DIR", built))
}

/// All but what was built there the last time.
fn copy(place: &Path) -> std::io::Result<()> {
    fs::create_dir_all(place)?;
    let workspace = fs::read_to_string(root().join("Cargo.toml"))?;
    let lines = workspace.lines().map(|line| {
        if line.starts_with("members = [") {
            format!("members = {MEMBERS:?}\n")
        } else {
            format!("{line}\n")
        }
    });
    fs::write(place.join("Cargo.toml"), lines.collect::<String>())?;
    fs::copy(root().join("README.md"), place.join("README.md"))?;
    for member in MEMBERS {
        let copied = place.join(member);
        if copied.exists() {
            fs::remove_dir_all(&copied)?;
        }
        copy_folder(&root().join(member), &copied)?;
        let manifest = copied.join("Cargo.toml");
        let text = fs::read_to_string(&manifest)?;
        // It is a member here.
        let text = without(&without(&text, "[dev-dependencies]"), "[workspace]");
        fs::write(manifest, text)?;
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// A manifest without one of its tables.
fn without(manifest: &str, table: &str) -> String {
    let mut inside = false;
    let kept = manifest.lines().filter(|line| {
        if line.starts_with('[') {
            inside = *line == table;
        }
        !inside
    });
    kept.map(|line| format!("{line}\n")).collect()
}
