//! What somebody who knows reqwest and tokio writes for one scrape: as many workers as there are requests in
//! flight, each with `std::fs` inline, which costs less than any way of moving the writes elsewhere.
//!
//! It stores what scrapeflow stores but the circumstances (attempts, duration, fingerprints of inputs) from
//! which a rerun decides; and there is no rerun, retry, deadline or report.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::Utc;
use md5::{Digest, Md5};
use reqwest::Client;
use reqwest::header::HeaderMap;
use serde::Serialize;
use serde_json::{Map, Value};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What the workers share.
struct Shared {
    client: Client,
    prefix: String,
    dir: PathBuf,
    temporary: PathBuf,
    renames: bool,
    tasks: u64,
    next: AtomicU64,
}

/// The status gets its name when it is complete, if it `renames`; without, a kill may leave half of one.
pub(crate) async fn scrape(prefix: &str, dir: &Path, tasks: u64, in_flight: usize, renames: bool) {
    let temporary = dir.join(".temporary");
    fs::create_dir_all(&temporary).expect("the directory can be made");
    let shared = Arc::new(Shared {
        client: Client::new(),
        prefix: prefix.to_owned(),
        dir: dir.to_owned(),
        temporary,
        renames,
        tasks,
        next: AtomicU64::new(0),
    });
    let workers: Vec<_> = (0..in_flight)
        .map(|_| tokio::spawn(work(shared.clone())))
        .collect();
    for worker in workers {
        if let Err(error) = worker.await.expect("no worker panics") {
            eprintln!("a worker ended: {error}");
        }
    }
}

async fn work(shared: Arc<Shared>) -> Result<()> {
    loop {
        let nth = shared.next.fetch_add(1, Ordering::Relaxed);
        if nth >= shared.tasks {
            return Ok(());
        }
        page(&shared, format!("{}{nth}", shared.prefix)).await?;
    }
}

#[derive(Serialize)]
struct Status<'a> {
    name: &'a str,
    params: Params<'a>,
    scrape: Scraped,
    #[serde(rename = "scrape_status")]
    verdict: &'a str,
    #[serde(rename = "scrape_last_run")]
    at: String,
}

#[derive(Serialize)]
struct Params<'a> {
    url: &'a str,
}

#[derive(Serialize)]
struct Scraped {
    size: usize,
    content: String,
    response_headers: Map<String, Value>,
}

/// Fetches one page and stores body and status.
async fn page(shared: &Shared, url: String) -> Result<()> {
    let answer = shared.client.get(&url).send().await?.error_for_status()?;
    let headers = answer.headers().clone();
    let body = answer.bytes().await?;
    let key = md5_hex(url.as_bytes());
    let status = Status {
        name: &key,
        params: Params { url: &url },
        scrape: Scraped {
            size: body.len(),
            content: md5_hex(&body),
            response_headers: as_map(&headers),
        },
        verdict: "SUCCESS",
        at: Utc::now().format("%Y-%m-%d %H:%M:%S%.6f").to_string(),
    };
    let place = shared.dir.join(format!("{key}.scrape"));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(place)?;
    file.write_all(&body)?;
    let name = format!("{key}.status.json");
    let status = serde_json::to_vec_pretty(&status)?;
    let place = shared.dir.join(&name);
    if shared.renames {
        let temporary = shared.temporary.join(name);
        fs::write(&temporary, status)?;
        fs::rename(temporary, place)?;
    } else {
        fs::write(place, status)?;
    }
    Ok(())
}

/// Names in Title-Case; a header that is repeated is an array.
fn as_map(headers: &HeaderMap) -> Map<String, Value> {
    let mut map = Map::new();
    for name in headers.keys() {
        let values = headers.get_all(name).iter();
        let mut values: Vec<Value> = values
            .map(|value| {
                String::from_utf8_lossy(value.as_bytes())
                    .into_owned()
                    .into()
            })
            .collect();
        let value = if values.len() == 1 {
            values.remove(0)
        } else {
            values.into()
        };
        map.insert(title_case(name.as_str()), value);
    }
    map
}

fn title_case(name: &str) -> String {
    let mut after_dash = true;
    let cased = name.chars().map(|c| {
        let c = if after_dash {
            c.to_ascii_uppercase()
        } else {
            c
        };
        after_dash = c == '-';
        c
    });
    cased.collect()
}

fn md5_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digest = Md5::digest(bytes);
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}
