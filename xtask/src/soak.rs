//! `cargo xtask soak`: a million tasks in an hour, a tenth of them trouble, and a look at what the run holds meanwhile.

use std::process::Command;

use crate::run;

/// With `--tasks N` and `--seconds S`, others.
pub(crate) fn soak(words: &[&str]) -> Result<(), String> {
    let (mut tasks, mut seconds) = ("1000000", "3600");
    for pair in words.chunks(2) {
        match pair {
            ["--tasks", number] => tasks = number,
            ["--seconds", number] => seconds = number,
            _ => {
                return Err(format!(
                    "soak takes --tasks N and --seconds S, not {pair:?}"
                ));
            }
        }
    }
    println!("xtask: {tasks} tasks in {seconds} s");
    run(Command::new(env!("CARGO"))
        .args(["test", "--workspace", "--test", "soak", "--", "--nocapture"])
        .env("SCRAPEFLOW_SOAK_TASKS", tasks)
        .env("SCRAPEFLOW_SOAK_SECONDS", seconds))
}
