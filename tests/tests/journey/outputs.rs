//! What an executor made of all tasks can be read back, typed, for whatever comes after a run.

use futures::StreamExt;
use scrapeflow::outputs;
use scrapeflow::prelude::*;
use scrapeflow::store::{MemoryStore, Store};
use serde_json::json;

#[derive(Serialize, Deserialize)]
struct Number {
    n: u32,
}

#[executor]
async fn half(Params(n): Params<Number>) -> Result<u32> {
    ensure!(n.n % 2 == 0, "{} is odd", n.n);
    Ok(n.n / 2)
}

workflow! { Halves = half; }

#[tokio::test]
async fn only_what_succeeded_is_read_and_what_cannot_be_is_told() {
    let store = MemoryStore::new();
    let tasks = [("a", 2), ("b", 3), ("c", 4)].map(|(key, n)| (key, Number { n }));
    let run = Halves::in_store(store.clone()).tasks(Tasks::from_pairs(tasks).unwrap());
    run.progress(Progress::Off).run().await.unwrap();
    let unfit = json!({ "name": "d", "half": "no number", "half_status": "SUCCESS" });
    for (key, text) in [("d", unfit.to_string()), ("e", "no JSON".to_owned())] {
        let key = Key::new(key).unwrap();
        store.save(&key, &text, vec![]).await.unwrap();
    }
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    let mut read = outputs::<half>(&store);
    while let Some(read) = read.next().await {
        match read {
            Ok((key, half)) => found.push((key.to_string(), half)),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    found.sort_unstable();
    wrong.sort_unstable();
    assert_eq!(found, [("a".to_owned(), 1), ("c".to_owned(), 2)]);
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    let unfit = "task `d`: the stored output `half` doesn't fit";
    assert!(wrong[0].starts_with(unfit), "{wrong:?}");
    assert!(wrong[1].starts_with("task `e`: its status "), "{wrong:?}");
}
