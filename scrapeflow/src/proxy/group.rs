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

impl Group {
    /// The place of the next live one; there has to be one.
    pub(super) fn turn(&mut self) -> usize {
        let turn = self.next % self.live.len();
        self.next = turn + 1;
        turn
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
