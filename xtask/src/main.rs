//! The workspace's own commands.
//!
//!     cargo xtask test     installs what the tests need where it is missing, then runs all of them
//!     cargo xtask expand   prints what the macros generate in an example

mod expand;
mod install;
mod project;
mod readers;
mod test;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask test | expand [EXAMPLE]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["test"] => test::test(),
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
