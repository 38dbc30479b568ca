//! The directory of one test: not there yet, gone afterwards. Its statuses are read and changed by key, its
//! files listed, damaged and compared by name.
//!
//! Knows the names of the files and that statuses are JSON, and nothing of the framework that writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Map, Value};
use tempfile::TempDir;

/// A directory that a run can make.
///
/// ```
/// use scrapeflow_tests::Sandbox;
///
/// let sandbox = Sandbox::new();
/// assert!(!sandbox.is_made());
/// sandbox.write("a.status.json", r#"{"name": "a"}"#);
/// sandbox.edit("a", |status| status["name"] = "b".into());
/// assert_eq!(sandbox.status("a")["name"], "b");
/// assert_eq!(sandbox.files(), ["a.status.json"]);
/// ```
#[derive(Debug)]
pub struct Sandbox {
    dir: PathBuf,
    /// Removes all when dropped.
    _root: TempDir,
}

/// What tells whether a file was written again, be it with the same bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct Stamp {
    written: SystemTime,
    /// A file that goes by rename is another file.
    inode: u64,
    bytes: Vec<u8>,
}

impl Sandbox {
    /// A directory that isn't there yet, in one that is.
    ///
    /// # Panics
    /// If there is no place for temporary files.
    #[must_use = "the directory is removed when it is dropped"]
    #[track_caller]
    #[expect(clippy::new_without_default, reason = "making one does something")]
    pub fn new() -> Self {
        let root = tempfile::tempdir().expect("a place for temporary files");
        Self {
            dir: root.path().join("pages"),
            _root: root,
        }
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether the directory is there.
    pub fn is_made(&self) -> bool {
        self.dir.exists()
    }

    /// The status of a key as it stands.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn text(&self, key: &str) -> String {
        let name = status_of(key);
        match fs::read_to_string(self.dir.join(&name)) {
            Ok(text) => text,
            Err(error) => panic!("cannot read `{name}`: {error}"),
        }
    }

    /// The status of a key.
    ///
    /// # Panics
    /// If there is none, or it isn't JSON.
    #[track_caller]
    pub fn status(&self, key: &str) -> Value {
        serde_json::from_str(&self.text(key)).expect("a status is JSON")
    }

    /// Changes the status of a key behind the framework's back; its fields are sorted by that.
    ///
    /// # Panics
    /// If there is none, or it isn't a JSON object.
    #[track_caller]
    pub fn edit(&self, key: &str, change: impl FnOnce(&mut Map<String, Value>)) {
        let mut status = self.status(key);
        change(status.as_object_mut().expect("a status is an object"));
        self.write(&status_of(key), status.to_string());
    }

    /// Writes a file, and makes the directory if need be.
    ///
    /// # Panics
    /// If it cannot be written.
    #[track_caller]
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::create_dir_all(&self.dir).expect("a directory in a temporary one");
        fs::write(self.dir.join(name), bytes).expect("a file in a temporary directory");
    }

    /// The bytes of a file.
    ///
    /// # Panics
    /// If there is no such file.
    #[track_caller]
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.dir.join(name))
            .unwrap_or_else(|error| panic!("cannot read `{name}`: {error}"))
    }

    /// Removes a file.
    ///
    /// # Panics
    /// If there is no such file.
    #[track_caller]
    pub fn remove(&self, name: &str) {
        fs::remove_file(self.dir.join(name))
            .unwrap_or_else(|error| panic!("cannot remove `{name}`: {error}"));
    }

    /// The names of all files, sorted; hidden ones are the store's own business.
    ///
    /// # Panics
    /// If the directory isn't there.
    #[track_caller]
    pub fn files(&self) -> Vec<String> {
        self.stamps().into_keys().collect()
    }

    /// All files, each with what tells whether it was written again.
    ///
    /// # Panics
    /// If the directory isn't there.
    #[track_caller]
    pub fn stamps(&self) -> BTreeMap<String, Stamp> {
        let entries = fs::read_dir(&self.dir).expect("the directory was made");
        entries
            .map(|entry| {
                let entry = entry.expect("an entry of the directory");
                (
                    entry.file_name().to_string_lossy().into_owned(),
                    entry.path(),
                )
            })
            .filter(|(name, _)| !name.starts_with('.'))
            .map(|(name, path)| (name, Stamp::of(&path)))
            .collect()
    }
}

impl Stamp {
    fn of(path: &Path) -> Self {
        let about = fs::metadata(path).expect("a file of the directory");
        Self {
            written: about.modified().expect("a time of the last write"),
            #[cfg(unix)]
            inode: std::os::unix::fs::MetadataExt::ino(&about),
            #[cfg(not(unix))]
            inode: 0,
            bytes: fs::read(path).expect("a file of the directory"),
        }
    }
}

fn status_of(key: &str) -> String {
    format!("{key}.status.json")
}
