//! `cargo xtask power-cut`: cuts the power of runs, recorded ones and such on loop devices, at thousands of moments; the test
//! `power_cut` does that at some every time.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::install::{Needed, install};
use crate::{root, run};

const NEEDED: [Needed; 5] = [
    Needed {
        program: "strace",
        package: "strace",
        service: None,
    },
    Needed {
        program: "unshare",
        package: "util-linux",
        service: None,
    },
    Needed {
        program: "mkfs.ext4",
        package: "e2fsprogs",
        service: None,
    },
    Needed {
        program: "mkfs.btrfs",
        package: "btrfs-progs",
        service: None,
    },
    Needed {
        program: "mkfs.xfs",
        package: "xfsprogs",
        service: None,
    },
];

/// How many states unless told.
const STATES: u64 = 2_000;

/// `[--states N] [--seed S]`; another seed each time unless one is named.
pub(crate) fn power_cut(words: &[&str]) -> Result<(), String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let (mut states, mut seed) = (STATES, now.map_or(0, |now| now.as_secs()));
    for pair in words.chunks(2) {
        let (place, number) = match pair {
            ["--states", number] => (&mut states, number),
            ["--seed", number] => (&mut seed, number),
            _ => return Err(format!("{pair:?} is neither --states N nor --seed S")),
        };
        *place = number
            .parse()
            .map_err(|_| format!("{number} is no number"))?;
    }
    install(&NEEDED)?;
    let test = [
        "test",
        "--workspace",
        "--test",
        "power_cut",
        "--",
        "--nocapture",
    ];
    let ended = run(Command::new(env!("CARGO"))
        .current_dir(root())
        .args(test)
        .env("SCRAPEFLOW_POWER_CUT_STATES", states.to_string())
        .env("SCRAPEFLOW_POWER_CUT_SEED", seed.to_string()));
    ended.map_err(|why| {
        format!("{why}; to repeat it: cargo xtask power-cut --states {states} --seed {seed}")
    })
}
