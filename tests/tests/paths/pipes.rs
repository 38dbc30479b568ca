//! Pipes, and folders, in the place of files: whoever opens a pipe as a file waits for its other end for ever.

use std::fs;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::canary::Canary;
use crate::shop::{Shop, clear};

/// Names, and whether a run goes on although there is no file.
const IN_DIRECTORY: [(&str, bool); 7] = [
    ("a.status.json", false),
    ("c.status.json", false),
    ("a.scrape", true),
    ("c.scrape", true),
    (".scrapeflow/lock", false),
    (".scrapeflow/a.status.json", true),
    (".scrapeflow/a.scrape", true),
];

const IN_ARCHIVE: [(&str, bool); 6] = [
    ("status.db", false),
    ("pages-00001.warc.gz", false),
    ("lock", false),
    ("status.db-wal", false),
    ("status.db-shm", false),
    ("status.db-journal", false),
];

fn check(place: &str, names: &[(&str, bool)], make: fn(&Path)) {
    for (name, goes_on) in names {
        let (shop, canary) = (Shop::scraped(place), Canary::new());
        let planted = shop.path(place).join(name);
        let moved = shop.path("moved");
        if planted.is_file() {
            fs::rename(&planted, &moved).unwrap();
        }
        make(&planted);
        let said = shop.run_all(place);
        assert_eq!(said.code == 0, *goes_on, "{name}: {said:?}");
        shop.all(place, &canary, name);
        if !planted.is_file() {
            clear(&planted);
        }
        if moved.is_file() && !planted.exists() {
            fs::rename(&moved, &planted).unwrap();
        }
        shop.goes_on(place, name);
    }
}

fn pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

#[test]
fn nobody_waits_for_a_pipe_in_a_directory() {
    check("pages", &IN_DIRECTORY, pipe);
}

#[test]
fn nobody_waits_for_a_pipe_in_an_archive() {
    check("pages.sfa", &IN_ARCHIVE, pipe);
}
