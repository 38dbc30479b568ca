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
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|needed| needed.package).collect();
    let named = packages.join(" ");
    println!("xtask: the tests need {named}: installing by apt-get");
    let install = [&["sh", "-c", INSTALL, "install"], &packages[..]].concat();
    let services = missing.iter().filter_map(|needed| needed.service);
    // Nor are they started with the machine.
    let disable = services.map(|service| vec!["update-rc.d", service, "disable"]);
    for command in [install].into_iter().chain(disable) {
        if !as_root(&command) {
            return Err(format!(
                "cannot install {named}; install them by hand and try again"
            ));
        }
    }
    Ok(())
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
