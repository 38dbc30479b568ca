//! One task whose executor asks whatever a test wants of one URL.

use futures::future::BoxFuture;
use scrapeflow::prelude::*;
use scrapeflow_tests::Sandbox;
use serde_json::{Value, json};

/// What the executor asks, and what it makes of the answer.
pub(crate) struct Ask(Box<dyn Fn(Fetch) -> BoxFuture<'static, Result<Value>> + Send + Sync>);

#[executor]
pub(crate) async fn asked(fetch: Fetch, ask: State<Ask>) -> Result<Value> {
    (ask.0)(fetch).await
}

workflow! { pub(crate) Asking = asked; }

/// Short, so that tests don't wait for tries.
const SOON: Backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(1));

/// What the executor returned in a run so set up, or `<class> final: <message>` as it was recorded, `retryable`
/// where it may pass. After an error no file is left but the status.
pub(crate) async fn ask<F>(
    url: &str,
    set_up: impl FnOnce(Run<Asking>) -> Run<Asking>,
    asks: impl Fn(Fetch, String) -> F + Send + Sync + 'static,
) -> Result<Value, String>
where
    F: Future<Output = Result<Value>> + Send + 'static,
{
    let sandbox = Sandbox::new();
    let asked_for = url.to_owned();
    let ask = Ask(Box::new(move |fetch| {
        Box::pin(asks(fetch, asked_for.clone()))
    }));
    let run = Asking::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("page", json!({}))]).unwrap())
        .state(ask)
        .request_backoff(SOON)
        .progress(Progress::Off);
    if let Err(error) = set_up(run).run().await {
        return Err(format!("the run ends: {error}"));
    }
    let status = sandbox.status("page");
    let told = status["asked_status"].as_str().unwrap();
    let Some(error) = told.strip_prefix("ERROR ") else {
        assert_eq!(told, "SUCCESS");
        return Ok(status["asked"].clone());
    };
    assert_eq!(sandbox.files(), ["page.status.json"], "{told}");
    let (class, message) = error.split_once("::").unwrap();
    let meta = &status["asked_meta"];
    assert_eq!(status["asked"], Value::Null, "an error has no output");
    let passes = if meta["retryable"] == true {
        "retryable"
    } else {
        "final"
    };
    Err(format!("{class} {passes}: {message}"))
}
