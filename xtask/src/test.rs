//! `cargo xtask test`: unit, integration, doc and compile-fail tests, and the replayed fuzz corpora, which
//! are ordinary tests of the crates; then a project that `scrapeflow new` makes.

use std::process::Command;

use crate::install::{Needed, install};
use crate::{project, readers};

/// `scrapeflow-tests` stops and kills processes of its own, scrapes a real web server, goes through real proxies, makes
/// networks of its own, looks at terminals, and has what it writes read by others.
const NEEDED: [Needed; 9] = [
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
        program: "sqlite3",
        package: "sqlite3",
        service: None,
    },
    Needed {
        program: "script",
        package: "bsdutils",
        service: None,
    },
    Needed {
        program: "python3",
        package: "python3",
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
    readers::install()?;
    cargo(&["test", "--workspace"])?;
    project::check()
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
