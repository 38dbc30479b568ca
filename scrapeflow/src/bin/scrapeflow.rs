//! The command line; see [`scrapeflow::cli`](mod@scrapeflow::cli).

use std::process::ExitCode;

fn main() -> ExitCode {
    scrapeflow::cli::program()
}
