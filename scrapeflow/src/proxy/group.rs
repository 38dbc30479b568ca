//! Proxies that may be picked for one wish: those of a country, or all.

use std::collections::BTreeSet;

use tokio::time::Instant;

/// Those who may be picked for one wish.
pub(super) struct Group {
    pub(super) live: Vec<usize>,
    /// Whose turn it is.
    next: usize,
    /// When each of the others may be tried again.
    pub(super) due: BTreeSet<(Instant, usize)>,
}

/// As many take turns at a time: no more than there are clients of proxies (`fetch::clients`).
const PART: usize = 256;

/// So often, before others come.
const ROUNDS: usize = 8;

impl Group {
    /// The place of the next live one; there has to be one.
    ///
    /// Of many, a part takes turns for a while, then one that has half of it in common: so that their clients, of which not all
    /// are kept, are used again while they have connections.
    pub(super) fn turn(&mut self) -> usize {
        let turn = self.next;
        self.next = self.next.wrapping_add(1);
        if self.live.len() <= PART {
            return turn % self.live.len();
        }
        let (round, place) = (turn / PART, turn % PART);
        (round / ROUNDS * (PART / 2) + place) % self.live.len()
    }
}

impl Default for Group {
    fn default() -> Self {
        Self {
            live: Vec::new(),
            next: fastrand::usize(..1 << 16),
            due: BTreeSet::new(),
        }
    }
}
