//! A shop of two hosts, and the workflow of three executors that reads it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use scrapeflow::Host;
use scrapeflow::http::{Request, Response};
use scrapeflow::middleware::Body as HttpBody;
use scrapeflow::prelude::*;
use scrapeflow::testing::World;

/// How many tasks there are.
pub(crate) const TASKS: u64 = 50;

/// The executors, in order.
pub(crate) const EXECUTORS: [&str; 3] = ["page", "words", "stock"];

/// Further tries of a request, and of an executor.
pub(crate) const RETRIES: (u32, u32) = (2, 1);

/// Between one request to the shop and the next.
pub(crate) const DELAY: Duration = Duration::from_millis(200);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) number: u64,
    /// Which edition of the page is wanted.
    pub(crate) edition: u64,
}

/// What an edition of a page says; each has its own length.
pub(crate) fn text(number: u64, edition: u64) -> String {
    let filler = "x".repeat(usize::try_from(10 * edition).unwrap());
    format!("product {number} edition {edition} {filler}end")
}

/// What both hosts answer.
pub(crate) async fn site(request: Request<HttpBody>) -> Response<HttpBody> {
    let uri = request.uri();
    let numbers: Vec<u64> = uri
        .path()
        .split('/')
        .filter_map(|number| number.parse().ok())
        .collect();
    let body = match (uri.host(), &numbers[..]) {
        (Some("shop.example"), [number, edition]) => text(*number, *edition),
        (Some("stock.example"), [number, edition]) => {
            format!("{{\"stock\": {}}}", number * 100 + edition)
        }
        _ => return Response::builder().status(404).body("".into()).unwrap(),
    };
    Response::new(body.into())
}

/// What a run of the shop is watched by.
pub(crate) struct Watch {
    world: World,
    /// How often each executor was called on each task.
    calls: Mutex<HashMap<(&'static str, String), u64>>,
    at_work: AtomicUsize,
    most: AtomicUsize,
}

impl Watch {
    pub(crate) fn new(world: &World) -> Arc<Self> {
        Arc::new(Self {
            world: world.clone(),
            calls: Mutex::default(),
            at_work: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        })
    }

    fn called(&self, executor: &'static str, key: &Key) {
        let mut calls = self.calls.lock().unwrap();
        *calls.entry((executor, key.to_string())).or_default() += 1;
    }

    pub(crate) fn calls(&self, executor: &'static str, key: &str) -> u64 {
        let calls = self.calls.lock().unwrap();
        calls
            .get(&(executor, key.to_owned()))
            .copied()
            .unwrap_or_default()
    }

    /// How many were at work at once, at the most.
    pub(crate) fn most_at_work(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    fn works(&self) -> Working<'_> {
        let now = self.at_work.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        Working(self)
    }
}

struct Working<'a>(&'a Watch);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Fetches the edition that is wanted, and refuses whatever isn't it.
#[executor]
async fn page(
    key: Key,
    Params(product): Params<Product>,
    fetch: Fetch,
    watch: State<Arc<Watch>>,
) -> Result<Scraped> {
    watch.called("page", &key);
    let Product { number, edition } = product;
    fetch
        .get(&format!("https://shop.example/{number}/{edition}"))
        .validate(move |page| {
            ensure!(page.text() == text(number, edition), "this is no product");
            Ok(())
        })
        .save("page")
        .await
}

#[executor]
async fn words(key: Key, page: Body<page>, watch: State<Arc<Watch>>) -> Result<Vec<String>> {
    watch.called("words", &key);
    let _works = watch.works();
    tokio::time::sleep(Duration::from_millis(watch.world.below(2000))).await;
    Ok(page.text().split(' ').map(str::to_owned).collect())
}

#[derive(Debug, Serialize, Deserialize)]
struct Stock {
    stock: u64,
}

#[executor]
async fn stock(
    key: Key,
    words: Output<words>,
    fetch: Fetch,
    watch: State<Arc<Watch>>,
) -> Result<u64> {
    watch.called("stock", &key);
    let [_, number, _, edition, ..] = &words[..] else {
        bail!("{} words", words.len());
    };
    let url = format!("https://stock.example/{number}/{edition}");
    let answer = fetch.get(&url).send().await?.text().await?;
    let told: Stock = serde_json::from_str(&answer).recorded("the stock is garbled")?;
    ensure!(
        told.stock / 100 == number.parse::<u64>()?,
        "the stock of another"
    );
    Ok(told.stock)
}

workflow! { pub(crate) Shop = page -> words -> stock; }

/// A run over all products.
pub(crate) fn run(
    world: &World,
    watch: &Arc<Watch>,
    products: &[Product],
    at_once: usize,
) -> Run<Shop> {
    // Some come twice.
    let tasks = products
        .iter()
        .chain(&products[..3])
        .map(|product| (format!("product-{}", product.number), product.clone()));
    let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(10));
    Shop::in_store(world.store())
        .tasks(Tasks::from_pairs(tasks).unwrap())
        .layer(world.network())
        // To read the system's roots takes as long as all the rest, and nothing is encrypted here.
        .danger_accept_invalid_certs(true)
        .state(watch.clone())
        .max_parallelism(at_once)
        .retries(RETRIES.1)
        .backoff(backoff)
        .request_retries(RETRIES.0)
        .request_backoff(backoff)
        .request_timeout(Duration::from_secs(20))
        .timeout(Duration::from_secs(600))
        .host("shop.example", |host: Host| {
            host.pace(Pace::default().delay(DELAY).concurrency(2))
        })
        .progress(Progress::Off)
}
