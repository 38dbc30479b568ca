//! What makes an executor run again: a change of something that it reads, and nothing else. What ran again
//! and gave the same leaves its readers skipped.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use expect_test::{Expect, expect};
use scrapeflow::http::{HeaderMap, HeaderName};
use scrapeflow::prelude::*;
use scrapeflow_tests::Sandbox;
use serde_json::{Value, json};

/// What the outside says, and who ran.
#[derive(Debug)]
struct World {
    text: Mutex<&'static str>,
    content_type: Mutex<&'static str>,
    ran: Mutex<Vec<&'static str>>,
}

impl World {
    fn new() -> Self {
        Self {
            text: Mutex::new("b a"),
            content_type: Mutex::new("text/plain"),
            ran: Mutex::default(),
        }
    }

    fn says(&self, text: &'static str) {
        *self.text.lock().unwrap() = text;
    }

    fn runs(&self, name: &'static str) {
        self.ran.lock().unwrap().push(name);
    }
}

static REQUESTS: AtomicU32 = AtomicU32::new(0);

/// A fetched page, its headers different every time, without a network.
#[executor]
async fn page(files: Files, world: State<Arc<World>>) -> Result<Scraped> {
    world.runs("page");
    let content_type = *world.content_type.lock().unwrap();
    let text = *world.text.lock().unwrap();
    let mut file = files.create("page").await?.content_type(content_type);
    file.write(text.as_bytes()).await?;
    let saved = file.finish().await?;
    let request = REQUESTS.fetch_add(1, Ordering::Relaxed);
    Ok(Scraped {
        size: saved.size,
        content: saved.content,
        response_headers: HeaderMap::from_iter([(
            HeaderName::from_static("x-request-id"),
            request.into(),
        )]),
        ..Scraped::default()
    })
}

#[executor]
async fn words(page: Body<page>, world: State<Arc<World>>) -> Result<Vec<String>> {
    world.runs("words");
    let mut words: Vec<String> = page.text().split_whitespace().map(str::to_owned).collect();
    words.sort();
    Ok(words)
}

#[executor]
async fn count(words: Output<words>, world: State<Arc<World>>) -> Result<usize> {
    world.runs("count");
    Ok(words.len())
}

#[executor]
async fn hash(page: Output<page>, world: State<Arc<World>>) -> Result<String> {
    world.runs("hash");
    Ok(page.content.clone())
}

/// The one param of two that is read.
#[derive(Serialize, Deserialize)]
struct Labelled {
    label: Option<String>,
}

#[executor]
async fn label(params: Params<Labelled>, world: State<Arc<World>>) -> Result<Option<String>> {
    world.runs("label");
    Ok(params.0.label)
}

#[executor]
async fn shared(context: Context, world: State<Arc<World>>) -> Result<Value> {
    world.runs("shared");
    context.params()
}

/// Reads what changes all the time, and is told of none of it.
#[executor]
async fn onlooker(
    _status: Status,
    _previous: Previous,
    _key: Key,
    world: State<Arc<World>>,
) -> Result<()> {
    world.runs("onlooker");
    Ok(())
}

workflow! { All = page -> words -> count -> hash -> label -> shared -> onlooker; }

/// The settings of the second run.
struct Second {
    world: Arc<World>,
    params: Value,
    shared: Value,
}

/// A task that is done, then what is different and a second run: who runs, and in brackets who is marked
/// as skipped.
async fn check(
    different: impl FnOnce(&mut Second),
    second: impl FnOnce(Run<All>) -> Run<All>,
    expected: Expect,
) {
    let sandbox = Sandbox::new();
    let mut settings = Second {
        world: Arc::new(World::new()),
        params: json!({"label": "x", "unread": 1}),
        shared: json!({"size": 1}),
    };
    let run = |with: &Second| {
        All::in_dir(sandbox.dir())
            .tasks(Tasks::from_pairs([("a", &with.params)]).unwrap())
            .params(&with.shared)
            .state(with.world.clone())
            .progress(Progress::Off)
    };
    run(&settings).run().await.unwrap();
    let before = sandbox.status("a");
    settings.world.ran.lock().unwrap().clear();

    different(&mut settings);
    second(run(&settings)).run().await.unwrap();
    let after = sandbox.status("a");
    let ran = settings.world.ran.lock().unwrap().clone();
    let mut told: Vec<String> = ran.iter().map(ToString::to_string).collect();
    for name in All::executors() {
        let field = |part| format!("{name}{part}");
        if after[field("_status")] == "SKIPPED" {
            told.push(format!("[{name}]"));
        }
        if !ran.contains(&name) {
            for part in ["", "_last_run", "_meta"] {
                assert_eq!(
                    after[field(part)],
                    before[field(part)],
                    "{name}{part} of a step that was skipped"
                );
            }
        }
    }
    expected.assert_eq(&told.join(" "));
    assert_eq!(
        after["params"], settings.params,
        "the params of today are kept, whoever reads them"
    );

    settings.world.ran.lock().unwrap().clear();
    run(&settings).run().await.unwrap();
    assert_eq!(
        settings.world.ran.lock().unwrap().len(),
        0,
        "nothing is left to run after that"
    );
}

fn as_it_was(_: &mut Second) {}

fn unforced(run: Run<All>) -> Run<All> {
    run
}

#[tokio::test]
async fn nothing_runs_without_a_change() {
    check(as_it_was, unforced, expect![""]).await;
    check(
        |with| with.params["unread"] = json!(2),
        unforced,
        expect![""],
    )
    .await;
    // Equal, otherwise spelled.
    check(
        |with| with.params = json!({"unread": 1, "label": "x"}),
        unforced,
        expect![""],
    )
    .await;
}

#[tokio::test]
async fn an_output_that_stays_the_same_leaves_its_readers_skipped() {
    // The headers are others, and count for nothing.
    let skipped = expect!["page [words] [count] [hash] [label] [shared] [onlooker]"];
    check(as_it_was, Run::force::<page>, skipped).await;
    let skipped = expect!["words [page] [count] [hash] [label] [shared] [onlooker]"];
    check(as_it_was, Run::force::<words>, skipped).await;
}

#[tokio::test]
async fn a_change_reaches_its_readers_and_theirs_as_far_as_it_goes() {
    let text = |text: &'static str| move |with: &mut Second| with.world.says(text);
    let all = expect!["page words count hash [label] [shared] [onlooker]"];
    check(text("c b a"), Run::force::<page>, all).await;
    // The same words in another order: `words` gives the same, and stops the change there.
    let part = expect!["page words hash [count] [label] [shared] [onlooker]"];
    check(text("a b"), Run::force::<page>, part).await;
    let body =
        |with: &mut Second| *with.world.content_type.lock().unwrap() = "text/plain; charset=latin1";
    let readers = expect!["page words [count] [hash] [label] [shared] [onlooker]"];
    check(body, Run::force::<page>, readers).await;
}

#[tokio::test]
async fn params_reach_those_who_read_them() {
    let label = expect!["label [page] [words] [count] [hash] [shared] [onlooker]"];
    check(|with| with.params["label"] = json!("y"), unforced, label).await;
    let gone = expect!["label [page] [words] [count] [hash] [shared] [onlooker]"];
    check(|with| with.params = json!({"unread": 1}), unforced, gone).await;
    let shared = expect!["shared [page] [words] [count] [hash] [label] [onlooker]"];
    check(|with| with.shared = json!({"size": 2}), unforced, shared).await;
}

#[tokio::test]
async fn a_change_that_nobody_has_read_yet_is_read_by_the_next_run() {
    // As we store it, and as the predecessor did, which recorded nothing of what was read.
    for metas in [true, false] {
        let (sandbox, world) = (Sandbox::new(), Arc::new(World::new()));
        let run = || {
            All::in_dir(sandbox.dir())
                .tasks(Tasks::from_pairs([("a", json!({"label": "x"}))]).unwrap())
                .state(world.clone())
                .progress(Progress::Off)
        };
        run().run().await.unwrap();
        sandbox.edit("a", |status| {
            status.retain(|name, _| metas || !name.ends_with("_meta"));
        });
        world.says("d c b a");
        let page = run().force::<page>().only::<page>();
        page.run().await.unwrap();
        assert_eq!(sandbox.status("a")["words"], json!(["a", "b"]));
        world.ran.lock().unwrap().clear();

        run().run().await.unwrap();
        assert_eq!(*world.ran.lock().unwrap(), ["words", "count", "hash"]);
        assert_eq!(sandbox.status("a")["count"], 4);
    }
}
