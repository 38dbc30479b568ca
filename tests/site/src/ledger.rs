//! What the site saw: requests, answers and connections, counted where the connections report them.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;

use tokio::sync::watch;

use super::Request;

/// How many of the newest requests are kept unless a test says otherwise.
const REMEMBERED: usize = 1000;

/// Counts that can be read from any thread and awaited in any runtime.
#[derive(Debug)]
pub(super) struct Ledger {
    counts: watch::Sender<Counts>,
}

/// The plain numbers.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) total: usize,
    pub(super) served: usize,
    pub(super) in_flight: usize,
    pub(super) max_in_flight: usize,
    pub(super) connections: usize,
    pub(super) open_connections: usize,
    hits: HashMap<String, usize>,
    newest: VecDeque<Arc<Request>>,
    remembered: usize,
}

impl Default for Ledger {
    fn default() -> Self {
        let counts = Counts {
            remembered: REMEMBERED,
            ..Counts::default()
        };
        Self {
            counts: watch::Sender::new(counts),
        }
    }
}

impl Ledger {
    pub(super) fn read<T>(&self, read: impl FnOnce(&Counts) -> T) -> T {
        read(&self.counts.borrow())
    }

    pub(super) fn hits(&self, target: &str) -> usize {
        self.read(|counts| counts.hits.get(target).copied().unwrap_or(0))
    }

    /// A copy, so that a test's own closure never runs while the counts are locked.
    pub(super) fn all_hits(&self) -> Vec<(String, usize)> {
        self.read(|counts| {
            counts
                .hits
                .iter()
                .map(|(target, &count)| (target.clone(), count))
                .collect()
        })
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.read(|counts| {
            counts
                .newest
                .iter()
                .map(|request| Request::clone(request))
                .collect()
        })
    }

    pub(super) fn remember(&self, requests: usize) {
        self.counts.send_modify(|counts| {
            counts.remembered = requests;
            counts.forget();
        });
    }

    /// What changes from now on.
    pub(super) fn changes(&self) -> Changes {
        Changes(self.counts.subscribe())
    }

    /// A connection was accepted; it is open while the guard lives.
    pub(super) fn connected(&self) -> Connected<'_> {
        let mut number = 0;
        self.counts.send_modify(|counts| {
            counts.connections += 1;
            counts.open_connections += 1;
            number = counts.connections;
        });
        Connected {
            ledger: self,
            number,
        }
    }

    /// A request was read; it is in flight until it has landed or the guard is dropped.
    pub(super) fn received(&self, request: &Arc<Request>) -> Flight<'_> {
        let mut hit = 0;
        self.counts.send_modify(|counts| {
            hit = counts.count(request.target());
            counts.newest.push_back(Arc::clone(request));
            counts.forget();
            counts.in_flight += 1;
            counts.max_in_flight = counts.max_in_flight.max(counts.in_flight);
        });
        Flight {
            ledger: self,
            hit,
            landed: false,
        }
    }
}

impl Counts {
    /// Counts a request and tells how many there were of its kind.
    fn count(&mut self, target: &str) -> usize {
        self.total += 1;
        if let Some(count) = self.hits.get_mut(target) {
            *count += 1;
            return *count;
        }
        self.hits.insert(target.to_owned(), 1);
        1
    }

    fn forget(&mut self) {
        let surplus = self.newest.len().saturating_sub(self.remembered);
        self.newest.drain(..surplus);
    }
}

/// Waits for changes of the counts, none of which it misses.
#[derive(Debug)]
pub(super) struct Changes(watch::Receiver<Counts>);

impl Changes {
    pub(super) async fn next(&mut self) {
        // It fails only without a ledger, which whoever waits holds.
        let _ = self.0.changed().await;
    }
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Connected<'a> {
    ledger: &'a Ledger,
    number: usize,
}

impl Connected<'_> {
    /// Its number, from 1 in the order of acceptance.
    pub(super) fn number(&self) -> usize {
        self.number
    }
}

impl Drop for Connected<'_> {
    fn drop(&mut self) {
        self.ledger
            .counts
            .send_modify(|counts| counts.open_connections -= 1);
    }
}

/// A request that is neither answered nor given up.
#[derive(Debug)]
pub(super) struct Flight<'a> {
    ledger: &'a Ledger,
    hit: usize,
    landed: bool,
}

impl Flight<'_> {
    /// Its number among the requests for its target, from 1.
    pub(super) fn hit(&self) -> usize {
        self.hit
    }

    /// Writes what ends the answer, and lands if that says that all is written.
    ///
    /// `write` must not block: it runs under the lock of the counts, so that a client that has read the
    /// last byte finds the answer counted, and never sees its next request counted beside this one.
    pub(super) fn land(
        &mut self,
        served: bool,
        write: impl FnOnce() -> io::Result<bool>,
    ) -> io::Result<bool> {
        let mut written = Ok(false);
        let landed = &mut self.landed;
        self.ledger.counts.send_if_modified(|counts| {
            written = write();
            *landed = matches!(written, Ok(true));
            if *landed {
                counts.in_flight -= 1;
                counts.served += usize::from(served);
            }
            *landed
        });
        written
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if !self.landed {
            self.ledger
                .counts
                .send_modify(|counts| counts.in_flight -= 1);
        }
    }
}
