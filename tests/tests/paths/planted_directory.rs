//! Links in a directory, in the place of whatever a run reads or writes there.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::canary::Canary;
use crate::shop::{Shop, clear};

/// Names in a directory in which `a` was scraped and `c` was not; what is linked there, beside the directory; and whether the next
/// run goes on, since what it writes takes the link's place, or the link is swept away.
const LINKS: [(&str, &str, bool); 13] = [
    ("a.status.json", "status.json", false),
    ("a.status.json", "nothing", false),
    ("c.status.json", "nothing", false),
    ("a.scrape", "page", true),
    ("a.scrape", "nothing", true),
    ("c.scrape", "page", true),
    (".scrapeflow", "folder", false),
    (".scrapeflow", "nothing", false),
    (".scrapeflow/lock", "page", false),
    (".scrapeflow/lock", "nothing", false),
    (".scrapeflow/a.status.json", "status.json", true),
    (".scrapeflow/a.scrape", "page", true),
    (".scrapeflow/folder", "folder", true),
];

#[test]
fn no_link_is_followed() {
    for (name, to, goes_on) in LINKS {
        let (shop, canary) = (Shop::scraped("pages"), Canary::new());
        let planted = shop.path("pages").join(name);
        clear(&planted);
        symlink(canary.path(to), &planted).unwrap();
        let what = format!("{name} -> {to}");
        let said = shop.run_all("pages");
        assert_eq!(said.code == 0, goes_on, "{what}: {said:?}");
        canary.check(&what);
        shop.all("pages", &canary, &what);
        if planted.is_symlink() {
            clear(&planted);
        }
        shop.goes_on("pages", &what);
    }
}

/// The same file by another name can be read, and is never written into.
#[test]
fn no_hard_link_is_written_into() {
    for (name, to) in [
        ("a.status.json", "status.json"),
        ("c.status.json", "status.json"),
        ("a.scrape", "page"),
        ("c.scrape", "page"),
        (".scrapeflow/lock", "page"),
        (".scrapeflow/a.status.json", "status.json"),
        (".scrapeflow/a.scrape", "page"),
    ] {
        let (shop, canary) = (Shop::scraped("pages"), Canary::new());
        let planted = shop.path("pages").join(name);
        clear(&planted);
        fs::hard_link(canary.path(to), &planted).unwrap();
        for command in [
            &["run", "pages", "--from", "tasks.csv"][..],
            &["reset", "pages", "--executor", "scrape"],
            &["run", "pages", "--force-all"],
            &["pack", "pages", "pages.sfa"],
        ] {
            shop.run(command);
            canary.check(&format!("{name}, {command:?}"));
        }
    }
}

/// A directory that is a link is the one that it leads to, and nothing comes to lie beside the link.
#[test]
fn the_directory_itself_may_be_a_link() {
    let shop = Shop::new();
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(elsewhere.path(), shop.path("pages")).unwrap();
    shop.goes_on("pages", "a link to a directory");
    assert!(shop.path("pages").is_symlink());
    assert!(elsewhere.path().join("c.status.json").is_file());
    assert!(!Path::new(&shop.path("c.status.json")).exists());
}
