//! A site of books, and all that the command line does with what was scraped of it.

use std::path::Path;
use std::process::{Command, Output};

use scrapeflow_tests::{Answer, Site};
use tempfile::TempDir;

use crate::canary::{Canary, SECRET, assert_unseen, entries};

/// A site, and a folder in which everything is done.
pub(crate) struct Shop {
    pub(crate) folder: TempDir,
    _site: Site,
}

/// What a command said, and with which code it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) text: String,
}

/// What is done with a directory or an archive, which is `$1`, one after the other.
const COMMANDS: [&[&str]; 12] = [
    &["summary", "$1"],
    &["ls", "$1"],
    &["errors", "$1"],
    &["show", "$1", "a"],
    &["show", "$1", "a", "--body", "scrape"],
    &["export", "$1", "-o", "out/rows.csv"],
    &["export", "$1", "-o", "out/rows.jsonl", "--explode", "parse"],
    &["export", "$1", "-o", "out/rows.sqlite"],
    &["plan", "$1"],
    &["reset", "$1", "--executor", "parse"],
    &["run", "$1"],
    &["run", "$1", "--force-all"],
];

impl Shop {
    /// A shop of which nothing was scraped.
    pub(crate) fn new() -> Self {
        let site = Site::start();
        for name in ["a", "b", "c"] {
            let page = format!("<li>book {name}, 2</li>");
            site.route(&format!("/{name}"), move |_| Answer::html(page.clone()));
        }
        let folder = tempfile::tempdir().unwrap();
        let tasks = ["a", "b", "c"].map(|key| format!("{key},{}\n", site.url(&format!("/{key}"))));
        std::fs::write(
            folder.path().join("tasks.csv"),
            format!("key,url\n{}", tasks.concat()),
        )
        .unwrap();
        Self {
            folder,
            _site: site,
        }
    }

    /// One of which `a` and `b` were scraped, into a directory or an archive, and `c` was not.
    pub(crate) fn scraped(place: &str) -> Self {
        let shop = Self::new();
        let said = shop.run(&["run", place, "--from", "tasks.csv", "--limit", "2", "-q"]);
        assert_eq!(said.code, 0, "{said:?}");
        shop
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// A command, which neither panics nor waits for ever.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        let output = Command::new("timeout")
            .args(["60", env!("CARGO_BIN_EXE_books")])
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let said = Said::from(output);
        // 1 is of tasks that failed, 2 and 3 of errors that are told.
        assert!((0..=3).contains(&said.code), "{arguments:?}: {said:?}");
        said
    }

    /// All commands, first in a place into which something was planted; then those that make another place of it. Nobody is to
    /// notice the canary, nor to tell of it.
    #[track_caller]
    pub(crate) fn all(&self, place: &str, canary: &Canary, what: &str) {
        let is_archive = Path::new(place).extension().is_some_and(|end| end == "sfa");
        let pack: &[&str] = if is_archive {
            &["unpack", "$1", "out/other"]
        } else {
            &["pack", "$1", "out/other.sfa", "--plain"]
        };
        let before = entries(self.folder.path());
        for command in [pack].iter().chain(&COMMANDS) {
            std::fs::create_dir_all(self.path("out")).unwrap();
            let arguments = command
                .iter()
                .map(|word| if *word == "$1" { place } else { word });
            let arguments: Vec<&str> = arguments.collect();
            let said = self.run(&arguments);
            let what = format!("{what}, {arguments:?}");
            canary.check(&what);
            assert!(!said.text.contains(SECRET), "{what}: {said:?}");
            assert_unseen(self.folder.path(), &what);
            std::fs::remove_dir_all(self.path("out")).unwrap();
            assert_eq!(entries(self.folder.path()), before, "{what}");
        }
    }

    /// A run over all tasks.
    #[track_caller]
    pub(crate) fn run_all(&self, place: &str) -> Said {
        self.run(&["run", place, "--from", "tasks.csv", "-q"])
    }

    /// What was planted is gone, and a run does what is missing.
    #[track_caller]
    pub(crate) fn goes_on(&self, place: &str, what: &str) {
        let said = self.run_all(place);
        assert_eq!(said.code, 0, "{what}: {said:?}");
        let said = self.run(&[
            "ls",
            place,
            "--where",
            "parse_status in ('SUCCESS', 'SKIPPED')",
        ]);
        let keys = said.text.lines().filter_map(|line| line.split_once('\t'));
        let mut keys: Vec<&str> = keys.map(|(key, _)| key).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["a", "b", "c", "key"], "{what}: {said:?}");
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let both = [output.stdout, output.stderr].concat();
        Self {
            code: output.status.code().unwrap_or(-1),
            text: String::from_utf8_lossy(&both).into_owned(),
        }
    }
}

/// Removes whatever has that path, but not what it leads to.
pub(crate) fn clear(path: &Path) {
    let removed = match path.symlink_metadata() {
        Ok(meta) if meta.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(_) => Ok(()),
    };
    removed.unwrap();
}
