//! Fresh folders for each figure, deleted together at the end: on some file systems creating files just
//! after deleting many costs ten times as much.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

/// Where a benchmark puts what it writes; deleted when dropped.
#[derive(Debug)]
pub struct Folders {
    root: PathBuf,
}

impl Folders {
    /// In `--dir` of the command line, else in `otherwise`.
    ///
    /// # Panics
    /// If the folder cannot be made.
    pub fn given_or(otherwise: &str) -> Self {
        Self::within(&crate::option::<PathBuf>("dir", otherwise.into()))
    }

    /// In that folder.
    ///
    /// # Panics
    /// If the folder cannot be made.
    pub fn within(parent: &Path) -> Self {
        let root = parent.join(format!("scrapeflow-bench-{}", process::id()));
        fs::create_dir_all(&root)
            .unwrap_or_else(|error| panic!("cannot make {}: {error}", root.display()));
        Self { root }
    }

    /// The path of a folder that isn't there yet, if its name is new.
    pub fn fresh(&self, name: &str, round: u32) -> String {
        self.root
            .join(format!("{name}-{round}"))
            .display()
            .to_string()
    }

    /// Where all of them are.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

impl Drop for Folders {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.root) {
            eprintln!("{} stays: {error}", self.root.display());
        }
    }
}
