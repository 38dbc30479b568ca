//! A long run in a process of its own: `soak URL ARCHIVE TASKS SECONDS`.
//!
//! Scrapes the pages `URL<n>` into an archive, so many of them, spread over so many seconds. Every second it prints how many tasks the
//! runtime has and how many pages are done, and its report as JSON at the end.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::stream;
use scrapeflow::prelude::*;
use scrapeflow::ready::{ScrapeParams, scrape};
use tokio::runtime::Handle;
use tokio::time::{Instant, interval, sleep_until};

/// The words of a page; one that has none is an error, and one that says so makes it panic.
#[executor]
async fn parse(page: Body<scrape>) -> Result<Vec<String>> {
    let text = page.text();
    let words = text
        .strip_prefix("words: ")
        .recorded("the page has no words")?;
    assert_ne!(words, "panic", "the page says so");
    Ok(words.split(' ').map(str::to_owned).collect())
}

#[executor]
async fn count(words: Output<parse>) -> Result<usize> {
    Ok(words.len())
}

workflow! { Soak = scrape -> parse -> count; }

/// After this an unanswered request is tried again; no other takes nearly as long.
const TIMEOUT: Duration = Duration::from_secs(15);

const AT_ONCE: usize = 50;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, archive, tasks, seconds] = &arguments[..] else {
        bail!("usage: soak URL ARCHIVE TASKS SECONDS");
    };
    let (tasks, seconds): (u64, f64) = (tasks.parse()?, seconds.parse()?);
    let began = Instant::now();
    let pages = stream::unfold(0, {
        let url = url.clone();
        move |n| {
            let url = url.clone();
            async move {
                #[expect(clippy::cast_precision_loss, reason = "a moment, to a millisecond")]
                let share = n as f64 / tasks as f64;
                sleep_until(began + Duration::from_secs_f64(seconds * share)).await;
                let page = (format!("page-{n}"), ScrapeParams::new(format!("{url}{n}")));
                (n < tasks).then_some((page, n + 1))
            }
        }
    });
    let done = Arc::new(AtomicU64::new(0));
    let ended = done.clone();
    let run = Soak::in_archive(archive)
        .tasks(Tasks::from_stream(pages))
        .max_parallelism(AT_ONCE)
        .request_timeout(TIMEOUT)
        .request_backoff(Backoff::new(
            Duration::from_millis(10),
            Duration::from_secs(1),
        ))
        .on_unhandled(OnUnhandled::Record)
        .progress(Progress::Off)
        .on_event(move |event| {
            if matches!(event, Event::TaskFinished { .. }) {
                ended.fetch_add(1, Ordering::Relaxed);
            }
        });
    let tells = tokio::spawn(async move {
        let mut seconds = interval(Duration::from_secs(1));
        loop {
            seconds.tick().await;
            let tasks = Handle::current().metrics().num_alive_tasks();
            println!("{tasks} {}", done.load(Ordering::Relaxed));
        }
    });
    let report = run.run().await?;
    tells.abort();
    println!("{}", serde_json::to_string(&report)?);
    Ok(report.exit_code().into())
}
