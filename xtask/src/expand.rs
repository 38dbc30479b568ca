//! `cargo xtask expand`: what the macros generate, as rustc prints it.

use std::process::Command;

use crate::root;

/// The pinned compiler prints expansions only to those who say that they know it to be unstable.
pub(crate) fn expand(example: &str) -> Result<(), String> {
    let heavy = root().join("examples/heavy").join(example);
    let package = if heavy.with_extension("rs").exists() {
        "scrapeflow-heavy-examples"
    } else {
        "scrapeflow-examples"
    };
    let arguments = ["rustc", "-q", "-p", package, "--example", example];
    let status = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--profile", "check", "--", "-Zunpretty=expanded"])
        .env("RUSTC_BOOTSTRAP", "1")
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("cannot expand the example `{example}`")),
    }
}
