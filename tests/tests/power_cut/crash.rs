//! What may be on the disk after a power cut at some moment.
//!
//! A place on the disk holds one thing: a sector of a file, a file's length, a name in a folder. After the cut each holds what it
//! held at some moment between its last sync and the cut, and each may be of another moment: nothing but a sync orders them.
//! Dropped and reordered writes, torn ones, holes, lengths without bytes and bytes without names all follow from that.
//! A rename never leaves a file without a name; that it has both for a while is what btrfs does where the folder of the new one is
//! synced alone.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use fastrand::Rng;

use crate::disk::{Disk, length, replay};
use crate::history::{Change, History, Name, Names, Node, What};

/// How a file system keeps what it wasn't asked to sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// What POSIX allows, in sectors of so many bytes.
    Anything { sector: usize },
    /// Names in the order in which they were given, as a journal has them, and the front of each file.
    Order,
}

/// What a file system writes at once, and what a disk does, in bytes.
const SECTORS: [usize; 2] = [4096, 512];

/// A power cut.
pub(crate) struct Crash<'a> {
    /// What was done until then.
    past: &'a History,
    keeps: Keeps,
    /// How likely a place is to have its last state, in percent.
    last: u8,
    random: &'a mut Rng,
}

impl<'a> Crash<'a> {
    /// At the end of all that was done, on a file system that is chosen.
    pub(crate) fn after(past: &'a History, random: &'a mut Rng) -> Self {
        let keeps = match random.usize(0..=SECTORS.len()) {
            0 => Keeps::Order,
            nth => Keeps::Anything {
                sector: SECTORS[nth - 1],
            },
        };
        let last = [0, 20, 50, 80, 95][random.usize(0..5)];
        Self {
            past,
            keeps,
            last,
            random,
        }
    }

    /// How the disk came to be, for messages.
    pub(crate) fn manner(&self) -> String {
        let Self { keeps, last, .. } = self;
        format!("{keeps:?}, {last}%")
    }

    /// What is there then.
    pub(crate) fn disk(mut self) -> Disk {
        let names = self.names();
        let mut files = BTreeMap::new();
        for &node in names.values() {
            if !self.past.nodes[node].1 {
                files.entry(node).or_insert_with(|| self.bytes(node));
            }
        }
        Disk::new(names, files)
    }

    /// The names that are in effect: those of changes that are certain or were chosen.
    fn names(&mut self) -> Names {
        let changes = &self.past.changes;
        let mut stands: Vec<bool> = changes
            .iter()
            .map(|change| self.is_certain(change))
            .collect();
        // What a certain change goes back on is certain as well: names change one after another.
        let mut needed: Vec<&Name> = Vec::new();
        for (change, stands) in changes.iter().zip(&mut stands).rev() {
            let names = change.what.names();
            *stands |= names.iter().any(|name| needed.contains(name));
            if *stands {
                needed.extend(names);
            }
        }
        let certain = stands
            .iter()
            .rposition(|stands| *stands)
            .map_or(0, |last| last + 1);
        let journal = self.random.usize(certain..=changes.len());
        let mut dropped: Vec<&Name> = Vec::new();
        let mut kept = Names::new();
        for (nth, change) in changes.iter().enumerate() {
            let names = change.what.names();
            let chosen = match self.keeps {
                Keeps::Order => nth < journal,
                Keeps::Anything { .. } => {
                    self.chance() && !names.iter().any(|name| dropped.contains(name))
                }
            };
            if stands[nth] || chosen {
                let old = self.old_name(change, &kept);
                change.what.rename(&mut kept);
                kept.extend(old);
            } else {
                dropped.extend(names);
            }
        }
        kept
    }

    /// Whether the folder of one of a change's names was synced after it.
    fn is_certain(&self, change: &Change) -> bool {
        let mut names = change.what.names().into_iter();
        names.any(|(folder, _)| change.at < self.synced(*folder))
    }

    /// The name that a file keeps beside its new one.
    fn old_name(&mut self, change: &Change, names: &Names) -> Option<(Name, Node)> {
        let What::Renamed(old, ..) = &change.what else {
            return None;
        };
        let is_certain = self.keeps == Keeps::Order || change.at < self.synced(old.0);
        if is_certain || self.chance() {
            return None;
        }
        Some((old.clone(), *names.get(old)?))
    }

    /// When the last sync began of that file or folder.
    fn synced(&self, node: Node) -> usize {
        let syncs = self.past.syncs.iter().filter(|sync| sync.node == node);
        syncs.map(|sync| sync.began).max().unwrap_or_default()
    }

    /// Each sector and the length as they were at some moment since the last sync.
    fn bytes(&mut self, node: Node) -> Vec<u8> {
        let past = self.past;
        let changes: Vec<&Change> = past.of_file(node).collect();
        let synced = self.synced(node);
        let certain = changes.iter().filter(|change| change.at < synced).count();
        let since = certain..=changes.len();
        let moment = self.moment(&since);
        let mut bytes = vec![0; length(&changes[..moment])];
        match self.keeps {
            Keeps::Order => {
                replay(&mut bytes, 0, &changes[..moment]);
                let least = length(&changes[..certain]).min(bytes.len());
                let torn = self.random.usize(least..=bytes.len());
                if !self.chance() {
                    bytes.truncate(torn.next_multiple_of(SECTORS[0]));
                }
            }
            Keeps::Anything { sector } => {
                for (nth, bytes) in bytes.chunks_mut(sector).enumerate() {
                    let moment = self.moment(&since);
                    replay(bytes, nth * sector, &changes[..moment]);
                }
            }
        }
        bytes
    }

    /// How many changes have taken place where one place is.
    fn moment(&mut self, since: &RangeInclusive<usize>) -> usize {
        if self.chance() {
            *since.end()
        } else {
            self.random.usize(since.clone())
        }
    }

    fn chance(&mut self) -> bool {
        self.random.u8(0..100) < self.last
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use expect_test::{Expect, expect};

    use super::*;
    use crate::history::{ROOT, Sync};

    /// What is done to files in a folder, and what may be on the disk after it.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a table of cases reads better so"
    )]
    fn check(log: &[What], synced: &[(usize, Node)], expected: Expect) {
        let mut past = History::new();
        past.nodes
            .extend(["a", "b"].map(|name| (name.to_owned(), false)));
        for (nth, what) in log.iter().enumerate() {
            let at = 2 * nth;
            past.changes.push(Change {
                at,
                what: what.clone(),
            });
            let syncs = synced.iter().filter(|(after, _)| *after == nth);
            past.syncs.extend(syncs.map(|(_, node)| Sync {
                node: *node,
                began: at + 1,
                ended: at + 1,
            }));
        }
        let mut random = Rng::with_seed(1);
        let states = (0..2_000).map(|_| {
            let tree = Crash::after(&past, &mut random).disk().tree();
            let files = tree.into_iter().map(|(name, bytes)| {
                let bytes = String::from_utf8(bytes.unwrap()).unwrap();
                format!("{name}={}", bytes.replace('\0', "_"))
            });
            files.collect::<Vec<_>>().join(" ")
        });
        let states: BTreeSet<String> = states.collect();
        let states: String = states.iter().map(|state| format!("{state}\n")).collect();
        expected.assert_eq(&states);
    }

    fn name(name: &str) -> Name {
        (ROOT, name.to_owned())
    }

    fn named(of: &str, node: Node) -> What {
        What::Named(name(of), node)
    }

    fn written(node: Node, offset: usize, text: &str) -> What {
        What::Written(node, offset, text.as_bytes().to_vec())
    }

    #[test]
    fn what_was_not_synced_may_be_there_in_any_part() {
        let log = [named("a", 1), written(1, 0, "old"), written(1, 3, "er")];
        check(
            &log,
            &[],
            expect![[r#"

            a=
            a=___
            a=_____
            a=old
            a=old__
            a=older
        "#]],
        );
        check(
            &log,
            &[(1, 1)],
            expect![[r#"

            a=old
            a=old__
            a=older
        "#]],
        );
        check(
            &log,
            &[(1, 1), (0, ROOT)],
            expect![[r#"
            a=old
            a=old__
            a=older
        "#]],
        );
        check(
            &log,
            &[(2, 1), (2, ROOT)],
            expect![[r#"
            a=older
        "#]],
        );
    }

    #[test]
    fn a_rename_is_in_effect_at_both_names_or_at_neither() {
        let renamed = What::Renamed(name("b"), name("a"), 2);
        let log = [
            named("a", 1),
            written(1, 0, "old"),
            named("b", 2),
            written(2, 0, "new"),
            renamed,
        ];
        check(
            &log,
            &[(1, 1), (2, ROOT), (3, 2)],
            expect![[r#"
                a=new
                a=new b=new
                a=old b=new
            "#]],
        );
        check(
            &log,
            &[(1, 1), (3, 2), (4, ROOT)],
            expect![[r#"
            a=new
        "#]],
        );
    }
}
