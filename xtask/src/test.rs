//! `cargo xtask test`: unit, integration, doc and compile-fail tests, and the replayed fuzz corpora, which
//! are ordinary tests of the crates.

use std::process::Command;

use crate::install::{Needed, install};

/// `scrapeflow-tests` stops and kills processes of its own, and scrapes a real web server.
const NEEDED: [Needed; 2] = [
    Needed {
        program: "kill",
        package: "procps",
        service: None,
    },
    Needed {
        program: "nginx",
        package: "nginx",
        service: Some("nginx"),
    },
];

pub(crate) fn test() -> Result<(), String> {
    install(&NEEDED)?;
    cargo(&["test", "--workspace"])
}

pub(crate) fn cargo(arguments: &[&str]) -> Result<(), String> {
    println!("xtask: cargo {}", arguments.join(" "));
    let status = Command::new(env!("CARGO")).args(arguments).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo {} failed: {status}", arguments.join(" "))),
        Err(error) => Err(format!("cannot start cargo: {error}")),
    }
}
