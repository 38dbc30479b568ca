//! The pace of a host holds whatever happens: the least delay between the starts of two of its requests, and
//! how many are under way, each until its body is read; for requests of all tasks, tries and places alike.
//!
//! The web is a layer that answers by itself, and the time is paused: every second is exact, and a run that
//! hangs fails at once.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::future::join_all;
use futures::stream;
use scrapeflow::http;
use scrapeflow::middleware::tower::Layer;
use scrapeflow::middleware::{Body, HttpService, Transport, answering};
use scrapeflow::prelude::*;
use scrapeflow::store::MemoryStore;
use serde_json::json;
use tokio::time::{Instant, sleep};

const PACED: &str = "paced.example";
const OTHER: &str = "other.example";

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Answers after a while, and its bodies take another; longer at hosts that aren't the paced one.
#[derive(Debug, Clone)]
struct Web {
    answer: Duration,
    body: Duration,
    hosts: Arc<Mutex<BTreeMap<String, Asked>>>,
}

/// What came to a host.
#[derive(Debug, Default)]
struct Asked {
    at: Vec<Instant>,
    under_way: usize,
    most: usize,
}

impl Web {
    fn taking(answer: Duration, body: Duration) -> Self {
        let hosts = Arc::default();
        Self {
            answer,
            body,
            hosts,
        }
    }

    fn layer(&self) -> impl Layer<Transport, Service: HttpService> + Send + Sync + use<> {
        let web = self.clone();
        answering(move |request| web.clone().answer(request))
    }

    async fn answer(self, request: http::Request<Body>) -> http::Response<Body> {
        let host = request.uri().host().unwrap();
        let under_way = self.begin(host);
        sleep(if host == PACED {
            self.answer
        } else {
            self.answer * 7
        })
        .await;
        let body = stream::once(async move {
            sleep(self.body).await;
            drop(under_way);
            Ok::<_, Infallible>(Bytes::from_static(b"page"))
        });
        http::Response::new(Body::wrap_stream(body))
    }

    fn begin(&self, host: &str) -> UnderWay {
        let mut hosts = self.hosts.lock().unwrap();
        let asked = hosts.entry(host.to_owned()).or_default();
        asked.at.push(Instant::now());
        asked.under_way += 1;
        asked.most = asked.most.max(asked.under_way);
        UnderWay(self.clone(), host.to_owned())
    }

    /// The times between the starts of a host's requests, and how many were under way at most.
    fn asked(&self, host: &str) -> (Vec<Duration>, usize) {
        let hosts = self.hosts.lock().unwrap();
        let asked = &hosts[host];
        let gaps = asked.at.windows(2).map(|pair| pair[1] - pair[0]);
        (gaps.collect(), asked.most)
    }
}

/// A request, until its body is read.
struct UnderWay(Web, String);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut hosts = self.0.hosts.lock().unwrap();
        hosts.get_mut(&self.1).unwrap().under_way -= 1;
    }
}

#[derive(Serialize, Deserialize)]
struct Page {
    url: String,
}

#[executor]
async fn named(page: Params<Page>, fetch: Fetch) -> Result<()> {
    fetch.get(&page.url).send().await?.bytes().await?;
    Ok(())
}

/// Takes its URL out of its key.
#[executor]
async fn found(key: Key, fetch: Fetch) -> Result<()> {
    let (host, n) = key.as_str().split_once(' ').recorded("a host")?;
    let url = format!("http://{host}/{n}");
    fetch.get(&url).send().await?.bytes().await?;
    Ok(())
}

/// Asks for five things at once, and then for one more.
#[executor]
async fn at_once(page: Params<Page>, fetch: Fetch) -> Result<()> {
    let parts = (0..5).map(|n| {
        let part = fetch.get(&format!("{}/{n}", page.url));
        async move { part.send().await?.bytes().await }
    });
    for part in join_all(parts).await {
        part?;
    }
    fetch.get(&page.url).send().await?.bytes().await?;
    Ok(())
}

workflow! { Named = named; }
workflow! { Found = found; }
workflow! { AtOnce = at_once; }

/// So many tasks of each host, in turns.
fn tasks(each: usize, hosts: &[&str]) -> Tasks {
    let of_all = (0..each).flat_map(|n| hosts.iter().map(move |host| (n, *host)));
    Tasks::from_pairs(of_all.map(|(n, host)| {
        let url = format!("http://{host}/{n}");
        (
            format!("{} {n}", host.replace(':', "-")),
            json!({"url": url}),
        )
    }))
    .unwrap()
}

/// A run that hangs ends here: the paused time goes on to the next timer, which is this one.
async fn ended<W: Workflow>(web: &Web, run: Run<W>) -> Report {
    let run = run.layer(web.layer()).progress(Progress::Off).run();
    tokio::time::timeout(Duration::from_secs(1_000_000), run)
        .await
        .expect("the run hangs")
        .unwrap()
}

/// An answer that its task leaves unread and goes on from may count no more: `unread` of each.
async fn keeps_its_pace<W: Workflow>(unread: usize) {
    let second = Pace::default().delay(millis(1000));
    let jittered = second.jitter(0.5);
    for (pace, at_most) in [
        (second, None),
        (second.concurrency(1), Some(1)),
        (second.concurrency(3), Some(3)),
        (jittered, None),
        (jittered.concurrency(3), Some(3)),
        (Pace::default().concurrency(2), Some(2)),
    ] {
        for places in [1, 2, 3, 100] {
            let web = Web::taking(millis(130), millis(250));
            let run = W::in_store(MemoryStore::new())
                .tasks(tasks(12, &[PACED, OTHER, "third.example"]))
                .host(PACED, |host| host.pace(pace))
                .max_parallelism(places);
            let report = ended(&web, run).await;
            assert_eq!(report.count(Outcome::Succeeded), 36, "{report}");
            let (gaps, most) = web.asked(PACED);
            let case = format!("{pace:?}, {places} places: {gaps:?}, {most} under way");
            assert!(
                at_most.is_none_or(|at_most| most <= at_most * (1 + unread)),
                "{case}"
            );
            let delayed = pace != Pace::default().concurrency(2);
            assert!(
                !delayed || gaps.iter().all(|gap| *gap >= millis(1000)),
                "{case}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn delay_and_concurrency_hold_with_few_places_and_many() {
    keeps_its_pace::<Named>(0).await;
}

#[tokio::test(start_paused = true)]
async fn delay_and_concurrency_hold_where_only_the_executors_know_the_host() {
    keeps_its_pace::<Found>(0).await;
}

#[tokio::test(start_paused = true)]
async fn delay_and_concurrency_hold_for_a_request_that_follows_an_unread_answer() {
    keeps_its_pace::<Looking>(1).await;
}

#[tokio::test(start_paused = true)]
async fn delay_and_concurrency_hold_for_requests_of_one_executor_at_once() {
    for places in [1, 100] {
        let web = Web::taking(millis(1300), Duration::ZERO);
        let pace = Pace::default().delay(millis(1000)).concurrency(5);
        let run = AtOnce::in_store(MemoryStore::new())
            .tasks(tasks(3, &[PACED, OTHER]))
            .politeness(Politeness::default().pace(pace))
            .timeout(millis(1_000_000))
            .max_parallelism(places);
        assert_eq!(ended(&web, run).await.count(Outcome::Succeeded), 6);
        for host in [PACED, OTHER] {
            let (gaps, most) = web.asked(host);
            assert_eq!(gaps.len(), 3 * 6 - 1);
            assert!(
                gaps.iter().all(|gap| *gap >= millis(1000)),
                "{places} places: {gaps:?}"
            );
            assert!((2..=5).contains(&most), "{places} places: {most}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_is_asked_as_fast_as_its_pace_lets_and_jitter_only_adds() {
    let second = Pace::default().delay(millis(1000));
    for (pace, longest) in [
        (second, 1000),
        (second.jitter(0.5), 1500),
        (second.jitter(2.0), 3000),
    ] {
        let web = Web::taking(millis(100), millis(100));
        let run = Named::in_store(MemoryStore::new())
            .tasks(tasks(40, &[PACED]))
            .politeness(Politeness::default().pace(pace));
        ended(&web, run).await;
        let (gaps, _) = web.asked(PACED);
        // The timer counts in milliseconds.
        let fits = |gap: &Duration| (millis(1000)..=millis(longest + 1)).contains(gap);
        assert!(
            gaps.len() == 39 && gaps.iter().all(fits),
            "{pace:?}: {gaps:?}"
        );
        let distinct = gaps.iter().collect::<std::collections::BTreeSet<_>>().len();
        assert!((distinct > 10) == (longest > 1000), "{pace:?}: {gaps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_places_of_a_host_are_used_and_a_body_that_is_read_gives_one_back() {
    let web = Web::taking(millis(100), millis(900));
    let began = Instant::now();
    let run = Named::in_store(MemoryStore::new())
        .tasks(tasks(30, &[PACED]))
        .politeness(Politeness::default().pace(Pace::default().concurrency(3)));
    assert_eq!(ended(&web, run).await.count(Outcome::Succeeded), 30);
    assert_eq!((web.asked(PACED).1, began.elapsed()), (3, millis(10_000)));
}

#[tokio::test(start_paused = true)]
async fn a_host_has_its_own_pace_and_others_the_runs() {
    let (none, slow, faster) = (
        Pace::default(),
        Pace::per_second(1.0),
        Pace::per_second(10.0),
    );
    for (runs, name, own, [paced, other]) in [
        (none, PACED, slow, [1000, 0]),
        (none, "Paced.EXAMPLE", slow, [1000, 0]),
        (faster, PACED, slow, [1000, 100]),
        (faster, PACED, none, [0, 100]),
    ] {
        let web = Web::taking(millis(100), millis(100));
        // A host is its name: ports share its pace, hosts below it don't.
        let hosts = [PACED, "paced.example:8080", OTHER, "www.paced.example"];
        let run = Named::in_store(MemoryStore::new())
            .tasks(tasks(5, &hosts))
            .politeness(Politeness::default().pace(runs))
            .host(name, |host| host.pace(own));
        assert_eq!(ended(&web, run).await.count(Outcome::Succeeded), 20);
        assert_eq!(web.asked(PACED).0, [millis(paced); 9], "{name}: {own:?}");
        for host in [OTHER, "www.paced.example"] {
            assert_eq!(web.asked(host).0, [millis(other); 4], "{host}: {runs:?}");
        }
    }
}

/// Looks at one answer without reading it, and asks for another.
#[executor]
async fn looks(page: Params<Page>, fetch: Fetch) -> Result<()> {
    let unread = fetch.get(&page.url).send().await?;
    fetch.get(&page.url).send().await?.bytes().await?;
    drop(unread);
    Ok(())
}

/// Reads none of five before all are there.
#[executor]
async fn collects(page: Params<Page>, fetch: Fetch) -> Result<()> {
    let parts = (0..5).map(|n| fetch.get(&format!("{}/{n}", page.url)).send());
    for part in join_all(parts).await {
        part?.bytes().await?;
    }
    Ok(())
}

/// Looks at an answer of one host while it asks the other: half of the tasks the other way round.
#[executor]
async fn crosses(key: Key, fetch: Fetch) -> Result<()> {
    let mut hosts = [PACED, OTHER];
    if key.as_str().starts_with(OTHER) {
        hosts.reverse();
    }
    let unread = fetch.get(&format!("http://{}/", hosts[0])).send().await?;
    let url = format!("http://{}/", hosts[1]);
    fetch.get(&url).send().await?.bytes().await?;
    drop(unread);
    Ok(())
}

workflow! { Looking = looks; }
workflow! { Collecting = collects; }
workflow! { Crossing = crosses; }

async fn comes_to_an_end<W: Workflow>() {
    let (web, began) = (Web::taking(millis(100), millis(100)), Instant::now());
    let run = W::in_store(MemoryStore::new())
        .tasks(tasks(2, &[PACED, OTHER]))
        .politeness(Politeness::default().pace(Pace::default().concurrency(1)))
        .timeout(millis(20_000));
    assert_eq!(ended(&web, run).await.total(), 4, "{}", W::NAME);
    let took = began.elapsed();
    assert!(took <= millis(100_000), "{} took {took:?}", W::NAME);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_answers_that_are_left_unread_does_not_wait_forever() {
    comes_to_an_end::<Looking>().await;
    comes_to_an_end::<Collecting>().await;
    comes_to_an_end::<Crossing>().await;
}
