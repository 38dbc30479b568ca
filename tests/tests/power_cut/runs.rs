//! Runs in processes of their own, recorded by `strace`.

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use fastrand::Rng;
use scrapeflow_tests::{AT_MOST, Site};
use tokio::process::Command;
use tokio::time::timeout;

use crate::crash::Crash;
use crate::disk::Disk;
use crate::history::History;
use crate::pages::{ALL, Pages};
use crate::recorder::TRACED;
use crate::tree;

/// Where pages are kept, and when what is saved is synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) archive: bool,
    pub(crate) syncs: Syncs,
}

/// [`Durability`](scrapeflow::Durability), as the program is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syncs {
    Never,
    InBatches,
    Each,
}

/// All there are.
pub(crate) fn places() -> Vec<Place> {
    let places = [false, true].map(|archive| {
        [Syncs::Never, Syncs::InBatches, Syncs::Each].map(|syncs| Place { archive, syncs })
    });
    places.concat()
}

/// The run's directory, in a folder of its own.
pub(crate) const DIR: &str = "pages";

/// Tasks at work at once.
const AT_ONCE: usize = 4;

/// The site, and processes that run over it.
pub(crate) struct Runs {
    pub(crate) pages: Pages,
    site: Site,
}

impl Runs {
    pub(crate) fn new() -> Self {
        let site = Site::start();
        site.remember(0);
        Self {
            pages: Pages::serve(&site),
            site,
        }
    }

    /// Three runs: one over some pages that ends at some moment, as it is killed or the machine loses power, one over all that goes
    /// on with what the first left, and one that fetches all anew, which are other pages by then.
    pub(crate) async fn record(&self, place: Place, random: &mut Rng) -> History {
        let mut history = History::new();
        self.pages.set(1);
        let folder = tempfile::tempdir().unwrap();
        self.go_on(&mut history, folder.path(), ALL * 2 / 3, place, &[])
            .await;
        let (moment, _) = history.said[random.usize(..history.said.len())];
        let mut history = history.until(moment + 1);
        // What is broken or damaged by then is what the next run would count on to be saved.
        let goes_on = match place.syncs {
            Syncs::Never => place.archive,
            Syncs::InBatches => false,
            Syncs::Each => true,
        };
        if goes_on && random.bool() {
            let disk = Crash::after(&history, random).disk();
            history = history.survived(&disk);
            if place.syncs == Syncs::Never {
                history.said.clear();
            }
        }
        let folder = tempfile::tempdir().unwrap();
        tree::write(&Disk::of(&history).tree(), folder.path());
        self.go_on(&mut history, folder.path(), ALL, place, &[])
            .await;
        self.pages.set(2);
        self.go_on(&mut history, folder.path(), ALL, place, &["--force"])
            .await;
        history
    }

    /// Records a run to its end, over the first pages.
    async fn go_on(
        &self,
        history: &mut History,
        folder: &Path,
        pages: usize,
        place: Place,
        options: &[&str],
    ) {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut strace = Command::new("strace");
        strace
            .args(["-f", "--seccomp-bpf", "-qq", "-xx", "-s", "16777216"])
            .args(["-e", "signal=none", "-e"])
            .arg(format!("trace={}", TRACED.replace(' ', "")))
            .arg("-o")
            .arg(log.path());
        let mut run = self.run(strace, folder, pages, place, options);
        let ended = timeout(AT_MOST, run.arg("--acknowledge").output()).await;
        let ended = ended.expect("it goes on for ever");
        went_through(&ended.expect("strace: `cargo xtask test` installs it"));
        let log = fs::read_to_string(log.path()).unwrap();
        history.go_on(&log, folder.to_str().unwrap());
        // All that was read of the log is what is there: nothing was overlooked or misunderstood.
        let (mut told, mut there) = (Disk::of(history).tree(), tree::read(folder));
        for tree in [&mut told, &mut there] {
            // What processes share by it is written through memory, and is made anew after a crash.
            tree.retain(|path, _| !path.ends_with("-shm"));
        }
        assert!(told == there, "{place:?}: the log is not what was done");
    }

    /// Runs over all pages, to the end.
    pub(crate) async fn to_the_end(&self, folder: &Path, place: Place, options: &[&str]) -> Output {
        let binary = Command::new(BINARY);
        let mut run = self.run(binary, folder, ALL, place, options);
        let ended = timeout(AT_MOST, run.output()).await;
        ended.expect("it goes on for ever").unwrap()
    }

    pub(crate) fn run(
        &self,
        mut command: Command,
        folder: &Path,
        pages: usize,
        place: Place,
        options: &[&str],
    ) -> Command {
        if command.as_std().get_program() != BINARY {
            command.arg(BINARY);
        }
        command
            .arg(self.site.url("/page?n="))
            .arg(folder.join(DIR))
            .args([0, pages, AT_ONCE].map(|number| number.to_string()))
            .args(place.archive.then_some("--archive"))
            .args(match place.syncs {
                Syncs::Never => None,
                Syncs::InBatches => Some("--batched"),
                Syncs::Each => Some("--power-cut"),
            })
            .args(options)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

const BINARY: &str = env!("CARGO_BIN_EXE_journeys");

/// Tasks may have failed, as where a power cut has left less of a body.
fn went_through(ended: &Output) {
    let said = String::from_utf8_lossy(&ended.stderr);
    let is_through = matches!(ended.status.code(), Some(0 | 1));
    assert!(is_through, "{}: {said}", ended.status);
}
