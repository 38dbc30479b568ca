//! An executor whose `version` is another than the one that made what is stored runs again, be it newer or
//! older.

use scrapeflow::prelude::*;
use scrapeflow_tests::Sandbox;
use serde_json::json;

#[executor(name = "rate")]
async fn first_rate(_key: Key) -> Result<u32> {
    Ok(1)
}

#[executor(name = "rate", version = 2)]
async fn second_rate(_key: Key) -> Result<u32> {
    Ok(2)
}

workflow! { First = first_rate; }
workflow! { Later = second_rate; }

#[tokio::test]
async fn another_version_runs_again_newer_or_older() {
    let sandbox = Sandbox::new();
    let tasks = || Tasks::from_pairs([("a", json!({}))]).unwrap();
    let first = || {
        First::in_dir(sandbox.dir())
            .tasks(tasks())
            .progress(Progress::Off)
            .run()
    };
    let later = || {
        Later::in_dir(sandbox.dir())
            .tasks(tasks())
            .progress(Progress::Off)
            .run()
    };
    first().await.unwrap();
    for (rerun, rate) in [(true, 2), (false, 2)] {
        let report = later().await.unwrap();
        assert_eq!(report.executors[0].succeeded, u64::from(rerun));
        let status = sandbox.status("a");
        assert_eq!(
            (&status["rate"], &status["rate_meta"]["version"]),
            (&json!(rate), &json!(2))
        );
    }
    first().await.unwrap();
    assert_eq!(sandbox.status("a")["rate"], 1);
}
