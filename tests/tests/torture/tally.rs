//! What was done to a store, call by call.

use std::collections::BTreeMap;
use std::fmt;

use crate::calls::{Fault, What};
use crate::place::Kind;
use crate::running::Ended;

/// How many attacks on runs of a store ended how.
pub(crate) struct Tally {
    kind: Kind,
    calls: BTreeMap<&'static str, Calls>,
    attacks: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Calls {
    killed: usize,
    /// It was through before.
    missed: usize,
    refused: usize,
    /// It could do without.
    ridden_out: usize,
}

impl Tally {
    pub(crate) fn of(kind: Kind) -> Self {
        Self {
            kind,
            calls: BTreeMap::new(),
            attacks: 0,
        }
    }

    pub(crate) fn count(&mut self, fault: &Fault, ended: &Ended) {
        let calls = self.calls.entry(fault.call).or_default();
        let count = match (fault.what, ended) {
            (What::Kill | What::FailAndKill(..), Ended::Killed) => &mut calls.killed,
            (What::Kill, Ended::Done) => &mut calls.missed,
            (_, Ended::Done) => &mut calls.ridden_out,
            (What::Fail(_) | What::FailFrom(_) | What::FailAndKill(..), Ended::Refused(_)) => {
                &mut calls.refused
            }
            _ => panic!("{fault} does not end a run so: {ended:?}"),
        };
        *count += 1;
        self.attacks += 1;
        // So that whoever waits for many sees that it goes on.
        if self.attacks.is_multiple_of(100) {
            self.say(&format!("{} attacks", self.attacks));
        }
    }

    pub(crate) fn kills(&self) -> usize {
        self.calls.values().map(|calls| calls.killed).sum()
    }

    /// Those that came too late.
    pub(crate) fn missed(&self) -> usize {
        self.calls.values().map(|calls| calls.missed).sum()
    }

    pub(crate) fn say(&self, said: &str) {
        println!("{:?}: {said}", self.kind);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["killed", "through before", "failed", "ridden out"];
        write!(f, "{:<27}", format!("{:?}, all fine", self.kind))?;
        head.iter().try_for_each(|head| write!(f, "{head:>15}"))?;
        let mut all = Calls::default();
        for (call, calls) in &self.calls {
            writeln!(f)?;
            row(f, call, calls)?;
            all.killed += calls.killed;
            all.missed += calls.missed;
            all.refused += calls.refused;
            all.ridden_out += calls.ridden_out;
        }
        writeln!(f)?;
        row(f, "all", &all)
    }
}

fn row(f: &mut fmt::Formatter<'_>, call: &str, calls: &Calls) -> fmt::Result {
    write!(f, "{call:<27}")?;
    let counts = [calls.killed, calls.missed, calls.refused, calls.ridden_out];
    counts.iter().try_for_each(|count| write!(f, "{count:>15}"))
}
