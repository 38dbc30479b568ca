//! A kill may come after any write, and hides nothing: from every state that a run left in the store on its
//! way, another run comes to the same end. Also where the store holds successes of the predecessor, which
//! recorded no fingerprints.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use scrapeflow::RetryFailed;
use scrapeflow::prelude::*;
use scrapeflow::store::{BodyName, BodyStat, Lease, MemoryStore, Staged, Store, StoreError};
use serde_json::{Map, Value, json};

/// What `source` gives.
type Text = Arc<Mutex<&'static str>>;

#[executor]
async fn source(text: State<Text>) -> Result<String> {
    Ok(text.lock().unwrap().to_owned())
}

#[executor]
async fn upper(source: Output<source>) -> Result<String> {
    Ok(source.to_uppercase())
}

#[derive(Serialize, Deserialize)]
struct Suffix {
    suffix: String,
}

#[executor]
async fn shout(upper: Output<upper>, params: Params<Suffix>) -> Result<String> {
    Ok(format!("{}{}", *upper, params.suffix))
}

#[executor]
async fn length(source: Output<source>) -> Result<usize> {
    Ok(source.len())
}

workflow! { Shouts = source -> upper -> shout -> length; }

/// A store that remembers every write.
#[derive(Debug, Clone, Default)]
struct Journal {
    inner: MemoryStore,
    writes: Arc<Mutex<Vec<String>>>,
}

impl Journal {
    async fn with(status: &str) -> Self {
        let journal = Self::default();
        journal.inner.save(&key(), status, vec![]).await.unwrap();
        journal
    }

    fn writes(&self) -> Vec<String> {
        self.writes.lock().unwrap().clone()
    }

    async fn status(&self) -> String {
        let bytes = self.inner.read(&key()).await.unwrap().unwrap();
        String::from_utf8(bytes.into()).unwrap()
    }
}

impl Store for Journal {
    fn begin(&self, durability: Durability) -> BoxFuture<'_, Result<Lease, StoreError>> {
        self.inner.begin(durability)
    }

    fn read<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        self.inner.read(key)
    }

    fn save<'a>(
        &'a self,
        key: &'a Key,
        status: &'a str,
        bodies: Vec<Box<dyn Staged>>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.writes.lock().unwrap().push(status.to_owned());
        self.inner.save(key, status, bodies)
    }

    fn stage<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Box<dyn Staged>, StoreError>> {
        self.inner.stage(name)
    }

    fn open<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BoxStream<'a, Result<Bytes, StoreError>>>, StoreError>> {
        self.inner.open(name)
    }

    fn stat<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BodyStat>, StoreError>> {
        self.inner.stat(name)
    }

    fn keys(&self) -> BoxStream<'_, Result<Key, StoreError>> {
        self.inner.keys()
    }

    fn statuses(&self) -> BoxStream<'_, Result<(Key, Bytes), StoreError>> {
        self.inner.statuses()
    }

    fn location(&self) -> String {
        self.inner.location()
    }
}

fn key() -> Key {
    Key::new("a").unwrap()
}

/// A run of the one task, as it is unless told otherwise.
async fn run(
    store: &Journal,
    text: &'static str,
    suffix: &str,
    change: impl FnOnce(Run<Shouts>) -> Run<Shouts>,
) {
    let run = Shouts::in_store(store.clone())
        .tasks(Tasks::from_pairs([("a", json!({"suffix": suffix}))]).unwrap())
        .state(Text::new(Mutex::new(text)))
        .progress(Progress::Off);
    change(run).run().await.unwrap();
}

fn as_it_is(run: Run<Shouts>) -> Run<Shouts> {
    run
}

fn fields(status: &str) -> Map<String, Value> {
    serde_json::from_str(status).unwrap()
}

fn outputs(status: &str) -> Vec<Value> {
    let fields = fields(status);
    Shouts::executors()
        .iter()
        .map(|name| fields[*name].clone())
        .collect()
}

/// A task that is done, as we store it and as the predecessor did.
async fn done() -> [String; 2] {
    let store = Journal::default();
    run(&store, "hello", "!", as_it_is).await;
    let ours = store.status().await;
    let mut theirs = fields(&ours);
    theirs.retain(|name, _| !name.ends_with("_meta"));
    [ours, Value::Object(theirs).to_string()]
}

/// The predecessor's task, of which `source` failed when it was forced: the others still have what they made
/// of its last success.
async fn failed() -> String {
    let [_, theirs] = done().await;
    let mut failed = fields(&theirs);
    failed.remove("source");
    failed["source_status"] = json!("ERROR RuntimeError::HTTP response 404");
    Value::Object(failed).to_string()
}

#[tokio::test]
async fn after_every_write_another_run_comes_to_the_same_end() {
    let [ours, theirs] = done().await;
    for start in [ours, theirs, failed().await] {
        for (text, suffix) in [
            ("hello", "!"),
            ("good day", "!"),
            ("hello", "?"),
            ("good day", "?"),
            ("Hello", "!"),
        ] {
            let store = Journal::with(&start).await;
            run(&store, text, suffix, Run::force::<source>).await;
            let end = outputs(&store.status().await);
            let upper = text.to_uppercase();
            assert_eq!(
                end,
                [
                    json!(text),
                    json!(upper),
                    json!(format!("{upper}{suffix}")),
                    json!(text.len())
                ]
            );
            for (nth, write) in store.writes().iter().enumerate() {
                let killed = Journal::with(write).await;
                run(&killed, text, suffix, as_it_is).await;
                let status = killed.status().await;
                assert_eq!(
                    outputs(&status),
                    end,
                    "killed after write {nth}:\n{write}\n{start}"
                );
                // And what was done before the kill stands.
                let times = |status: &str| fields(status)["source_last_run"].clone();
                assert_eq!(times(&status), times(write));
            }
        }
    }
}

/// The predecessor's task, of which `shout` failed, and `length` never ran.
async fn stuck() -> String {
    let [_, theirs] = done().await;
    let mut stuck = fields(&theirs);
    stuck.retain(|name, _| name != "shout" && !name.starts_with("length"));
    stuck["shout_status"] = json!("ERROR RuntimeError::no voice");
    Value::Object(stuck).to_string()
}

#[tokio::test]
async fn a_kill_hides_no_change_from_a_failure_that_is_kept() {
    let start = stuck().await;
    let kept = |run: Run<Shouts>| run.retry_failed(RetryFailed::None);
    for (text, suffix, changes) in [
        ("hello", "!", false),
        ("good day", "!", true),
        ("hello", "?", true),
        ("good day", "?", true),
    ] {
        let store = Journal::with(&start).await;
        run(&store, text, suffix, |run| kept(run).force::<source>()).await;
        let end = fields(&store.status().await);
        let shouted = if changes {
            "SUCCESS"
        } else {
            "ERROR RuntimeError::no voice"
        };
        assert_eq!(end["shout_status"], shouted, "{text}{suffix}");
        for (nth, write) in store.writes().iter().enumerate() {
            let killed = Journal::with(write).await;
            run(&killed, text, suffix, kept).await;
            let status = fields(&killed.status().await);
            let [now, then] =
                [&status, &end].map(|status| [status.get("shout"), status.get("length")]);
            assert_eq!(now, then, "killed after write {nth}:\n{write}");
        }
    }
}

#[tokio::test]
async fn a_changed_output_waits_for_its_readers_however_long() {
    let [ours, theirs] = done().await;
    for start in [ours, theirs, failed().await] {
        let store = Journal::with(&start).await;
        run(&store, "good day", "!", |run| {
            run.force::<source>().only::<source>()
        })
        .await;
        let waiting = store.status().await;
        assert_eq!(outputs(&waiting)[..2], [json!("good day"), json!("HELLO")]);
        // Further runs that leave the readers out don't hide it either.
        run(&store, "good day", "!", Run::only::<source>).await;
        run(&store, "good day", "!", |run| {
            run.force::<source>().only::<source>()
        })
        .await;
        run(&store, "good day", "!", as_it_is).await;
        assert_eq!(
            outputs(&store.status().await)[1..],
            [json!("GOOD DAY"), json!("GOOD DAY!"), json!(8)]
        );
    }
}

#[tokio::test]
async fn a_change_and_back_is_none() {
    for start in done().await {
        let store = Journal::with(&start).await;
        run(&store, "good day", "!", |run| {
            run.force::<source>().only::<source>()
        })
        .await;
        run(&store, "hello", "!", |run| {
            run.force::<source>().only::<source>()
        })
        .await;
        let before = fields(&store.status().await);
        let writes = store.writes().len();
        run(&store, "hello", "!", as_it_is).await;
        assert_eq!(
            store.writes().len(),
            writes,
            "the readers are made of just that"
        );
        assert_eq!(before["upper"], "HELLO");
    }
}

#[tokio::test]
async fn what_was_skipped_is_marked_in_the_write_of_what_ran() {
    for start in done().await {
        let store = Journal::with(&start).await;
        run(&store, "hello", "!", Run::force::<upper>).await;
        let [write] = &store.writes()[..] else {
            panic!("{} writes for one executor", store.writes().len());
        };
        let (before, after) = (fields(&start), fields(write));
        assert_eq!(after["upper_status"], "SUCCESS");
        for name in ["source", "shout", "length"] {
            assert_eq!(after[&format!("{name}_status")], "SKIPPED");
            assert_eq!(
                after[&format!("{name}_last_run")],
                before[&format!("{name}_last_run")]
            );
        }
    }
}
