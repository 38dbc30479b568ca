//! The workspace's own commands.
//!
//!     cargo xtask test     installs what the tests need where it is missing, then runs all of them
//!     cargo xtask bench    installs what is measured beside scrapeflow, then measures
//!     cargo xtask fuzz     fuzzes everything that reads what others wrote, ten minutes each
//!     cargo xtask torture  kills runs, and makes them fail, at every single call by which they save
//!     cargo xtask power-cut  cuts the power of runs, recorded ones and such on loop devices, at thousands of moments
//!     cargo xtask planted  plants bugs, one at a time, which the tests have to find
//!     cargo xtask soak     runs over a million pages in an hour, and looks at what it holds
//!     cargo xtask deny     checks licences and sources of all that is built, or what is known of its vulnerabilities
//!     cargo xtask minimal-versions  builds the library with the oldest dependencies that it says are enough
//!     cargo xtask expand   prints what the macros generate in an example

mod bench;
mod deny;
mod expand;
mod fuzz;
mod install;
mod minimal;
mod planted;
mod power_cut;
mod project;
mod python;
mod soak;
mod test;
mod torture;

use std::path::Path;
use std::process::{Command, ExitCode};

const USAGE: &str = "usage: cargo xtask test | bench [--rounds N] | fuzz [--seconds N] [TARGET…] | torture [--kills N] [--seed S] | power-cut [--states N] [--seed S] | planted [BUG…] | soak [--tasks N] [--seconds S] | deny [--advisories] | minimal-versions | expand [EXAMPLE]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match &words[..] {
        ["test"] => test::test(),
        ["bench"] => bench::bench(None),
        ["bench", "--rounds", rounds] => bench::bench(Some(rounds)),
        ["fuzz", words @ ..] => fuzz::fuzz(words),
        ["torture", words @ ..] => torture::torture(words),
        ["power-cut", words @ ..] => power_cut::power_cut(words),
        ["planted", names @ ..] => planted::planted(names),
        ["soak", words @ ..] => soak::soak(words),
        ["deny"] => deny::deny(false),
        ["deny", "--advisories"] => deny::deny(true),
        ["minimal-versions"] => minimal::minimal_versions(),
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
