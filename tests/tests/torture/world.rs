//! A site, a place, and processes that run from the one into the other while they are attacked.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;

use fastrand::Rng;
use scrapeflow_tests::{AT_MOST, Site};

use crate::calls::{self, Counted};
use crate::pages::Pages;
use crate::place::{Kind, Place};
use crate::records::Record;
use crate::rules;
use crate::running::{Attack, Ended, Run};

pub(crate) struct World {
    pub(crate) random: Rng,
    pub(crate) pages: Pages,
    pub(crate) place: Place,
    /// As the next run finds them.
    pub(crate) records: Vec<Record>,
    /// Answers that were recorded and those that were asked for, since this place was begun.
    answers: (usize, usize),
    pub(crate) site: Site,
}

impl World {
    pub(crate) fn new(kind: Kind, pages: usize, seed: u64) -> Self {
        let site = Site::start();
        site.remember(0);
        Self {
            random: Rng::with_seed(seed),
            pages: Pages::serve(&site, pages),
            place: Place::new(kind),
            records: vec![Record::default(); pages],
            answers: (0, 0),
            site,
        }
    }

    /// Begins anew, in a new place or in a copy of one.
    pub(crate) async fn begin(&mut self, place: Option<&Place>) {
        let kind = self.place.kind;
        self.place = place.map_or_else(|| Place::new(kind), Place::copy);
        self.records = self.place.look(self.pages.len(), 0).await;
        let there = self
            .records
            .iter()
            .filter(|record| record.0[0].is_some())
            .count();
        self.answers = (there, there);
    }

    pub(crate) fn is_done(&self) -> bool {
        let mut steps = self.records.iter().flat_map(|record| &record.0);
        steps.all(Option::is_some)
    }

    /// Counts the calls of a run, of which nothing is checked.
    pub(crate) fn count(&self, run: Run) -> Counted {
        calls::count(&self.command(run), &self.place.paths(self.pages.len()))
    }

    /// Runs, and checks what that left.
    pub(crate) async fn run(&mut self, run: Run, attack: Attack<'_>) -> Ended {
        let _told = OnPanic(format!("{:?}, {run}: {attack}", self.place.kind));
        let ran = self.pages.ran();
        let mut command = self.command(run);
        if let Attack::Fault(fault) = attack {
            command = fault.command(&command, &self.place.paths(self.pages.len()));
        }
        let mut child = tokio::process::Command::from(command)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        if let Attack::Within(requests) = attack {
            tokio::select! {
                biased;
                () = self.moment(requests) => {}
                _ = child.wait() => {}
            }
            // By its handle, which knows whether it has ended.
            let _ = child.start_kill();
        }
        let ended = tokio::time::timeout(AT_MOST, child.wait_with_output()).await;
        let ended = Ended::of(&ended.expect("it goes on for ever").unwrap());
        self.settle().await;

        let records = self.place.look(self.pages.len(), run.at_once).await;
        let ran = rules::since(&ran, &self.pages.ran());
        let checked = rules::check(&self.records, &records, &ran, run, self.pages.version());
        checked.unwrap_or_else(|wrong| panic!("{wrong}"));
        let recorded = self
            .records
            .iter()
            .zip(&records)
            .filter(|(before, after)| before.0[0] != after.0[0]);
        self.answers.0 += recorded.count();
        self.answers.1 += ran.iter().map(|ran| ran[0]).sum::<usize>();
        self.records = records;
        if ended == Ended::Done {
            for (page, record) in self.records.iter().enumerate() {
                record.check_done(page);
            }
        }
        ended
    }

    /// Runs undisturbed.
    pub(crate) async fn complete(&mut self, run: Run) {
        let run = Run {
            force: false,
            ..run
        };
        assert_eq!(self.run(run, Attack::Nothing).await, Ended::Done);
        self.place.check_end(self.pages.len());
        if self.place.kind == Kind::Archive {
            let (recorded, asked) = self.answers;
            let kept = self.place.answers();
            assert!(
                (recorded..=asked).contains(&kept),
                "{recorded} to {asked}: {kept}"
            );
        }
    }

    fn command(&self, run: Run) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_journeys"));
        command
            .arg(self.site.url("/page?n="))
            .arg(self.place.dir())
            .args([0, self.pages.len(), run.at_once].map(|number| number.to_string()))
            .args(run.options())
            .arg(format!("--counted={}", self.site.address()));
        if self.place.kind == Kind::Archive {
            command.arg("--archive");
        }
        command
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

/// Says what was going on when a check failed.
pub(crate) struct OnPanic(pub(crate) String);

impl Drop for OnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("{}", self.0);
        }
    }
}
