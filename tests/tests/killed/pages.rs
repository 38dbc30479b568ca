//! What the site serves: many pages that can all be changed at once, each counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use scrapeflow_tests::{Answer, Site};

/// How many pages there are.
pub(crate) const ALL: usize = 2000;

/// Most pages are small. One in so many is written to its file in several pieces.
const ONE_IN: usize = 16;

/// The pages of `/page?n=<number>`.
#[derive(Clone)]
pub(crate) struct Pages(Arc<Served>);

struct Served {
    version: AtomicU64,
    hits: Vec<AtomicUsize>,
}

impl Pages {
    /// Serves the first version of them.
    pub(crate) fn serve(site: &Site) -> Self {
        let pages = Self(Arc::new(Served {
            version: AtomicU64::new(1),
            hits: (0..ALL).map(|_| AtomicUsize::new(0)).collect(),
        }));
        let served = pages.clone();
        site.route("/page", move |request| {
            let number = request.target().strip_prefix("/page?n=");
            let page: usize = number.and_then(|number| number.parse().ok()).unwrap();
            served.0.hits[page].fetch_add(1, Ordering::SeqCst);
            Answer::text(text(page, served.version()))
        });
        pages
    }

    pub(crate) fn version(&self) -> u64 {
        self.0.version.load(Ordering::SeqCst)
    }

    /// Changes all pages. Nobody must be fetching.
    pub(crate) fn renew(&self) {
        self.0.version.fetch_add(1, Ordering::SeqCst);
    }

    /// How often each was asked for.
    pub(crate) fn hits(&self) -> Vec<usize> {
        let hits = self.0.hits.iter();
        hits.map(|hits| hits.load(Ordering::SeqCst)).collect()
    }
}

/// A page: its first line as [`words`] has it, then what differs in every byte from the version before.
pub(crate) fn text(page: usize, version: u64) -> String {
    let size = if page.is_multiple_of(ONE_IN) {
        100_000
    } else {
        200
    };
    let filler = char::from(b'a' + u8::try_from(version % 26).unwrap());
    let line = words(page, version).join(" ");
    format!("{line}\n{}\n", String::from(filler).repeat(size))
}

/// The words of a page's first line, whose number depends on the version.
pub(crate) fn words(page: usize, version: u64) -> Vec<String> {
    let more = usize::try_from(version % 3).unwrap();
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
