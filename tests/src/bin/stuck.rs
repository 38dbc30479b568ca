//! A workflow with a command line, whose executor has its thread for ever: `stuck run DIR --from TASKS`, where a task's params name
//! the `file` that is written when it begins.

use std::process::ExitCode;

use scrapeflow::prelude::*;

#[derive(Serialize, Deserialize)]
struct Begins {
    file: String,
}

#[executor]
async fn block(begins: Params<Begins>) -> Result<()> {
    std::fs::write(&begins.file, "")?;
    loop {
        std::thread::park();
    }
}

workflow! { Stuck = block; }

#[tokio::main]
async fn main() -> ExitCode {
    scrapeflow::cli::<Stuck>().main().await
}
