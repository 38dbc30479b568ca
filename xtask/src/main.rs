//! The workspace's own commands.
//!
//!     cargo xtask test     installs what the tests need where it is missing, then runs all of them
//!     cargo xtask bench    installs what is measured beside scrapeflow, then measures
//!     cargo xtask expand   prints what the macros generate in an example

mod bench;
mod expand;
mod install;
mod project;
mod python;
mod test;

use std::path::Path;
use std::process::{Command, ExitCode};

const USAGE: &str = "usage: cargo xtask test | bench [--rounds N] | expand [EXAMPLE]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match &words[..] {
        ["test"] => test::test(),
        ["bench"] => bench::bench(None),
        ["bench", "--rounds", rounds] => bench::bench(Some(rounds)),
        ["expand"] => expand::expand("quickstart"),
        ["expand", example] => expand::expand(example),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace.
fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().expect("the workspace is above")
}

/// Runs a command that has to succeed.
fn run(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?} failed: {status}")),
        Err(error) => Err(format!("cannot start {command:?}: {error}")),
    }
}
