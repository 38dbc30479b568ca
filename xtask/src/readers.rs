//! Programs of Python that read what we write: pandas with pyarrow, and warcio, in a folder of their own.

use std::path::Path;
use std::process::Command;

use crate::install::packages;

/// Where tests look for them.
const PLACE: &str = "target/readers";

/// Pinned, so that a new release elsewhere breaks nothing here.
const PACKAGES: [&str; 3] = ["pandas==3.1.1", "pyarrow==26.0.1", "warcio==1.8.1"];

/// Installs them where they are missing; says what it does.
pub(crate) fn install() -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace is above");
    let place = root.join(PLACE);
    let installed = place.join("installed");
    let wanted = PACKAGES.join("\n");
    if std::fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    println!(
        "xtask: the tests need {}: installing by pip into {PLACE}",
        PACKAGES.join(" and ")
    );
    // Debian has the one without the other.
    let has_pip = Command::new("python3")
        .args(["-c", "import ensurepip"])
        .output();
    if !has_pip.is_ok_and(|has_pip| has_pip.status.success()) {
        packages(&["python3-venv"])?;
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
    run(Command::new(place.join("bin/pip"))
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .args(PACKAGES))?;
    std::fs::write(&installed, wanted)
        .map_err(|error| format!("cannot write {}: {error}", installed.display()))
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?} failed: {status}")),
        Err(error) => Err(format!("cannot start {command:?}: {error}")),
    }
}
