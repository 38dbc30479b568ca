//! Links in an archive, in the place of whatever a run reads or writes there.

use std::fs;
use std::os::unix::fs::symlink;

use scrapeflow::prelude::*;
use scrapeflow::store::ArchiveStore;
use serde_json::json;

use crate::canary::{Canary, entries};
use crate::shop::{Shop, clear};

/// Names in an archive; what is linked there, beside it; and whether the next run goes on.
const LINKS: [(&str, &str, bool); 14] = [
    ("status.db", "archive/status.db", false),
    ("status.db", "page", false),
    ("status.db", "nothing", false),
    ("pages-00001.warc.gz", "archive/pages-00001.warc.gz", false),
    ("pages-00001.warc.gz", "page", false),
    ("pages-00001.warc.gz", "nothing", false),
    ("lock", "page", false),
    ("lock", "nothing", false),
    ("status.db-wal", "page", false),
    ("status.db-wal", "nothing", false),
    ("status.db-shm", "page", false),
    ("status.db-shm", "nothing", false),
    ("status.db-journal", "page", false),
    ("status.db-journal", "nothing", false),
];

#[test]
fn no_link_is_followed() {
    for (name, to, goes_on) in LINKS {
        let shop = Shop::scraped("pages.sfa");
        let mut canary = Canary::new();
        shop.run(&["pack", "pages", canary.path("archive").to_str().unwrap()]);
        fs::create_dir_all(canary.path("archive")).unwrap();
        for entry in entries(&shop.path("pages.sfa")) {
            fs::copy(
                &entry,
                canary.path("archive").join(entry.file_name().unwrap()),
            )
            .unwrap();
        }
        canary.remember();
        let planted = shop.path("pages.sfa").join(name);
        let moved = shop.path("moved");
        let was_there = planted.is_file();
        if was_there {
            fs::rename(&planted, &moved).unwrap();
        }
        symlink(canary.path(to), &planted).unwrap();
        let what = format!("{name} -> {to}");
        let said = shop.run_all("pages.sfa");
        assert_eq!(said.code == 0, goes_on, "{what}: {said:?}");
        canary.check(&what);
        shop.all("pages.sfa", &canary, &what);
        if planted.is_symlink() {
            clear(&planted);
        }
        if was_there {
            fs::rename(&moved, &planted).unwrap();
        }
        shop.goes_on("pages.sfa", &what);
    }
}

#[executor]
async fn page(key: Key, files: Files) -> Result<Saved> {
    files.save("page", key.to_string()).await
}

workflow! { Pages = page; }

/// A file of pages is begun where something lies already.
#[tokio::test]
async fn what_has_the_name_of_the_next_file_of_pages_is_replaced() {
    let canary = Canary::new();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    symlink(canary.path("page"), at("pages-00002.warc.gz")).unwrap();
    symlink(canary.path("nothing"), at("pages-00003.warc.gz")).unwrap();
    fs::hard_link(canary.path("page"), at("pages-00004.warc.gz")).unwrap();
    let run = |keys: &[&str]| {
        let tasks = keys.iter().map(|key| (*key, json!({})));
        let store = ArchiveStore::new(folder.path()).roll_over(1);
        let run: Run<Pages> = Pages::in_store(store);
        run.tasks(Tasks::from_pairs(tasks).unwrap())
            .progress(Progress::Off)
    };
    // Files of pages without a database are half of an archive, which is refused; so there is one first.
    let refused = run(&["a"]).run().await.unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("half of the archive is missing"),
        "{refused}"
    );
    let others: Vec<_> = [2, 3, 4]
        .map(|n| at(&format!("pages-0000{n}.warc.gz")))
        .into();
    let aside = tempfile::tempdir().unwrap();
    for other in &others {
        fs::rename(other, aside.path().join(other.file_name().unwrap())).unwrap();
    }
    run(&["a"]).run().await.unwrap();
    for other in &others {
        fs::rename(aside.path().join(other.file_name().unwrap()), other).unwrap();
    }
    let report = run(&["a", "b", "c", "d", "e"]).run().await.unwrap();
    assert_eq!(report.done(), 5, "{report}");
    canary.check("the next files of pages");
    let again = run(&["a", "b", "c", "d", "e"]).run().await.unwrap();
    assert_eq!(again.count(Outcome::Skipped), 5, "{again}");
}
