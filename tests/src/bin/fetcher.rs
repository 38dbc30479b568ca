//! One URL scraped in a process of its own, for answers that may take it down:
//! `fetcher URL TIMEOUT_MILLIS [--robots] [--cookies]`.
//!
//! Prints a JSON object: the page's `status` without its `params`, what the run `told` of itself by events and
//! report, and the most memory that the process had, as `peak_kib`. On standard error is all that is logged.

use std::sync::{Arc, Mutex};

use scrapeflow::prelude::*;
use scrapeflow::ready::{ScrapeParams, scrape};

use scrapeflow_tests::Sandbox;
use serde_json::{Map, Value, json};
use tracing_subscriber::filter::LevelFilter;

workflow! { Pages = scrape; }

/// The limit of a body, in bytes.
const MAX_BODY: u64 = 8 << 20;

#[tokio::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (options, arguments): (Vec<&str>, Vec<&str>) = arguments
        .iter()
        .map(String::as_str)
        .partition(|argument| argument.starts_with("--"));
    let [url, timeout] = arguments[..] else {
        bail!("usage: fetcher URL TIMEOUT_MILLIS [--robots] [--cookies]");
    };
    let sandbox = Sandbox::new();
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = events.clone();
    let report = Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("page", ScrapeParams::new(url))])?)
        .timeout(Duration::from_millis(timeout.parse()?))
        .request_retries(0)
        .max_body(MAX_BODY)
        .politeness(Politeness::default().robots(options.contains(&"--robots")))
        .cookie_store(options.contains(&"--cookies"))
        .progress(Progress::Off)
        .on_event(move |event| {
            let mut heard = heard.lock().expect("nobody panics with it");
            heard.push(format!("{event:?}"));
        })
        .run()
        .await?;
    let mut status: Map<String, Value> = serde_json::from_str(&sandbox.text("page"))?;
    status.remove("params");
    let told = [
        format!("{report}"),
        format!("{report:?}"),
        serde_json::to_string(&report)?,
    ];
    let outcome = json!({
        "status": status,
        "files": sandbox.files(),
        "events": *events.lock().expect("nobody panics with it"),
        "told": told,
        "peak_kib": peak_kib()?,
    });
    println!("{outcome}");
    Ok(())
}

/// The most memory that this process ever had at once.
fn peak_kib() -> Result<u64> {
    let about = std::fs::read_to_string("/proc/self/status")?;
    let line = about
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .recorded("the system doesn't say VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
