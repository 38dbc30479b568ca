//! `cargo xtask test`: unit, integration, doc and compile-fail tests, and the replayed fuzz corpora, which
//! are ordinary tests of the crates.

use std::process::Command;

use crate::install::{Needed, install};

/// `scrapeflow-tests` stops and kills processes of its own, scrapes a real web server, goes through real proxies, and makes
/// networks of its own.
const NEEDED: [Needed; 6] = [
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
    Needed {
        program: "tinyproxy",
        package: "tinyproxy-bin",
        service: None,
    },
    Needed {
        program: "microsocks",
        package: "microsocks",
        service: None,
    },
    Needed {
        program: "ip",
        package: "iproute2",
        service: None,
    },
    Needed {
        program: "unshare",
        package: "util-linux",
        service: None,
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
