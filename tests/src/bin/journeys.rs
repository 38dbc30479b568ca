//! A run of three executors in a process of its own, for tests that kill or interrupt it:
//! `journeys URL DIR FIRST PAGES AT_ONCE [--archive] [--force] [--reread] [--power-cut | --batched] [--acknowledge] [--report]
//! [--one-thread] [--counted=ADDRESS]`.
//!
//! Scrapes the pages `URL<n>` from `FIRST` on under the keys `page-<n>`, so many of them at once. It prints
//! nothing unless asked to report: then a line `stopping` when it begins to stop, and its report as JSON; or asked to
//! acknowledge: then a line `page-<n> <how many executors>` whenever so many of a task's are done and saved. With
//! the address of the tests' site, `parse` and `count` ask it for `/ran?parse=page-<n>` and the like when they begin.

use std::net::SocketAddr;
use std::process::ExitCode;

use scrapeflow::prelude::*;
use scrapeflow::ready::{ScrapeParams, scrape};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;

/// The site that counts how often executors run that ask it for nothing else.
struct Counted(Option<SocketAddr>);

impl Counted {
    async fn ran(&self, executor: &str, key: &Key) -> Result<()> {
        let Some(site) = self.0 else { return Ok(()) };
        let mut stream = TcpStream::connect(site).await?;
        let request = format!("GET /ran?{executor}={key} HTTP/1.1\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        stream.read_to_end(&mut Vec::new()).await?;
        Ok(())
    }
}

/// The words of the page's first line.
#[executor]
async fn parse(key: Key, page: Body<scrape>, counted: State<Counted>) -> Result<Vec<String>> {
    counted.ran("parse", &key).await?;
    let text = page.text();
    let line = text.lines().next().recorded("the page is empty")?;
    Ok(line.split(' ').map(str::to_owned).collect())
}

#[executor]
async fn count(key: Key, words: Output<parse>, counted: State<Counted>) -> Result<usize> {
    counted.ran("count", &key).await?;
    Ok(words.len())
}

workflow! { Journeys = scrape -> parse -> count; }

/// In the order in which a task goes through them.
const EXECUTORS: [&str; 3] = ["scrape", "parse", "count"];

/// How long saves wait for the others of their batch, where they are synced in batches.
const WINDOW: Duration = Duration::from_millis(20);

/// Longer than any test: what ends before is what was told to.
const GRACE: Duration = Duration::from_secs(3600);

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (options, arguments): (Vec<&str>, Vec<&str>) = arguments
        .iter()
        .map(String::as_str)
        .partition(|argument| argument.starts_with("--"));
    let mut runtime = Builder::new_multi_thread();
    if options.contains(&"--one-thread") {
        runtime = Builder::new_current_thread();
        // And one that syncs.
        runtime.max_blocking_threads(1);
    }
    let runtime = runtime.enable_all().build()?;
    runtime.block_on(run(&arguments, &options))
}

async fn run(arguments: &[&str], options: &[&str]) -> Result<ExitCode> {
    let [url, dir, first, pages, at_once] = arguments[..] else {
        bail!("usage: journeys URL DIR FIRST PAGES AT_ONCE OPTIONS");
    };
    let first: usize = first.parse()?;
    let pages: usize = pages.parse()?;
    let tasks = (first..first + pages).map(|page| {
        let url = format!("{url}{page}");
        (format!("page-{page}"), ScrapeParams::new(url))
    });
    let begun = if options.contains(&"--archive") {
        Journeys::in_archive(dir)
    } else {
        Journeys::in_dir(dir)
    };
    let durability = if options.contains(&"--power-cut") {
        Durability::PowerCut
    } else if options.contains(&"--batched") {
        Durability::Batched(WINDOW)
    } else {
        Durability::Process
    };
    let counted = options
        .iter()
        .find_map(|option| option.strip_prefix("--counted="));
    let counted = counted.map(str::parse).transpose()?;
    let mut run = begun
        .tasks(Tasks::from_pairs(tasks)?)
        .max_parallelism(at_once.parse()?)
        .durability(durability)
        .state(Counted(counted))
        .progress(Progress::Off)
        .grace(GRACE)
        .stop_when(shutdown_signal());
    if options.contains(&"--force") {
        run = run.force::<scrape>();
    }
    if options.contains(&"--reread") {
        run = run.force::<parse>();
    }
    if options.contains(&"--acknowledge") {
        run = run.on_event(acknowledge);
    }
    let reports = options.contains(&"--report");
    if reports {
        run = run.on_event(|event| {
            if matches!(event, Event::Stopping { .. }) {
                println!("stopping");
            }
        });
    }
    let report = match run.run().await {
        Ok(report) => report,
        Err(error) => {
            eprintln!("{error}");
            return Ok(error.exit_code().into());
        }
    };
    if reports {
        println!("{}", serde_json::to_string(&report)?);
    }
    Ok(report.exit_code().into())
}

/// Prints how many of a task's executors are done and saved: those before one that begins are, and at the end of the task all.
fn acknowledge(event: &Event) {
    match event {
        Event::ExecutorStarted { key, executor, .. } => {
            let saved = EXECUTORS.iter().position(|name| name == executor);
            println!("{key} {}", saved.unwrap_or_default());
        }
        Event::TaskFinished {
            key,
            outcome: Outcome::Succeeded | Outcome::Skipped,
        } => println!("{key} {}", EXECUTORS.len()),
        _ => {}
    }
}
