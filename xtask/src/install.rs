//! Debian packages that tests need, installed where they are missing.

use std::path::PathBuf;
use std::process::Command;

/// A program, and the package that brings it.
pub(crate) struct Needed {
    pub(crate) program: &'static str,
    pub(crate) package: &'static str,
    /// The service of that name in the package, which stays off: tests start programs themselves.
    pub(crate) service: Option<&'static str>,
}

/// Where daemons are, which isn't in everybody's `PATH`.
const DAEMONS: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Installs packages as root and starts no service of theirs, unless the machine has a policy of its own.
const INSTALL: &str = r#"
    set -e
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        trap 'exit 1' INT TERM
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    apt-get install -y -q "$@"
"#;

/// Installs the packages of programs that cannot be started; says what it does.
pub(crate) fn install(needed: &[Needed]) -> Result<(), String> {
    let missing: Vec<&Needed> = needed
        .iter()
        .filter(|needed| !is_there(needed.program))
        .collect();
    let names: Vec<&str> = missing.iter().map(|needed| needed.package).collect();
    packages(&names)?;
    // Nor are their services started with the machine.
    for service in missing.iter().filter_map(|needed| needed.service) {
        if !as_root(&["update-rc.d", service, "disable"]) {
            return Err(format!(
                "cannot disable the service {service}; disable it by hand"
            ));
        }
    }
    Ok(())
}

/// Installs packages; says what it does.
pub(crate) fn packages(packages: &[&str]) -> Result<(), String> {
    if packages.is_empty() {
        return Ok(());
    }
    let named = packages.join(" ");
    println!("xtask: the tests need {named}: installing by apt-get");
    if as_root(&[&["sh", "-c", INSTALL, "install"], packages].concat()) {
        Ok(())
    } else {
        Err(format!(
            "cannot install {named}; install them by hand and try again"
        ))
    }
}

/// Whether the command succeeds.
fn as_root(command: &[&str]) -> bool {
    let id = Command::new("id").arg("-u").output();
    let is_root = id.is_ok_and(|id| id.stdout == b"0\n");
    let words = if is_root {
        command.to_vec()
    } else {
        [&["sudo"], command].concat()
    };
    let status = Command::new(words[0]).args(&words[1..]).status();
    status.is_ok_and(|status| status.success())
}

fn is_there(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths)
        .chain(DAEMONS.map(PathBuf::from))
        .any(|path| path.join(program).is_file())
}
