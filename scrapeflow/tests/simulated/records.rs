//! What a world's store says of each product, and what may become of it in a run.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use scrapeflow::prelude::*;
use scrapeflow::store::{BodyName, Store};
use scrapeflow::testing::World;
use serde_json::Value;

use crate::shop::{EXECUTORS, Product, text};

/// What is on record of each key.
pub(crate) type Records = BTreeMap<String, Record>;

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Record {
    /// Of which edition each executor's success is, and what is stored of it.
    pub(crate) done: [Option<(u64, Value)>; 3],
    /// Whether an executor failed in a way that may pass.
    pub(crate) may_pass: [bool; 3],
}

impl Record {
    /// Whether this executor and those before it have succeeded on an edition.
    pub(crate) fn stands(&self, executor: usize, edition: u64) -> bool {
        let mut until = self.done[..=executor].iter();
        until.all(|done| matches!(done, Some((of, _)) if *of == edition))
    }
}

/// Reads all statuses, which have to be whole, and sizes of their bodies.
pub(crate) async fn read(world: &World) -> Records {
    let store = world.store();
    let statuses: Vec<(Key, _)> = store.statuses().try_collect().await.unwrap();
    let mut records = Records::new();
    for (key, status) in statuses {
        let status: Value = serde_json::from_slice(&status).unwrap();
        let number = status["params"]["number"].as_u64().unwrap();
        let mut record = Record::default();
        for (nth, executor) in EXECUTORS.into_iter().enumerate() {
            let ended = status[format!("{executor}_status")]
                .as_str()
                .unwrap_or_default();
            if ["SUCCESS", "SKIPPED"].contains(&ended) {
                let edition = edition(number, executor, &status[executor]);
                let last_run = &status[format!("{executor}_last_run")];
                record.done[nth] = Some((edition, serde_json::json!([last_run, status[executor]])));
            }
            record.may_pass[nth] = status[format!("{executor}_meta")]["retryable"] == true
                && ended.starts_with("ERROR");
        }
        if record.done[0].is_some() {
            let body = BodyName::new(&key, "page").unwrap();
            let body = store
                .stat(&body)
                .await
                .unwrap()
                .expect("a success has its body");
            assert_eq!(Some(body.size), status["page"]["size"].as_u64(), "{key}");
        }
        records.insert(key.to_string(), record);
    }
    records
}

/// Of which edition an output is.
fn edition(number: u64, executor: &str, output: &Value) -> u64 {
    match executor {
        "page" => {
            let size = usize::try_from(output["size"].as_u64().unwrap()).unwrap();
            let edition = (0..10).find(|&edition| text(number, edition).len() == size);
            edition.unwrap_or_else(|| panic!("product {number} has {size} strange bytes"))
        }
        "words" => output[3].as_str().unwrap().parse().unwrap(),
        _ => output.as_u64().unwrap() % 100,
    }
}

/// What a run must not have done, whatever happened in it; `calls` says how often it called an executor.
pub(crate) fn check(
    product: &Product,
    before: &Record,
    after: &Record,
    calls: impl Fn(&'static str) -> u64,
) {
    let wanted = product.edition;
    for (nth, executor) in EXECUTORS.into_iter().enumerate() {
        let calls = calls(executor);
        let which = || format!("{executor} of {product:?}: {before:?}, then {after:?}");
        if before.stands(nth, wanted) {
            assert_eq!(calls, 0, "what was recorded is done again, {}", which());
            assert_eq!(
                before.done[nth],
                after.done[nth],
                "a success has changed, {}",
                which()
            );
            continue;
        }
        match (&before.done[nth], &after.done[nth]) {
            (old, new) if old == new => {}
            (_, Some((edition, _))) => {
                assert_eq!(*edition, wanted, "{}", which());
                assert!(calls > 0, "a success of nobody, {}", which());
            }
            // What it was made of is no more, and the new one failed.
            (Some(_), None) => assert!(calls > 0, "a success is lost, {}", which()),
            (None, None) => {}
        }
    }
}
