//! The pages fetched by spider: spider-pages PREFIX DIR TASKS
//!
//! What differs from spider's defaults, and why:
//! - Features: `sync` for the subscription and `headers` for the answers' headers; no cookies, disk
//!   database, balancing, caches or browser, which aren't part of the work.
//! - Extra links with `persist_links`: the way to hand it a list of pages.
//! - Concurrency limit: 100 requests in flight.
//! - Retries: 2, as its default is none.
//! - mimalloc as the global allocator, as its README advises.
//! - Kept: the queue with its set of visited links, and its HTML parser, which can't be turned off
//!   in a crawl.

#![forbid(unsafe_code)]

use std::{collections::BTreeMap, env, fs, io, path::Path, process::ExitCode};

use jiff::Timestamp;
use md5::{Digest, Md5};
use serde_json::json;
use spider::CaseInsensitiveString;
use spider::hashbrown::HashSet;
use spider::page::Page;
use spider::tokio::{self, sync::broadcast::Receiver};
use spider::website::Website;

#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

const IN_FLIGHT: usize = 100;
const RETRIES: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [prefix, directory, tasks] = arguments.as_slice() else {
        eprintln!("usage: spider-pages PREFIX DIR TASKS");
        return ExitCode::FAILURE;
    };
    let Ok(tasks) = tasks.parse() else {
        eprintln!("TASKS has to be a number, not {tasks:?}");
        return ExitCode::FAILURE;
    };
    if let Err(error) = fs::create_dir_all(Path::new(directory).join(".temporary")) {
        eprintln!("{directory}: {error}");
        return ExitCode::FAILURE;
    }
    let saved = crawl(prefix, directory, tasks).await;
    if saved == tasks {
        ExitCode::SUCCESS
    } else {
        eprintln!("{saved} of {tasks} pages succeeded");
        ExitCode::FAILURE
    }
}

/// Returns the count of the pages that were saved.
async fn crawl(prefix: &str, directory: &str, tasks: usize) -> usize {
    let links: HashSet<CaseInsensitiveString> = (0..tasks)
        .map(|task| CaseInsensitiveString::new(&format!("{prefix}{task}")))
        .collect();
    let mut website = Website::new(prefix);
    website
        .with_concurrency_limit(Some(IN_FLIGHT))
        .with_retry(RETRIES);
    website.set_extra_links(links);
    website.persist_links();
    // A subscriber that lags behind by more than the capacity would lose pages.
    let pages = website.subscribe(tasks.max(1));
    let saver = tokio::spawn(save_all(pages, directory.to_owned()));
    website.crawl().await;
    website.unsubscribe();
    drop(website);
    saver.await.expect("the saver has panicked")
}

async fn save_all(mut pages: Receiver<Page>, directory: String) -> usize {
    let mut saved = 0;
    while let Ok(page) = pages.recv().await {
        if !page.status_code.is_success() {
            let error = page.error_status.as_deref().unwrap_or_default();
            eprintln!("{}: {} {error}", page.get_url(), page.status_code);
        } else if let Err(error) = save(&page, &directory) {
            eprintln!("{}: {error}", page.get_url());
        } else {
            saved += 1;
        }
    }
    saved
}

fn save(page: &Page, directory: &str) -> io::Result<()> {
    let url = page.get_url();
    let body = page.get_html_bytes_u8();
    let key = md5_hex(url.as_bytes());
    fs::write(format!("{directory}/{key}.scrape"), body)?;
    let headers: BTreeMap<&str, &str> = page
        .headers
        .iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    let status = json!({
        "name": key,
        "params": {"url": url},
        "scrape": {
            "size": body.len(),
            "content": md5_hex(body),
            "response_headers": headers,
        },
        "scrape_status": "SUCCESS",
        "scrape_last_run": Timestamp::now().strftime("%Y-%m-%d %H:%M:%S.%6f").to_string(),
    });
    let written = format!("{directory}/.temporary/{key}.status.json");
    fs::write(&written, status.to_string())?;
    fs::rename(&written, format!("{directory}/{key}.status.json"))
}

fn md5_hex(data: &[u8]) -> String {
    format!("{:x}", Md5::digest(data))
}
