//! A folder outside of all runs, which tells whether anybody was there.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// What must be seen nowhere.
pub(crate) const SECRET: &str = "canary-7f3e9c";

pub(crate) struct Canary {
    folder: TempDir,
    before: BTreeMap<PathBuf, Seen>,
}

/// A file: which it is, how it may be used, when it was written, and what is in it.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    inode: u64,
    mode: u32,
    owner: (u32, u32),
    written: (i64, i64),
    bytes: Vec<u8>,
}

impl Canary {
    /// A folder with a page, a status of that page, and a folder in which something is.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("page"), format!("<li>{SECRET}, 1</li>")).unwrap();
        let status = format!(
            r#"{{"params": {{"url": "http://{SECRET}/"}}, "scrape": "{SECRET}", "scrape_status": "SUCCESS",
                "parse": "{SECRET}", "parse_status": "ERROR RuntimeError::{SECRET}"}}"#
        );
        fs::write(at("status.json"), status).unwrap();
        fs::create_dir(at("folder")).unwrap();
        fs::write(at("folder/file"), SECRET).unwrap();
        let mut canary = Self {
            folder,
            before: BTreeMap::new(),
        };
        canary.before = canary.look();
        canary
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Knows of what a test has added.
    pub(crate) fn remember(&mut self) {
        self.before = self.look();
    }

    /// Nobody has written here.
    #[track_caller]
    pub(crate) fn check(&self, what: &str) {
        assert!(
            self.look() == self.before,
            "{what}: {:?} were {:?}",
            self.look(),
            self.before
        );
    }

    fn look(&self) -> BTreeMap<PathBuf, Seen> {
        let mut seen = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for path in entries(&folder).into_iter().chain([folder]) {
                let meta = fs::symlink_metadata(&path).unwrap();
                if meta.is_dir() && !seen.contains_key(&path) && path != self.folder.path() {
                    folders.push(path.clone());
                }
                let bytes = if meta.is_file() {
                    fs::read(&path).unwrap()
                } else {
                    Vec::new()
                };
                let file = Seen {
                    inode: meta.ino(),
                    mode: meta.mode(),
                    owner: (meta.uid(), meta.gid()),
                    written: (meta.mtime(), meta.mtime_nsec()),
                    bytes,
                };
                seen.insert(path, file);
            }
        }
        seen
    }
}

/// What is in a folder, sorted.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

/// No file below a folder has the secret in it. What is linked is not its own.
#[track_caller]
pub(crate) fn assert_unseen(folder: &Path, what: &str) {
    for path in entries(folder) {
        let meta = fs::symlink_metadata(&path).unwrap();
        if meta.is_dir() {
            assert_unseen(&path, what);
        } else if meta.is_file() {
            let bytes = fs::read(&path).unwrap();
            let is_there = bytes
                .windows(SECRET.len())
                .any(|some| some == SECRET.as_bytes());
            assert!(!is_there, "{what}: {} has it", path.display());
        }
    }
}
