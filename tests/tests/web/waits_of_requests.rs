//! What a request waits for is no part of its attempt's time: its host's turn, also after a redirect, and a place when
//! the turn has come.

use std::time::Duration;

use scrapeflow::http;
use scrapeflow::middleware::{Body, answering};
use scrapeflow::prelude::*;
use scrapeflow::store::MemoryStore;
use tokio::time::sleep;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Asks `slow.example` twice, or works for 40 s without asking.
#[executor]
async fn visit(key: Key, fetch: Fetch) -> Result<()> {
    if key.as_str() == "busy" {
        sleep(seconds(40)).await;
    } else {
        for path in ["", "moved"] {
            let url = format!("http://slow.example/{path}");
            fetch.get(&url).send().await?.bytes().await?;
        }
    }
    Ok(())
}

workflow! { Visits = visit; }

/// How a run ends whose requests take 10 s, at a host with this pace.
async fn failures(keys: &[&str], pace: Pace, timeout: Duration, places: usize) -> String {
    let web = answering(async |request: http::Request<Body>| {
        sleep(seconds(10)).await;
        let answer = match request.uri().path() {
            "/moved" => http::Response::builder()
                .status(302)
                .header("location", "/here"),
            _ => http::Response::builder(),
        };
        answer.body(Body::from("page")).unwrap()
    });
    let store = MemoryStore::new();
    let tasks = keys.iter().map(|key| (*key, serde_json::json!({})));
    let report = Visits::in_store(store)
        .tasks(Tasks::from_pairs(tasks).unwrap())
        .politeness(Politeness::default().pace(pace))
        .max_parallelism(places)
        .timeout(timeout)
        .request_retries(0)
        .layer(web)
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!(report.done() + report.failed(), keys.len() as u64);
    let errors = report.executors[0]
        .errors
        .iter()
        .map(|error| error.message.clone());
    errors.collect::<Vec<_>>().join(", ")
}

#[tokio::test(start_paused = true)]
async fn a_redirect_within_a_host_waits_for_its_turn_without_its_time_running() {
    let pace = Pace::default().concurrency(1).delay(seconds(120));
    let told = failures(&["page"], pace, seconds(31), 4).await;
    assert_eq!(told, "");
    // The time of the requests themselves does count.
    let told = failures(&["page"], pace, seconds(29), 4).await;
    assert!(told.contains("ran over its 29 s"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_place_is_waited_for_without_its_time_running() {
    let pace = Pace::default().delay(seconds(15));
    let told = failures(&["page", "busy"], pace, seconds(45), 1).await;
    assert_eq!(told, "");
}
