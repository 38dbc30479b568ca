//! `cargo xtask test`: unit, integration, doc and compile-fail tests, and the replayed fuzz corpora, which
//! are ordinary tests of the crates; then a project that `scrapeflow new` makes.

use std::process::Command;

use crate::install::{Needed, install};
use crate::{project, python, root, run};

/// `scrapeflow-tests` stops and kills processes of its own, scrapes a real web server, goes through real proxies, makes
/// networks, disks and clocks of its own, looks at terminals, and has what it writes read by others.
pub(crate) const NEEDED: [Needed; 11] = [
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
    Needed {
        program: "strace",
        package: "strace",
        service: None,
    },
    Needed {
        program: "faketime",
        package: "faketime",
        service: None,
    },
    Needed {
        program: "mkfs.ext4",
        package: "e2fsprogs",
        service: None,
    },
];

/// What reads what we write: pandas with pyarrow, and warcio. Pinned, so that a new release elsewhere breaks nothing here.
const READERS: [&str; 3] = ["pandas==3.1.1", "pyarrow==26.0.1", "warcio==1.8.1"];

/// Of which `cargo test` alone lives through a tenth.
const WORLDS: &str = "1000";

pub(crate) fn test() -> Result<(), String> {
    install(&NEEDED)?;
    python::install(&root().join("target/readers"), &READERS)?;
    println!("xtask: cargo test --workspace, with {WORLDS} simulated worlds");
    let mut test = Command::new(env!("CARGO"));
    run(test
        .args(["test", "--workspace"])
        .env("SCRAPEFLOW_SEEDS", WORLDS))?;
    project::check()
}

pub(crate) fn cargo(arguments: &[&str]) -> Result<(), String> {
    println!("xtask: cargo {}", arguments.join(" "));
    run(Command::new(env!("CARGO")).args(arguments))
}
