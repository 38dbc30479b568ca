//! What a place says of each page, read by whoever looks.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use futures::TryStreamExt;
use md5::{Digest, Md5};
use scrapeflow::Key;
use scrapeflow::store::{ArchiveStore, BodyName, DirStore, Store};
use serde_json::{Value, json};

/// When the executors of each page succeeded that did, in their order, up to the first that did not.
pub(crate) type Records = BTreeMap<String, Vec<String>>;

/// Reads a directory or an archive. Every status is whole, and so is the page of whichever names one.
pub(crate) async fn read(dir: &Path, archive: bool) -> Records {
    let store: Box<dyn Store> = if archive {
        Box::new(ArchiveStore::new(dir))
    } else {
        Box::new(DirStore::new(dir))
    };
    let statuses: Vec<(Key, Bytes)> = store.statuses().try_collect().await.unwrap();
    let mut records = Records::new();
    for (key, status) in statuses {
        let status: Value = serde_json::from_slice(&status).unwrap();
        let successes = ["scrape", "parse", "count"].map(|executor| success(&status, executor));
        let successes: Vec<String> = successes.into_iter().map_while(|success| success).collect();
        if !successes.is_empty() {
            let name = BodyName::new(&key, "scrape").unwrap();
            let page = store.open(&name).await.unwrap();
            let page: Vec<Bytes> = page
                .unwrap_or_else(|| panic!("{key}"))
                .try_collect()
                .await
                .unwrap();
            let page = page.concat();
            let named = [&status["scrape"]["size"], &status["scrape"]["content"]];
            assert_eq!(named, [&json!(page.len()), &json!(md5(&page))], "{key}");
        }
        records.insert(key.to_string(), successes);
    }
    records
}

/// When an executor succeeded.
fn success(status: &Value, executor: &str) -> Option<String> {
    let ended = status[format!("{executor}_status")].as_str()?;
    let at = status[format!("{executor}_last_run")].as_str();
    ["SUCCESS", "SKIPPED"]
        .contains(&ended)
        .then(|| at.expect("a success has a time").to_owned())
}

fn md5(bytes: &[u8]) -> String {
    let hash: [u8; 16] = Md5::digest(bytes).into();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
