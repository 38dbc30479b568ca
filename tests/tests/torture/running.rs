//! How a run is to be, what is done to it, and how it ends.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::Output;

use crate::calls::Fault;

const SIGKILL: i32 = 9;

/// How a run is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run {
    pub(crate) at_once: usize,
    pub(crate) durability: Durability,
    /// Whether every page is fetched anew.
    pub(crate) force: bool,
    /// So that its calls come one after another.
    pub(crate) one_thread: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Durability {
    Process,
    PowerCut,
    Batched,
}

/// What is done to it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Attack<'a> {
    Nothing,
    Fault(&'a Fault),
    /// It is killed at a random moment, after so many requests at the latest.
    Within(usize),
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    Done,
    Killed,
    /// It could not save, and said so.
    Refused(String),
}

impl Durability {
    pub(crate) const ALL: [Self; 3] = [Self::Process, Self::PowerCut, Self::Batched];
}

impl Run {
    /// The options of `journeys`.
    pub(crate) fn options(self) -> impl Iterator<Item = &'static str> {
        let durability = match self.durability {
            Durability::Process => None,
            Durability::PowerCut => Some("--power-cut"),
            Durability::Batched => Some("--batched"),
        };
        let force = self.force.then_some("--force");
        let one_thread = self.one_thread.then_some("--one-thread");
        [durability, force, one_thread].into_iter().flatten()
    }
}

impl Ended {
    pub(crate) fn of(output: &Output) -> Self {
        let said = String::from_utf8_lossy(&output.stderr);
        match (output.status.code(), output.status.signal()) {
            (Some(0), _) => Self::Done,
            (_, Some(SIGKILL)) => Self::Killed,
            (Some(3), _) => Self::Refused(said.into_owned()),
            _ => panic!("it ended as nothing does here: {}, {said}", output.status),
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pages = if self.force { "anew" } else { "where missing" };
        write!(
            f,
            "{:?}, {} at once, {pages}",
            self.durability, self.at_once
        )
    }
}

impl fmt::Display for Attack<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("undisturbed"),
            Self::Fault(fault) => write!(f, "{fault}"),
            Self::Within(requests) => write!(f, "killed within {requests} requests"),
        }
    }
}
