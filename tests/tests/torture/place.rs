//! Where runs save: a directory or an archive, read as whoever looks reads it.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use futures::TryStreamExt;
use scrapeflow::store::{ArchiveStore, BodyName, DirStore, Store};
use scrapeflow::{Durability, Key};
use scrapeflow_tests::Sandbox;

use crate::records::Record;

/// Which store it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Directory,
    Archive,
}

pub(crate) struct Place {
    pub(crate) kind: Kind,
    sandbox: Sandbox,
}

/// What an archive consists of, and what SQLite has beside its database until that is closed.
const PAGES: &str = "pages-00001.warc.gz";
const ARCHIVE: [&str; 3] = ["lock", PAGES, "status.db"];
const BESIDE: [&str; 3] = ["status.db-journal", "status.db-shm", "status.db-wal"];

/// What a directory has of each page, and on its way under `.scrapeflow`.
const ENDINGS: [&str; 2] = ["scrape", "status.json"];

impl Place {
    pub(crate) fn new(kind: Kind) -> Self {
        let sandbox = Sandbox::new();
        Self { kind, sandbox }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.sandbox.dir()
    }

    /// The same elsewhere.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new(self.kind);
        if self.sandbox.is_made() {
            let mut cp = Command::new("cp");
            let copied = cp.arg("-a").args([self.dir(), copy.dir()]).status();
            assert!(copied.unwrap().success());
        }
        copy
    }

    /// Every path that a run writes.
    pub(crate) fn paths(&self, pages: usize) -> Vec<PathBuf> {
        let dir = fs::canonicalize(self.dir().parent().unwrap())
            .unwrap()
            .join("pages");
        let mut paths = vec![dir.clone()];
        match self.kind {
            Kind::Directory => {
                let own = dir.join(".scrapeflow");
                paths.extend([own.clone(), own.join("lock")]);
                for page in 0..pages {
                    for name in ENDINGS.map(|end| format!("page-{page}.{end}")) {
                        paths.extend([dir.join(&name), own.join(&name)]);
                    }
                }
            }
            Kind::Archive => paths.extend(ARCHIVE.iter().chain(&BESIDE).map(|name| dir.join(name))),
        }
        paths
    }

    /// What is on record of each page, of which so many may be at work; all but them is as it has to be.
    ///
    /// Looks at a copy, first as who only looks, then as the next run, so that that one still has all to do itself.
    pub(crate) async fn look(&self, pages: usize, at_once: usize) -> Vec<Record> {
        let copy = self.copy();
        copy.check_left(pages, at_once);
        let seen = copy.read(pages).await;
        match self.kind {
            Kind::Directory => drop(
                DirStore::new(copy.dir())
                    .begin(Durability::Process)
                    .await
                    .unwrap(),
            ),
            Kind::Archive => drop(
                ArchiveStore::new(copy.dir())
                    .begin(Durability::Process)
                    .await
                    .unwrap(),
            ),
        }
        copy.check_end(pages);
        let records = copy.read(pages).await;
        for (page, (seen, record)) in seen.iter().zip(&records).enumerate() {
            let mut steps = seen.0.iter().zip(&record.0);
            assert!(
                steps.all(|(seen, record)| seen <= record),
                "page {page} had {seen:?}: {record:?}"
            );
        }
        records
    }

    /// Checks that what is left doesn't pile up: it is SQLite's, or that of a task at work.
    fn check_left(&self, pages: usize, at_once: usize) {
        let left = self.left(pages);
        let mut names = left.iter().map(String::as_str);
        let is_fine = match self.kind {
            Kind::Directory => {
                left.len() <= ENDINGS.len() * at_once && names.all(|name| name.starts_with("page-"))
            }
            Kind::Archive => names.all(|name| BESIDE.contains(&name)),
        };
        assert!(is_fine, "{at_once} at once left {left:?}");
    }

    /// Checks that nothing is left that a run only needs for a while.
    pub(crate) fn check_end(&self, pages: usize) {
        assert_eq!(self.left(pages), [""; 0], "is left");
        if self.kind == Kind::Archive {
            let said = Command::new("sqlite3")
                .arg(self.dir().join("status.db"))
                .arg("pragma integrity_check; select length from files")
                .output()
                .expect("sqlite3: `cargo xtask test` installs it");
            let said = String::from_utf8_lossy(&said.stdout);
            // Pages that it doesn't know of are begun anew.
            let counted = said.strip_prefix("ok\n").expect("a whole database");
            if !counted.is_empty() {
                let pages = fs::metadata(self.dir().join(PAGES)).unwrap();
                assert_eq!(counted, format!("{}\n", pages.len()));
            }
        }
    }

    /// How many answers an archive's pages hold, which are whole from one end to the other.
    pub(crate) fn answers(&self) -> usize {
        let packed = fs::read(self.dir().join(PAGES)).unwrap();
        let mut records = Vec::new();
        let unpacked = MultiGzDecoder::new(&*packed).read_to_end(&mut records);
        unpacked.expect("whole records");
        let records = String::from_utf8_lossy(&records);
        records.matches("\r\nWARC-Type: response\r\n").count()
    }

    /// The files that are only there for a while.
    fn left(&self, pages: usize) -> Vec<String> {
        let mut left = names(self.dir());
        match self.kind {
            Kind::Directory => {
                let stay: Vec<String> = (0..pages)
                    .flat_map(|page| ENDINGS.map(|end| format!("page-{page}.{end}")))
                    .collect();
                left.retain(|name| name != ".scrapeflow" && !stay.contains(name));
                let own = names(&self.dir().join(".scrapeflow"));
                left.extend(own.into_iter().filter(|name| name != "lock"));
            }
            Kind::Archive => left.retain(|name| !ARCHIVE.contains(&name.as_str())),
        }
        left
    }

    async fn read(&self, pages: usize) -> Vec<Record> {
        match self.kind {
            Kind::Directory => (0..pages).map(|page| self.in_directory(page)).collect(),
            Kind::Archive => {
                let store = ArchiveStore::new(self.dir());
                let mut records = Vec::new();
                for page in 0..pages {
                    records.push(in_archive(&store, page).await);
                }
                records
            }
        }
    }

    /// While a new status waits, complete, for the next run to move it to its place, its body may be in place.
    fn in_directory(&self, page: usize) -> Record {
        let own = self.dir().join(".scrapeflow");
        let [body, status] = ENDINGS.map(|end| format!("page-{page}.{end}"));
        let placed = [&status, &body].map(|name| bytes(&self.dir().join(name)));
        Record::of(page, placed[0].as_deref(), placed[1].as_deref()).unwrap_or_else(|wrong| {
            let waiting =
                bytes(&own.join(&status)).unwrap_or_else(|| panic!("page {page} {wrong}"));
            let record = Record::of(page, Some(&waiting), placed[1].as_deref());
            record.unwrap_or_else(|wrong| panic!("page {page} on its way {wrong}"))
        })
    }
}

async fn in_archive(store: &ArchiveStore, page: usize) -> Record {
    let key = Key::new(format!("page-{page}")).unwrap();
    let status = store.read(&key).await.unwrap();
    let name = BodyName::new(&key, "scrape").unwrap();
    let body = match store.open(&name).await.unwrap() {
        Some(chunks) => Some(chunks.try_collect::<Vec<Bytes>>().await.unwrap().concat()),
        None => None,
    };
    let record = Record::of(page, status.as_deref(), body.as_deref());
    record.unwrap_or_else(|wrong| panic!("page {page} {wrong}"))
}

/// Of all that is in a folder, if it is there.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// Nothing but its absence may keep a file from being read.
fn bytes(path: &Path) -> Option<Vec<u8>> {
    match fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => panic!("cannot read {}: {error}", path.display()),
    }
}
