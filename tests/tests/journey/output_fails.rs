//! An output that JSON cannot say is recorded as an error of its executor: that task ends there, nothing of it
//! looks like a success, and the run goes on. What JSON says in another way (NaN as null, `()` as `{}`) is no
//! error.

use std::collections::{BTreeMap, HashMap};

use expect_test::expect;
use scrapeflow::prelude::*;
use scrapeflow_tests::Sandbox;
use serde::Serializer;
use serde::ser::Error as _;
use serde_json::json;

/// Serializes unless it is told not to.
#[derive(Deserialize)]
struct Moody(bool);

impl Serialize for Moody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 {
            return Err(S::Error::custom("not today"));
        }
        serializer.serialize_bool(self.0)
    }
}

#[executor]
async fn moody(key: Key, files: Files) -> Result<Moody> {
    files.save("mood", key.as_str()).await?;
    Ok(Moody(key.as_str() == "bad"))
}

#[executor(retries = 3)]
async fn keyed_by_pairs(key: Key) -> Result<BTreeMap<(u8, u8), String>> {
    let pairs = (key.as_str() == "pairs").then(|| ((1, 2), key.to_string()));
    Ok(pairs.into_iter().collect())
}

#[executor]
async fn after(_moody: Output<moody>, _pairs: Output<keyed_by_pairs>) -> Result<()> {
    Ok(())
}

workflow! { Moods = moody -> keyed_by_pairs -> after; }

#[executor]
async fn odd(_key: Key) -> Result<HashMap<String, Option<f64>>> {
    let odd = [("nan", f64::NAN), ("infinity", f64::INFINITY), ("one", 1.0)];
    Ok(odd
        .map(|(name, number)| (name.to_owned(), Some(number)))
        .into())
}

#[executor]
async fn count(odd: Output<odd>) -> Result<usize> {
    Ok(odd.values().flatten().count())
}

#[executor]
async fn unit(_count: Output<count>) -> Result<()> {
    Ok(())
}

workflow! { Odds = odd -> count -> unit; }

fn tasks(keys: &[&str]) -> Tasks {
    Tasks::from_pairs(keys.iter().map(|key| (key, json!({})))).unwrap()
}

#[tokio::test]
async fn it_is_recorded_and_the_run_goes_on() {
    let sandbox = Sandbox::new();
    let run = Moods::in_dir(sandbox.dir())
        .max_parallelism(1)
        .progress(Progress::Off);
    let report = run
        .tasks(tasks(&["bad", "pairs", "good"]))
        .run()
        .await
        .unwrap();
    assert_eq!((report.failed(), report.done(), report.retries), (2, 1, 0));
    assert_eq!(report.classes, BTreeMap::from([("RuntimeError", 2)]));
    let (bad, pairs, good) = (
        sandbox.status("bad"),
        sandbox.status("pairs"),
        sandbox.status("good"),
    );
    expect!["ERROR RuntimeError::its output cannot be written as JSON: not today"]
        .assert_eq(bad["moody_status"].as_str().unwrap());
    expect!["ERROR RuntimeError::its output cannot be written as JSON: key must be a string"]
        .assert_eq(pairs["keyed_by_pairs_status"].as_str().unwrap());
    assert!(bad.get("moody").is_none() && bad.get("keyed_by_pairs_status").is_none());
    assert!(pairs.get("keyed_by_pairs").is_none() && pairs.get("after_status").is_none());
    assert_eq!(
        (&pairs["moody"], &good["after_status"]),
        (&json!(false), &json!("SUCCESS"))
    );
    // What it had saved before isn't a success either.
    assert!(
        !sandbox.files().contains(&"bad.mood".to_owned()),
        "{:?}",
        sandbox.files()
    );
}

#[tokio::test]
async fn what_json_says_in_another_way_is_no_error() {
    let sandbox = Sandbox::new();
    let run = || {
        Odds::in_dir(sandbox.dir())
            .tasks(tasks(&["a"]))
            .progress(Progress::Off)
    };
    assert_eq!(run().run().await.unwrap().done(), 1);
    let status = sandbox.status("a");
    assert_eq!(
        status["odd"],
        json!({"nan": null, "infinity": null, "one": 1.0})
    );
    assert_eq!((&status["count"], &status["unit"]), (&json!(1), &json!({})));
    assert_eq!(
        run().run().await.unwrap().count(Outcome::Skipped),
        1,
        "all of it reads back"
    );
}
