//! scrapeflow's ready-made `scrape`.

use scrapeflow::ProxyList;
use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow::store::{ArchiveStore, DirStore};

workflow! {
    /// Pages as they are.
    Pages = scrape;
}

const PROXIES: usize = 200;

/// Scrapes the pages as that client.
pub(crate) async fn run(who: &str, prefix: &str, dir: &str, tasks: u64, in_flight: usize) {
    let in_dir = || Pages::in_store(DirStore::new(dir));
    let run = match who {
        "directory" => in_dir(),
        "directory, polite" => politely(in_dir()),
        "directory, 200 proxies" => in_dir().proxies(proxies(prefix)),
        "archive" => Pages::in_store(ArchiveStore::new(dir)),
        "archive, plain" => Pages::in_store(ArchiveStore::new(dir).plain()),
        _ => panic!("there is no client `{who}`"),
    };
    let prefix = prefix.to_owned();
    let pages = (0..tasks).map(move |nth| Task::from_url(format!("{prefix}{nth}")));
    let run = run
        .tasks(Tasks::from_iterator(pages))
        .max_parallelism(in_flight)
        .progress(Progress::Off);
    let report = run.run().await.expect("the run ends");
    assert_eq!(report.count(Outcome::Succeeded), tasks, "{report}");
}

/// Everything that keeps a run welcome, set so that it limits nothing.
fn politely(run: Run<Pages>) -> Run<Pages> {
    let pace = Pace::default().concurrency(10_000);
    run.politeness(Politeness::default().pace(pace).robots(true))
        .cookie_store(true)
}

/// The server answers what is asked of it as a proxy, too: 200 of them, which it tells apart by their users alone, and the
/// client altogether.
fn proxies(prefix: &str) -> ProxyList {
    let (_, rest) = prefix.split_once("://").expect("a URL");
    let (address, _) = rest.split_once('/').expect("a URL with a path");
    let proxies = (0..PROXIES).map(|nth| format!("http://user-{nth}:password@{address}"));
    ProxyList::new(proxies).expect("proxies")
}
