//! A run of three executors in a process of its own, for tests that kill or interrupt it:
//! `journeys URL DIR FIRST PAGES AT_ONCE [--archive] [--force] [--report]`.
//!
//! Scrapes the pages `URL<n>` from `FIRST` on under the keys `page-<n>`, so many of them at once. It prints
//! nothing unless asked to report: then a line `stopping` when it begins to stop, and its report as JSON.

use std::process::ExitCode;

use scrapeflow::prelude::*;
use scrapeflow::ready::{ScrapeParams, scrape};

/// The words of the page's first line.
#[executor]
async fn parse(page: Body<scrape>) -> Result<Vec<String>> {
    let text = page.text();
    let line = text.lines().next().recorded("the page is empty")?;
    Ok(line.split(' ').map(str::to_owned).collect())
}

#[executor]
async fn count(words: Output<parse>) -> Result<usize> {
    Ok(words.len())
}

workflow! { Journeys = scrape -> parse -> count; }

/// Longer than any test: what ends before is what was told to.
const GRACE: Duration = Duration::from_secs(3600);

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (options, arguments): (Vec<&str>, Vec<&str>) = arguments
        .iter()
        .map(String::as_str)
        .partition(|argument| argument.starts_with("--"));
    let [url, dir, first, pages, at_once] = arguments[..] else {
        bail!("usage: journeys URL DIR FIRST PAGES AT_ONCE [--archive] [--force] [--report]");
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
    let mut run = begun
        .tasks(Tasks::from_pairs(tasks)?)
        .max_parallelism(at_once.parse()?)
        .progress(Progress::Off)
        .grace(GRACE)
        .stop_when(shutdown_signal());
    if options.contains(&"--force") {
        run = run.force::<scrape>();
    }
    let reports = options.contains(&"--report");
    if reports {
        run = run.on_event(|event| {
            if matches!(event, Event::Stopping) {
                println!("stopping");
            }
        });
    }
    let report = run.run().await?;
    if reports {
        println!("{}", serde_json::to_string(&report)?);
    }
    Ok(report.exit_code().into())
}
