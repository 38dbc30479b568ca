//! Whether a client has done what it was asked to do: nothing is counted that wasn't.

use std::fs;
use std::path::Path;

use futures::TryStreamExt;
use md5::{Digest, Md5};
use scrapeflow::Key;
use scrapeflow::store::{ArchiveStore, BodyName, Store, StoreError};
use serde_json::Value;

use crate::Client;

/// What a client leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// `<MD5 of the URL>.scrape` and `.status.json` in its directory.
    Files,
    /// The same in an archive.
    Archive,
    /// It has counted what it got, and failed if anything was missing.
    Nothing,
}

/// The headers that every page has, and that everybody keeps, whatever their case.
const HEADERS: [&str; 5] = [
    "server",
    "content-type",
    "content-length",
    "last-modified",
    "etag",
];

/// Reads all that a client left, one page at a time: what this process holds counts for the clients that it starts.
///
/// # Panics
/// If it isn't what was asked for.
pub(crate) fn check(client: &Client, prefix: &str, dir: &str, tasks: u64, page: &str) {
    let pages = (0..tasks).map(|nth| format!("{prefix}{nth}"));
    let (wrong, left) = match client.kept {
        Kept::Files => files(dir.as_ref(), pages, page),
        Kept::Archive => archive(dir, pages, page),
        Kept::Nothing => return,
    };
    let name = &client.name;
    assert_eq!(wrong, None, "`{name}` left {dir}, where this page is wrong");
    assert_eq!(left, tasks, "`{name}` left {dir}, with so many statuses");
}

/// What is wrong, and how many statuses there are.
type Seen = (Option<String>, u64);

fn files(dir: &Path, mut pages: impl Iterator<Item = String>, page: &str) -> Seen {
    let wrong = pages.find_map(|url| {
        let key = md5(url.as_bytes());
        let read = |suffix: &str| fs::read(dir.join(format!("{key}.{suffix}"))).ok();
        wrong(&key, &url, read("scrape"), read("status.json"), page)
    });
    let entries = fs::read_dir(dir).expect("the client's directory");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let statuses = names.filter(|name| name.to_string_lossy().ends_with(".status.json"));
    (wrong, statuses.count() as u64)
}

fn archive(place: &str, pages: impl Iterator<Item = String>, page: &str) -> Seen {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let store = ArchiveStore::new(place);
    let seen = async {
        for url in pages {
            let key = Key::from_url(&url);
            let status = store.read(&key).await?.map(|status| status.to_vec());
            let mut body = None;
            let name = BodyName::new(&key, "scrape")?;
            if let Some(chunks) = store.open(&name).await? {
                body = Some(chunks.try_collect::<Vec<_>>().await?.concat());
            }
            let wrong = wrong(key.as_str(), &url, body, status, page);
            if wrong.is_some() {
                return Ok((wrong, 0));
            }
        }
        let statuses = store.keys().try_fold(0, async |count, _| Ok(count + 1));
        Ok::<_, StoreError>((None, statuses.await?))
    };
    runtime.block_on(seen).expect("an archive that can be read")
}

/// What is wrong with a page and its status.
fn wrong(
    key: &str,
    url: &str,
    body: Option<Vec<u8>>,
    status: Option<Vec<u8>>,
    page: &str,
) -> Option<String> {
    if body.as_deref() != Some(page.as_bytes()) {
        let size = body.map(|body| body.len());
        return Some(format!(
            "{url} ({key}): the body has {size:?} bytes, and is another"
        ));
    }
    let status: Value = match serde_json::from_slice(&status.unwrap_or_default()) {
        Ok(status) => status,
        Err(error) => return Some(format!("{url} ({key}): the status is broken: {error}")),
    };
    let scraped = &status["scrape"];
    let headers = scraped["response_headers"].as_object();
    let headers: Vec<String> = headers
        .into_iter()
        .flat_map(|headers| headers.keys().map(|name| name.to_ascii_lowercase()))
        .collect();
    let is_right = status["name"] == key
        && status["params"]["url"] == url
        && scraped["size"] == page.len()
        && scraped["content"] == md5(page.as_bytes())
        && HEADERS
            .iter()
            .all(|name| headers.iter().any(|of| of == name))
        && status["scrape_status"] == "SUCCESS"
        && status["scrape_last_run"].is_string();
    (!is_right).then(|| format!("{url} ({key}): the status is {status}"))
}

fn md5(bytes: &[u8]) -> String {
    let digest = Md5::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
