//! What the site serves: some pages that can all be changed at once. It counts how often each executor ran on each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use scrapeflow_tests::{Answer, Site};

/// The executors of the run, in their order.
pub(crate) const EXECUTORS: [&str; 3] = ["scrape", "parse", "count"];

/// Most pages are small. One in so many is too large to be held in memory, and written in several pieces.
const ONE_IN: usize = 64;

/// The pages of `/page?n=<number>`.
#[derive(Clone)]
pub(crate) struct Pages(Arc<Served>);

struct Served {
    version: AtomicU64,
    ran: Vec<[AtomicUsize; 3]>,
}

impl Pages {
    /// Serves the first version of so many pages.
    pub(crate) fn serve(site: &Site, count: usize) -> Self {
        let pages = Self(Arc::new(Served {
            version: AtomicU64::new(1),
            ran: (0..count).map(|_| Default::default()).collect(),
        }));
        let served = pages.clone();
        site.route("/page", move |request| {
            let page = request.target().strip_prefix("/page?n=");
            let page = page.and_then(|page| page.parse().ok()).unwrap();
            served.count("scrape", page);
            Answer::text(text(page, served.version()))
        });
        let served = pages.clone();
        site.route("/ran", move |request| {
            let told = request.target().strip_prefix("/ran?");
            let told = told.and_then(|told| told.split_once("=page-"));
            let (executor, page) = told.unwrap();
            served.count(executor, page.parse().unwrap());
            Answer::text("")
        });
        pages
    }

    fn count(&self, executor: &str, page: usize) {
        let step = EXECUTORS.iter().position(|name| *name == executor);
        self.0.ran[page][step.unwrap()].fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn version(&self) -> u64 {
        self.0.version.load(Ordering::SeqCst)
    }

    /// Changes all pages. Nobody must be fetching.
    pub(crate) fn set_version(&self, version: u64) {
        self.0.version.store(version, Ordering::SeqCst);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.ran.len()
    }

    /// How often each executor ran on each page, ever.
    pub(crate) fn ran(&self) -> Vec<[usize; 3]> {
        let ran = self.0.ran.iter();
        ran.map(|steps| steps.each_ref().map(|count| count.load(Ordering::SeqCst)))
            .collect()
    }
}

/// A page: its first line as [`words`] has it, then what differs in every byte from the version before.
fn text(page: usize, version: u64) -> String {
    let size = if page.is_multiple_of(ONE_IN) {
        150_000
    } else {
        200
    };
    let filler = char::from(b'a' + u8::try_from(version % 26).unwrap());
    let line = words(page, version).join(" ");
    format!("{line}\n{}\n", String::from(filler).repeat(size))
}

/// The words of a page's first line, whose number tells the version as well.
pub(crate) fn words(page: usize, version: u64) -> Vec<String> {
    let more = usize::try_from(version).unwrap();
    let words = ["page", &page.to_string(), "version", &version.to_string()].map(str::to_owned);
    words
        .into_iter()
        .chain(vec!["again".to_owned(); more])
        .collect()
}

/// The version of a page, which has to be exactly so.
pub(crate) fn version_of(page: usize, bytes: &[u8]) -> u64 {
    let read = String::from_utf8_lossy(bytes);
    let version = read
        .split([' ', '\n'])
        .nth(3)
        .and_then(|word| word.parse().ok());
    let version = version.unwrap_or_else(|| panic!("page {page} is {} strange bytes", bytes.len()));
    assert!(
        text(page, version) == read,
        "page {page} is not version {version} of it"
    );
    version
}
