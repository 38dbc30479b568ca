//! `cargo xtask torture`: kills runs, and makes them fail, at every single call by which they save; the test `torture` does
//! some of that every time.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::install::install;
use crate::test::NEEDED;
use crate::{root, run};

/// `[--kills N] [--seed S]`; every call once if no number is named.
pub(crate) fn torture(words: &[&str]) -> Result<(), String> {
    let (mut kills, mut seed) = ("every".to_owned(), String::new());
    for pair in words.chunks(2) {
        let (place, number) = match pair {
            ["--kills", number] => (&mut kills, number),
            ["--seed", number] => (&mut seed, number),
            _ => return Err(format!("{pair:?} is neither --kills N nor --seed S")),
        };
        number
            .parse::<u64>()
            .map_err(|_| format!("{number} is no number"))?;
        (*number).clone_into(place);
    }
    if seed.is_empty() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        seed = now.map_or(0, |now| now.as_secs()).to_string();
    }
    let needed = NEEDED.into_iter();
    let needed: Vec<_> = needed
        .filter(|needed| ["sqlite3", "strace"].contains(&needed.program))
        .collect();
    install(&needed)?;
    let ended = run(Command::new(env!("CARGO"))
        .current_dir(root())
        .args([
            "test",
            "--workspace",
            "--test",
            "torture",
            "--",
            "--nocapture",
        ])
        .env("SCRAPEFLOW_TORTURE_KILLS", &kills)
        .env("SCRAPEFLOW_TORTURE_SEED", &seed));
    let again = if kills == "every" {
        String::new()
    } else {
        format!(" --kills {kills}")
    };
    ended.map_err(|why| format!("{why}; to repeat it: cargo xtask torture{again} --seed {seed}"))
}
