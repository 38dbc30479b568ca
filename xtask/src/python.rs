//! Programs of Python, in folders of their own.

use std::path::Path;
use std::process::Command;

use crate::install::packages;
use crate::run;

/// Installs these packages into an environment where they are missing; says what it does.
pub(crate) fn install(place: &Path, wanted: &[&str]) -> Result<(), String> {
    let installed = place.join("installed");
    if std::fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted.join("\n")) {
        return Ok(());
    }
    println!(
        "xtask: installing by pip into {}: {}",
        place.display(),
        wanted.join(" ")
    );
    // Debian has the one without the other.
    let has_pip = Command::new("python3")
        .args(["-c", "import ensurepip"])
        .output();
    if !has_pip.is_ok_and(|has_pip| has_pip.status.success()) {
        packages(&["python3-venv"])?;
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(place))?;
    let write = |path: &Path| {
        std::fs::write(path, wanted.join("\n"))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    };
    // In a file a package may come with the hashes that are asked for.
    let requirements = place.join("requirements.txt");
    write(&requirements)?;
    run(Command::new(place.join("bin/pip"))
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .arg("--requirement")
        .arg(&requirements))?;
    write(&installed)
}
