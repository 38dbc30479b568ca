//! `Politeness::polite()`: one request at a time at each host, 1 s to 1.5 s from the start of one to the start
//! of the next, robots.txt asked first, and none of that waiting counted as the executor's time. What a
//! robots.txt asks for as `Crawl-delay` goes over a shorter delay of one's own. The web is a layer, and the
//! time paused.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use scrapeflow::http;
use scrapeflow::middleware::tower::Layer;
use scrapeflow::middleware::{Body as Bytes, HttpService, Transport, answering};
use scrapeflow::prelude::*;
use scrapeflow::ready::{ScrapeParams, scrape};
use scrapeflow::store::MemoryStore;
use scrapeflow::{Heard, Taken, Turn, Turns};
use tokio::time::{Instant, sleep};

workflow! { Pages = scrape; }

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Timers of the paused time go by milliseconds.
const TICKS: Duration = millis(3);

/// Answers each request after a while, instead of the network, and notes when it came.
#[derive(Clone)]
struct Web {
    robots: &'static str,
    takes: Duration,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    /// Paths and when they were asked for, by host.
    asked: BTreeMap<String, Vec<(String, Instant)>>,
    now: HashMap<String, usize>,
    /// At once at one host, at most.
    most: usize,
}

impl Web {
    fn new(robots: &'static str, takes: Duration) -> Self {
        Self {
            robots,
            takes,
            seen: Arc::default(),
        }
    }

    fn layer(&self) -> impl Layer<Transport, Service: HttpService> + Send + Sync + 'static {
        let web = self.clone();
        answering(move |request| {
            let web = web.clone();
            async move { web.answer(request.uri()).await }
        })
    }

    async fn answer(&self, uri: &http::Uri) -> http::Response<Bytes> {
        let (host, path) = (uri.host().unwrap().to_owned(), uri.path().to_owned());
        let body = match &*path {
            "/robots.txt" => self.robots,
            _ => "page",
        };
        {
            let mut seen = self.seen.lock().unwrap();
            let asked = seen.asked.entry(host.clone()).or_default();
            asked.push((path, Instant::now()));
            let now = seen.now.entry(host.clone()).or_default();
            *now += 1;
            seen.most = seen.most.max(seen.now[&host]);
        }
        sleep(self.takes).await;
        *self.seen.lock().unwrap().now.get_mut(&host).unwrap() -= 1;
        http::Response::new(Bytes::from(body))
    }

    /// What each host was asked for: the paths, and the times between them.
    fn asked(&self) -> Vec<(Vec<String>, Vec<Duration>)> {
        let seen = self.seen.lock().unwrap();
        let asked = seen.asked.values().map(|asked| {
            let gaps = asked.windows(2).map(|two| two[1].1 - two[0].1);
            let paths = asked.iter().map(|(path, _)| path.clone());
            (paths.collect(), gaps.collect())
        });
        asked.collect()
    }
}

/// So many pages of each of so many hosts, those of one host together.
fn run(web: &Web, hosts: usize, pages: usize) -> Run<Pages> {
    let tasks = (0..hosts * pages).map(|n| {
        let (host, page) = (n / pages, n % pages);
        let url = format!("http://host-{host}.example/page/{page}");
        (n.to_string(), ScrapeParams::new(url))
    });
    Pages::in_store(MemoryStore::new())
        .tasks(Tasks::from_pairs(tasks).unwrap())
        .layer(web.layer())
        .request_retries(0)
        .progress(Progress::Off)
}

#[tokio::test(start_paused = true)]
async fn each_host_is_asked_politely_and_no_waiting_counts() {
    let began = Instant::now();
    for takes in [millis(0), millis(400)] {
        let web = Web::new("", takes);
        let run = run(&web, 5, 20)
            .politeness(Politeness::polite())
            .timeout(Duration::from_secs(2));
        let report = run.run().await.unwrap();
        assert_eq!((report.done(), report.failed()), (100, 0), "{report}");
        assert_eq!(web.seen.lock().unwrap().most, 1, "one at a time");

        let asked = web.asked();
        assert_eq!(asked.len(), 5);
        for (paths, gaps) in asked {
            assert_eq!(paths[0], "/robots.txt", "before any page");
            let mut pages: Vec<_> = paths[1..].to_vec();
            pages.sort_unstable();
            pages.dedup();
            assert_eq!((paths.len(), pages.len()), (21, 20));
            for gap in gaps {
                assert!(
                    (millis(1000)..=millis(1500) + TICKS).contains(&gap),
                    "{gap:?}"
                );
            }
        }
    }
    // Side by side: 20 requests after the first of each host.
    let longest = 2 * 20 * (millis(1500) + TICKS) + millis(1000);
    assert!(began.elapsed() < longest, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_longer_of_crawl_delay_and_ones_own_counts() {
    let own = |seconds| Pace::default().delay(Duration::from_secs(seconds));
    for (robots, pace, obeyed, seconds) in [
        ("user-agent: *\ncrawl-delay: 5", own(1), true, 5),
        ("user-agent: *\ncrawl-delay: 1", own(3), true, 3),
        ("user-agent: *\ncrawl-delay: 2", Pace::default(), true, 2),
        ("user-agent: *\ncrawl-delay: 5", own(1), false, 1),
        (
            "user-agent: scrapeflow\ncrawl-delay: 4\ndisallow:\nuser-agent: *\ncrawl-delay: 9",
            own(1).concurrency(1),
            true,
            4,
        ),
    ] {
        let web = Web::new(robots, millis(0));
        let run = run(&web, 2, 10).politeness(Politeness::default().pace(pace).robots(obeyed));
        assert_eq!(run.run().await.unwrap().done(), 20, "{robots}");
        for (paths, gaps) in web.asked() {
            // The first page follows the file that says so, as it was to be before.
            let first = usize::from(obeyed);
            assert_eq!((paths.len(), gaps.len()), (10 + first, 9 + first));
            for gap in &gaps[first..] {
                let due = Duration::from_secs(seconds);
                assert!((due..=due + TICKS).contains(gap), "{robots}: {gap:?}");
            }
        }
    }
}

/// Grants every turn, and notes what it is told.
#[derive(Debug, Clone, Default)]
struct Listening(Arc<Mutex<Vec<(String, Duration)>>>);

impl Turns for Listening {
    fn are_limited(&self) -> bool {
        false
    }

    fn try_take(&self, _: &str) -> Taken {
        Taken::Free
    }

    fn take<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Box<dyn Turn>> {
        unreachable!("nothing is limited")
    }

    fn heard(&self, _: &str, _: Instant, _: Heard) {}

    fn crawl_delay(&self, host: &str, delay: Duration) {
        self.0.lock().unwrap().push((host.to_owned(), delay));
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_grants_turns_is_told_the_crawl_delay() {
    let (web, told) = (
        Web::new("user-agent: *\ncrawl-delay: 2.5", millis(0)),
        Listening::default(),
    );
    let run = run(&web, 1, 3)
        .politeness(Politeness::default().robots(true))
        .turns(told.clone());
    assert_eq!(run.run().await.unwrap().done(), 3);
    let told = told.0.lock().unwrap().clone();
    assert_eq!(told, [("host-0.example".to_owned(), millis(2500))]);
}

#[tokio::test(start_paused = true)]
async fn hosts_have_their_own_crawl_delay() {
    let web = Web::new("user-agent: *\ncrawl-delay: 3", millis(0));
    let run = run(&web, 2, 10)
        .politeness(Politeness::default().robots(true))
        .host("host-1.example", |host| host.robots(false));
    assert_eq!(run.run().await.unwrap().done(), 20);
    let asked = web.asked();
    assert!(asked[0].1[1..].iter().all(|gap| *gap >= millis(3000)));
    assert!(asked[1].1.iter().all(|gap| *gap <= TICKS), "{:?}", asked[1]);
}
