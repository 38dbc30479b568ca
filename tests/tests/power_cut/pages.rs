//! What the site serves: a few pages of several sizes that can all be changed at once, each counted.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use fastrand::Rng;
use scrapeflow_tests::{Answer, Site};

/// How many pages there are.
pub(crate) const ALL: usize = 24;

/// The pages of `/page?n=<number>`.
#[derive(Clone)]
pub(crate) struct Pages(Arc<Served>);

struct Served {
    version: AtomicU64,
    hits: Vec<AtomicUsize>,
}

impl Pages {
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
            Answer::text(text(page, served.0.version.load(Ordering::SeqCst)))
        });
        pages
    }

    /// All pages are of that version now. Nobody must be fetching.
    pub(crate) fn set(&self, version: u64) {
        self.0.version.store(version, Ordering::SeqCst);
    }

    /// How often each was asked for.
    pub(crate) fn hits(&self) -> Vec<usize> {
        let hits = self.0.hits.iter();
        hits.map(|hits| hits.load(Ordering::SeqCst)).collect()
    }
}

/// Those that there are.
pub(crate) const VERSIONS: [u64; 3] = [1, 2, 3];

/// A page: its first line as [`words`] has it, then what is another in each version, of the same length. No two sectors are
/// alike, and nothing packs well.
pub(crate) fn text(page: usize, version: u64) -> &'static str {
    static TEXTS: LazyLock<Vec<[String; 3]>> = LazyLock::new(|| {
        (0..ALL)
            .map(|page| VERSIONS.map(|version| made(page, version)))
            .collect()
    });
    let nth = VERSIONS.iter().position(|known| *known == version);
    &TEXTS[page][nth.expect("a version that there is")]
}

fn made(page: usize, version: u64) -> String {
    let size = match page % 8 {
        // More than an archive holds in memory, and than a directory writes at once.
        0 => 180_000,
        1..4 => 9_000,
        _ => 300,
    };
    let mut random = Rng::with_seed(version * 1_000 + page as u64);
    let more: String = (0..size).map(|_| random.alphanumeric()).collect();
    format!("{}\n{more}\n", words(page, version).join(" "))
}

/// The words of a page's first line.
pub(crate) fn words(page: usize, version: u64) -> Vec<String> {
    ["page", &page.to_string(), "version", &version.to_string()]
        .map(str::to_owned)
        .into()
}
