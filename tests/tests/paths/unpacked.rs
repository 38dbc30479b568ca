//! Archives made to be unpacked elsewhere than they say: keys, suffixes and names of files that lead out of the folder, places
//! in files that are none.

use std::fs;
use std::process::Command;

use crate::canary::{Canary, entries};
use crate::shop::Shop;

/// What the database of an archive says after this, of which the task `a` was scraped.
const CHANGES: [&str; 14] = [
    "update tasks set key = '../../x' where key = 'a'",
    "update tasks set key = 'EVIL' where key = 'a'",
    "update tasks set key = 'a/b' where key = 'a'",
    "update tasks set key = '..' where key = 'a'",
    "update tasks set key = '' where key = 'a'",
    "update tasks set key = cast(x'2e2e2f00' as text) where key = 'a'",
    "update bodies set suffix = '../../x'",
    "update bodies set suffix = '/../../x'",
    "update bodies set suffix = 'status.json'",
    "update files set name = '../pages-00001.warc.gz'",
    "update files set name = (select 'CANARY/page')",
    "update files set name = 'pages-00001.warc.gz/../../tasks.csv'",
    "update bodies set offset = -1, length = 9223372036854775807",
    "update bodies set size = 9223372036854775807",
];

#[test]
fn nothing_comes_to_lie_elsewhere() {
    for change in CHANGES {
        let (shop, canary) = (Shop::scraped("pages.sfa"), Canary::new());
        let change = change.replace("CANARY", canary.path("").to_str().unwrap());
        let evil = std::env::temp_dir().join(format!("scrapeflow-evil-{}", std::process::id()));
        let change = change.replace("EVIL", evil.to_str().unwrap());
        let changed = Command::new("sqlite3")
            .arg(shop.path("pages.sfa/status.db"))
            .arg(&change)
            .output()
            .unwrap();
        assert!(changed.status.success(), "{changed:?}");
        let before = entries(shop.folder.path());
        let said = shop.run(&["unpack", "pages.sfa", "again/pages"]);
        canary.check(&change);
        // What could be unpacked is in the folder, by names of tasks that are there.
        assert_eq!(
            entries(&shop.path("again")),
            [shop.path("again/pages")],
            "{change}: {said:?}"
        );
        assert!(
            shop.path("again/pages/b.status.json").exists(),
            "{change}: {said:?}"
        );
        for path in entries(&shop.path("again/pages")) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let is_ours = ["a.", "b."].iter().any(|key| name.starts_with(key));
            assert!(is_ours || name == ".scrapeflow", "{change}: {name}");
        }
        fs::remove_dir_all(shop.path("again")).unwrap();
        assert_eq!(entries(shop.folder.path()), before, "{change}: {said:?}");
        assert!(!evil.with_extension("status.json").exists());
        shop.all("pages.sfa", &canary, &change);
    }
}
