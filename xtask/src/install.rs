//! Debian packages that tests need, installed where they are missing.

use std::process::Command;

/// A program, and the package that brings it.
pub(crate) struct Needed {
    pub(crate) program: &'static str,
    pub(crate) package: &'static str,
}

/// Installs the packages of programs that cannot be started; says what it does.
pub(crate) fn install(needed: &[Needed]) -> Result<(), String> {
    let missing: Vec<&str> = needed
        .iter()
        .filter(|needed| !is_there(needed.program))
        .map(|needed| needed.package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    println!("xtask: the tests need {packages}: installing by apt-get");
    let root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|id| id.stdout == b"0\n");
    for arguments in [
        vec!["update", "-q"],
        [vec!["install", "-y", "-q"], missing].concat(),
    ] {
        let mut command = if root {
            Command::new("apt-get")
        } else {
            let mut sudo = Command::new("sudo");
            sudo.arg("apt-get");
            sudo
        };
        let installed = command
            .args(&arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .status();
        if !installed.is_ok_and(|status| status.success()) {
            return Err(format!(
                "cannot install {packages}; install them by hand and try again"
            ));
        }
    }
    Ok(())
}

fn is_there(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|path| path.join(program).is_file())
}
