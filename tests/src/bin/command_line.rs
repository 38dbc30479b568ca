//! The program `scrapeflow`, in this package, whose tests then know where it is.

use std::process::ExitCode;

fn main() -> ExitCode {
    scrapeflow::cli::program()
}
