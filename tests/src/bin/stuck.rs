//! A workflow with a command line, whose executor goes on for ever: `stuck run DIR --from TASKS`, where a task's params name
//! the `file` that is written when it begins, and which thread it has.

use std::process::ExitCode;

use scrapeflow::prelude::*;

#[derive(Serialize, Deserialize)]
struct Begins {
    file: String,
    has: Thread,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Thread {
    /// Its own, which it never gives back.
    Its,
    /// One for what blocks.
    Blocking,
    /// That of a task that it left behind.
    Others,
}

#[executor]
async fn block(begins: Params<Begins>) -> Result<()> {
    let file = begins.file.clone();
    let begin = move || {
        std::fs::write(file, "").unwrap();
        loop {
            std::thread::park();
        }
    };
    match begins.has {
        Thread::Its => begin(),
        Thread::Blocking => drop(tokio::task::spawn_blocking(begin).await),
        Thread::Others => drop(tokio::spawn(async move { begin() }).await),
    }
    Ok(())
}

workflow! { Stuck = block; }

#[tokio::main]
async fn main() -> ExitCode {
    scrapeflow::cli::<Stuck>().main().await
}
