//! A site, a place, and processes that run over the one into the other, each of which may lack something.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use scrapeflow_tests::{AT_MOST, Answer, Request, Site};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use crate::records::{self, Records};

/// How many pages there are.
pub(crate) const PAGES: usize = 100;

/// From this one on, pages wait in a run in whose middle something happens.
const MIDDLE: usize = PAGES / 2;

/// Tasks at work at once, unless a test says otherwise.
pub(crate) const AT_ONCE: usize = 16;

pub(crate) struct World {
    pub(crate) archive: bool,
    pub(crate) site: Site,
    /// Where runs find the folder of the place, and where this process does.
    inside: PathBuf,
    outside: PathBuf,
    durability: Option<&'static str>,
    records: Records,
    _folder: TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Of its own will.
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    /// On standard error.
    pub(crate) said: String,
    /// Of how many executors it has said that they are done and saved.
    pub(crate) acknowledged: BTreeMap<String, usize>,
}

impl World {
    pub(crate) fn new(archive: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            archive,
            site: site(),
            inside: folder.path().to_owned(),
            outside: folder.path().to_owned(),
            durability: None,
            records: Records::new(),
            _folder: folder,
        }
    }

    /// The folder in which the place is, as runs find it.
    pub(crate) fn folder(&self) -> &str {
        self.inside.to_str().unwrap()
    }

    /// Where this process finds that folder, if a run finds it elsewhere.
    pub(crate) fn found_at(mut self, outside: impl FnOnce(&Path) -> PathBuf) -> Self {
        self.outside = outside(&self.inside);
        self
    }

    /// The place itself, in a folder.
    pub(crate) fn place(&self, folder: &Path) -> PathBuf {
        folder.join(if self.archive { "pages.sfa" } else { "pages" })
    }

    /// What is on record, as of the last look.
    pub(crate) fn records(&self) -> &Records {
        &self.records
    }

    /// Runs over all pages by another program, such as `prlimit`, which is given the command.
    pub(crate) async fn run(&mut self, by: &[&str], at_once: usize) -> Ended {
        self.site.open("early");
        self.site.open("late");
        let before = self.hits();
        let output = timeout(AT_MOST, self.command(by, at_once).output()).await;
        let output = output.expect("it goes on for ever").unwrap();
        self.ended(output, &before).await
    }

    /// The same, but when half of the pages are there `something` is done, and the others come after that. It has to be the
    /// first run.
    pub(crate) async fn run_while(&mut self, by: &[&str], something: impl FnOnce()) -> Ended {
        self.site.open("early");
        let late = |target: &str| number(target) >= MIDDLE;
        let half = async |site: &Site, _| site.until(|site| site.hits_matching(late) > 0).await;
        let mut is_done = false;
        let something = || {
            something();
            is_done = true;
        };
        let ended = self.run_until(by, AT_ONCE, half, something).await;
        assert!(
            is_done,
            "it ended before anything was done to it: {ended:?}"
        );
        ended
    }

    /// The same, but no page comes until the process has nearly as many files open as it may, if it comes to that. It has to be
    /// the first run, and the program has to become the process.
    pub(crate) async fn run_until_full(&mut self, by: &[&str], files: usize) -> Ended {
        let full = async |site: &Site, process| {
            let open = PathBuf::from(format!("/proc/{process}/fd"));
            // The last may come and go.
            let nearly = files - 1;
            while site.total_hits() == 0 || open.read_dir().map_or(0, Iterator::count) < nearly {
                sleep(Duration::from_millis(10)).await;
            }
        };
        self.run_until(by, PAGES, full, || {}).await
    }

    /// Runs, and does `something` at a `moment`, if that comes; then all pages come.
    async fn run_until(
        &mut self,
        by: &[&str],
        at_once: usize,
        moment: impl AsyncFnOnce(&Site, u32),
        something: impl FnOnce(),
    ) -> Ended {
        let before = self.hits();
        let run = self.command(by, at_once).spawn().unwrap();
        let process = run.id().unwrap();
        let output = timeout(AT_MOST, run.wait_with_output());
        tokio::pin!(output);
        let output = tokio::select! {
            output = &mut output => output,
            () = moment(&self.site, process) => {
                something();
                self.site.open("early");
                self.site.open("late");
                output.await
            }
        };
        let output = output.expect("it goes on for ever").unwrap();
        self.ended(output, &before).await
    }

    /// The machine is started anew: what was on record without having been acknowledged may be lost.
    pub(crate) fn restarted(&mut self, ended: &Ended) {
        assert!(!ended.acknowledged.is_empty(), "{ended:?}");
        for (key, done) in &mut self.records {
            done.truncate(ended.acknowledged.get(key).copied().unwrap_or_default());
        }
    }

    /// Whatever is said to be saved is on the disk by then.
    pub(crate) fn synced(mut self) -> Self {
        self.durability = Some("--power-cut");
        self
    }

    /// A run that lacks nothing does what is missing, and leaves nothing but what belongs there.
    pub(crate) async fn finish(&mut self, by: &[&str]) {
        let by = if by.is_empty() { &["env"] } else { by };
        let ended = self.run(by, AT_ONCE).await;
        assert_eq!(
            (ended.code, ended.said.as_str()),
            (Some(0), ""),
            "{ended:?}"
        );
        assert_eq!(self.records.len(), PAGES);
        assert!(
            self.records.values().all(|done| done.len() == 3),
            "{:?}",
            self.records
        );
        let place = self.place(&self.outside);
        if self.archive {
            let own = ["lock", "pages-00001.warc.gz", "status.db"];
            assert_eq!(names(&place), own);
        } else {
            assert_eq!(names(&place.join(".scrapeflow")), ["lock"]);
            assert_eq!(names(&place).len(), 2 * PAGES + 1);
        }
    }

    fn command(&self, by: &[&str], at_once: usize) -> Command {
        let mut command = Command::new(by[0]);
        command
            .args(&by[1..])
            .arg(env!("CARGO_BIN_EXE_journeys"))
            .arg(self.site.url("/page?n="))
            .arg(self.place(&self.inside))
            .args([0, PAGES, at_once].map(|number| number.to_string()))
            .arg("--acknowledge")
            .args(self.durability)
            .args(self.archive.then_some("--archive"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Looks at what is there: what a run has acknowledged, this one or an earlier one, and nothing of that done again.
    async fn ended(&mut self, output: Output, hits_before: &[usize]) -> Ended {
        let ended = Ended::from(output);
        let now = self.look().await;
        for (key, acknowledged) in &ended.acknowledged {
            let done = now.get(key).map_or(0, Vec::len);
            assert!(
                done >= *acknowledged,
                "{key} has {done} of {acknowledged}: {ended:?}"
            );
        }
        let hits = self.hits();
        for (key, done) in self.records.iter().filter(|(_, done)| !done.is_empty()) {
            let kept = now.get(key).is_some_and(|now| now.starts_with(done));
            assert!(
                kept,
                "{key} had {done:?} and has {:?}: {ended:?}",
                now.get(key)
            );
            let page: usize = key.strip_prefix("page-").unwrap().parse().unwrap();
            assert_eq!(hits[page], hits_before[page], "{key} was fetched again");
        }
        self.records = now;
        ended
    }

    /// Reads a copy, in which nobody but the reader leaves anything.
    async fn look(&self) -> Records {
        let folder = tempfile::tempdir().unwrap();
        let mut cp = Command::new("cp");
        let copied = cp
            .arg("-a")
            .args([&self.place(&self.outside), folder.path()]);
        let copied = copied.output().await.unwrap();
        assert!(copied.status.success(), "{copied:?}");
        records::read(&self.place(folder.path()), self.archive).await
    }

    fn hits(&self) -> Vec<usize> {
        let hits = |page| self.site.hits(&format!("/page?n={page}"));
        (0..PAGES).map(hits).collect()
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let told = String::from_utf8(output.stdout).unwrap();
        let whole = told.rfind('\n').map_or("", |end| &told[..end]);
        let told = whole.lines().map(|line| {
            let (key, executors) = line.split_once(' ').unwrap();
            (key.to_owned(), executors.parse().unwrap())
        });
        Self {
            code: output.status.code(),
            signal: output.status.signal(),
            said: String::from_utf8(output.stderr).unwrap(),
            // The last of each is the most.
            acknowledged: told.collect(),
        }
    }
}

impl Ended {
    /// It ended in an error of the store, told in one line that has one of these in it.
    #[track_caller]
    pub(crate) fn refused(&self, says: &[&str]) {
        assert_eq!(self.code, Some(3), "{self:?}");
        assert_eq!(self.said.lines().count(), 1, "{self:?}");
        assert!(says.iter().any(|why| self.said.contains(why)), "{self:?}");
    }
}

/// Pages of some kilobytes, each half of which waits at a gate.
fn site() -> Site {
    let site = Site::start();
    site.route("/page", |request: &Request| {
        let page = number(request.target());
        let text = format!(
            "page {page} has these words\n{}",
            page.to_string().repeat(1000)
        );
        let answer = Answer::text(text);
        answer.gate(if page < MIDDLE { "early" } else { "late" })
    });
    site
}

/// Of the page that is asked for.
pub(crate) fn number(target: &str) -> usize {
    let number = target.strip_prefix("/page?n=");
    number.and_then(|number| number.parse().ok()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}
