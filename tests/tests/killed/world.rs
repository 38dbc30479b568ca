//! A site, a directory, and processes that run over the one into the other until they are killed.

use std::hint::spin_loop;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::rc::Rc;

use fastrand::Rng;
use scrapeflow::Durability;
use scrapeflow::store::{DirStore, Store};
use scrapeflow_tests::{Sandbox, Site};
use tokio::process::{Child, Command};
use tokio::task::yield_now;

use crate::pages::{ALL, Pages};
use crate::records::{Ahead, Records};

/// Tasks at work at once.
pub(crate) const AT_ONCE: usize = 16;

/// Requests after which a run is killed at the latest, but for what it does until it dies. On the average of
/// many kills it must be less than the pages that there are for each.
const MOST: usize = 60;

const SIGKILL: i32 = 9;

pub(crate) struct World {
    pub(crate) random: Rng,
    pub(crate) pages: Pages,
    pub(crate) sandbox: Sandbox,
    site: Site,
    /// As of the last look.
    records: Rc<Records>,
}

/// How a run ended that was to be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Killed,
    /// It was through before.
    Itself,
}

impl World {
    pub(crate) fn new() -> Self {
        let seed = fastrand::u64(..);
        println!("seed {seed:#x}");
        let site = Site::start();
        site.remember(0);
        Self {
            random: Rng::with_seed(seed),
            pages: Pages::serve(&site),
            sandbox: Sandbox::new(),
            site,
            records: Rc::default(),
        }
    }

    /// As of the last look.
    pub(crate) fn records(&self) -> Rc<Records> {
        self.records.clone()
    }

    /// Looks at everything that is on record.
    pub(crate) fn look(&mut self, ahead: Ahead) -> Rc<Records> {
        self.records = Rc::new(Records::read(self.sandbox.dir(), &self.records, ahead));
        self.records()
    }

    /// Runs over all pages, to the end.
    pub(crate) async fn run(&mut self, options: &[&str]) {
        let exit = self.start(0, options).wait().await.unwrap();
        assert!(exit.success(), "{exit}");
        self.settle().await;
        self.look(Ahead::Forbidden);
    }

    /// Runs from that page on, until a random moment.
    pub(crate) async fn run_and_kill(&mut self, first: usize, options: &[&str]) -> Ended {
        let mut run = self.start(first, options);
        tokio::select! {
            biased;
            () = self.moment(first) => {}
            _ = run.wait() => {}
        }
        // By its handle, which knows whether it has ended.
        let _ = run.start_kill();
        let exit = run.wait().await.unwrap();
        self.settle().await;
        if exit.signal() == Some(SIGKILL) {
            Ended::Killed
        } else {
            assert!(exit.success(), "{exit}");
            Ended::Itself
        }
    }

    /// Does what the next run would begin with.
    pub(crate) async fn recover(&self) {
        let store = DirStore::new(self.sandbox.dir());
        drop(store.begin(Durability::Process).await.unwrap());
    }

    /// Checks that everything was done as of the last look, and that nothing else is there.
    pub(crate) fn check_end(&self) {
        for page in 0..ALL {
            self.records.of(page).check_done(page);
        }
        let names = |page: usize| {
            [
                format!("page-{page}.scrape"),
                format!("page-{page}.status.json"),
            ]
        };
        let mut names: Vec<String> = (0..ALL).flat_map(names).collect();
        names.sort();
        assert!(self.sandbox.files() == names, "{:?}", self.sandbox.files());
        let own = self.sandbox.dir().join(".scrapeflow").read_dir().unwrap();
        let own: Vec<_> = own.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(own, ["lock"]);
    }

    /// Starts a run; dropping it kills it.
    fn start(&self, first: usize, options: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_journeys"))
            .arg(self.site.url("/page?n="))
            .arg(self.sandbox.dir())
            .args([first, ALL - first, AT_ONCE].map(|number| number.to_string()))
            .args(options)
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    async fn moment(&mut self, first: usize) {
        let latest = self.site.total_hits() + self.random.usize(1..=MOST);
        let file = self.next_file(first);
        let begin = self.random.usize(1..50_000);
        let which = self.random.u8(0..10);
        let rest = self.random.usize(0..20_000);

        let hits = self.site.until(|site| site.total_hits() >= latest);
        let appears = async {
            while !file.exists() {
                // Let the run have the processor.
                std::thread::yield_now();
                yield_now().await;
            }
        };
        match which {
            // While it starts, or takes up what the last one left.
            0 => {
                for _ in 0..begin {
                    yield_now().await;
                }
            }
            1..4 => hits.await,
            // Some are there for microseconds, and not always seen.
            _ => tokio::select! {
                biased;
                () = appears => {}
                () = hits => {}
            },
        }
        for _ in 0..rest {
            spin_loop();
        }
    }

    /// A file that the run is about to write, in its place or on the way there.
    fn next_file(&mut self, first: usize) -> PathBuf {
        let version = Some(self.pages.version());
        let waiting = (first..ALL).filter(|&page| self.records.of(page).version != version);
        let waiting: Vec<usize> = waiting.take(MOST).collect();
        let page = self.random.choice(waiting).unwrap_or(first);
        let place = self.random.choice(["", ".scrapeflow"]).unwrap_or_default();
        let end = self
            .random
            .choice(["scrape", "status.json"])
            .unwrap_or_default();
        self.sandbox
            .dir()
            .join(place)
            .join(format!("page-{page}.{end}"))
    }

    /// Waits until the site has read all that killed processes sent. What connects now is accepted after
    /// them.
    async fn settle(&self) {
        let mut stream = TcpStream::connect(self.site.address()).unwrap();
        stream
            .write_all(b"GET /settled HTTP/1.1\r\nConnection: close\r\n\r\n")
            .unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
        drop(stream);
        self.site.until(|site| site.open_connections() == 0).await;
    }
}
