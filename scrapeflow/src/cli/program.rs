//! The program `scrapeflow`, for those who have written no workflow.

use std::process::ExitCode;

use super::{exit, line, out};
use crate::ready::scrape;
use crate::workflow;

workflow! {
    /// Pages, and nothing made of them.
    pub(super) Pages = scrape;
}

/// What the program does with what was said to the process.
pub fn program() -> ExitCode {
    let said = line::program(std::env::args_os());
    let said = match said {
        Ok(said) => said,
        Err(code) => return code,
    };
    // Only now: help and errors need no threads.
    match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => {
            let code = runtime.block_on(said.run());
            // Whatever still reads a file that never ends isn't waited for.
            runtime.shutdown_background();
            code
        }
        Err(error) => {
            out::error(&format!("cannot start threads: {error}"));
            ExitCode::from(exit::STORE)
        }
    }
}
