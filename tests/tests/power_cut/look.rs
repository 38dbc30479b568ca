//! What a store tells of each page, and whether it is so.

use std::path::Path;

use futures::TryStreamExt;
use md5::{Digest, Md5};
use scrapeflow::Key;
use scrapeflow::store::{ArchiveStore, BodyName, DirStore, Store, StoreErrorKind};
use serde_json::{Value, json};

use crate::pages::{ALL, VERSIONS, text, words};
use crate::promise::Promise;

/// What is on record of a page.
#[derive(Debug)]
pub(crate) enum Page {
    Nothing,
    /// Its status cannot be read.
    Broken,
    There(Record),
}

#[derive(Debug)]
pub(crate) struct Record {
    /// How many executors have succeeded, one after another.
    pub(crate) done: usize,
    /// Of the body, or what is wrong with it.
    pub(crate) version: Result<u64, String>,
    outputs: [Value; 2],
}

/// The executors of the run.
const EXECUTORS: [&str; 3] = ["scrape", "parse", "count"];

pub(crate) fn store(dir: &Path, archive: bool) -> Box<dyn Store> {
    if archive {
        Box::new(ArchiveStore::new(dir))
    } else {
        Box::new(DirStore::new(dir))
    }
}

/// All pages.
pub(crate) async fn look(store: &dyn Store) -> Vec<Page> {
    let mut pages = Vec::new();
    for page in 0..ALL {
        pages.push(Page::read(page, store).await);
    }
    pages
}

impl Page {
    async fn read(page: usize, store: &dyn Store) -> Self {
        let key = Key::new(format!("page-{page}")).unwrap();
        let status = match store.read(&key).await {
            Ok(None) => return Self::Nothing,
            Ok(Some(status)) => status,
            Err(error) if error.kind() == StoreErrorKind::Broken => return Self::Broken,
            Err(error) => panic!("page {page}: {error}"),
        };
        let Ok(mut status @ Value::Object(_)) = serde_json::from_slice(&status) else {
            return Self::Broken;
        };
        let is_done = |name: &&&str| {
            let status = status[format!("{name}_status")].as_str();
            status.is_some_and(|status| ["SUCCESS", "SKIPPED"].contains(&status))
        };
        let done = EXECUTORS.iter().take_while(is_done).count();
        let version = if done > 0 {
            version(page, &key, &status["scrape"], store).await
        } else {
            Err("it isn't scraped".to_owned())
        };
        Self::There(Record {
            done,
            version,
            outputs: ["parse", "count"].map(|name| status[name].take()),
        })
    }

    /// Whether so many executors are done, of that version of the page or a later one.
    pub(crate) fn keeps(&self, (done, version): Promise) -> bool {
        let Self::There(record) = self else {
            return done == 0;
        };
        let is = |kept: &u64| *kept >= version;
        done == 0 || (record.done >= done && record.version.as_ref().is_ok_and(is))
    }

    /// What is wrong where all should be done, and of one version of the page.
    pub(crate) fn unfinished(&self, page: usize) -> Option<String> {
        let Self::There(record) = self else {
            return Some(format!("{self:?}"));
        };
        let made = record.version.as_ref().map(|version| {
            let words = words(page, *version);
            [json!(words), json!(words.len())]
        });
        match made {
            Ok(made) if record.done == EXECUTORS.len() && made == record.outputs => None,
            _ => Some(format!("{record:?}")),
        }
    }
}

/// The version of a body that is as its status says.
async fn version(
    page: usize,
    key: &Key,
    scraped: &Value,
    store: &dyn Store,
) -> Result<u64, String> {
    let name = BodyName::new(key, "scrape").unwrap();
    let chunks = store.open(&name).await.map_err(|error| error.to_string())?;
    let chunks = chunks.ok_or("it is missing")?;
    let chunks: Vec<_> = chunks
        .try_collect()
        .await
        .map_err(|error| error.to_string())?;
    let body = chunks.concat();
    if scraped["size"] != json!(body.len()) {
        return Err(format!(
            "it has {} bytes instead of {}",
            body.len(),
            scraped["size"]
        ));
    }
    let hash: [u8; 16] = Md5::digest(&body).into();
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    if scraped["content"] != json!(hash) {
        return Err("it has another MD5".to_owned());
    }
    let is_it = |version: &u64| text(page, *version).as_bytes() == body;
    VERSIONS
        .into_iter()
        .find(is_it)
        .ok_or("no version of it".to_owned())
}
