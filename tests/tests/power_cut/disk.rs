//! Names and the bytes of files: as a history makes them, or as they are on a disk after a power cut.

use std::collections::BTreeMap;

use crate::history::{Change, History, Names, Node, ROOT, Sync, What};
use crate::tree::Tree;

/// Names, and the bytes of the files among what they name; anything else is a folder.
#[derive(Debug)]
pub(crate) struct Disk {
    names: Names,
    files: BTreeMap<Node, Vec<u8>>,
}

impl Disk {
    pub(crate) fn new(names: Names, files: BTreeMap<Node, Vec<u8>>) -> Self {
        Self { names, files }
    }

    /// All that was done, as those see it who read it.
    pub(crate) fn of(history: &History) -> Self {
        let names = history.names();
        let nodes = names.values().filter(|node| !history.nodes[**node].1);
        let files = nodes.map(|&node| (node, history.bytes(node))).collect();
        Self { names, files }
    }

    /// What can be reached from the first folder.
    pub(crate) fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        self.reach(ROOT, "", &mut tree);
        tree
    }

    fn reach(&self, folder: Node, path: &str, tree: &mut Tree) {
        for ((parent, name), node) in &self.names {
            if *parent == folder {
                let path = format!("{path}{name}");
                let bytes = self.files.get(node).cloned();
                if bytes.is_none() {
                    self.reach(*node, &format!("{path}/"), tree);
                }
                tree.insert(path, bytes);
            }
        }
    }
}

impl History {
    /// Goes on with what is on the disk after a power cut, all of which is certain. What was promised is what had been said.
    pub(crate) fn survived(&self, disk: &Disk) -> Self {
        let at = 0;
        let names = disk
            .names
            .iter()
            .map(|(name, node)| What::Named(name.clone(), *node));
        let files = disk
            .files
            .iter()
            .map(|(node, bytes)| What::Written(*node, 0, bytes.clone()));
        let nodes = 0..self.nodes.len();
        Self {
            changes: names.chain(files).map(|what| Change { at, what }).collect(),
            syncs: nodes
                .map(|node| Sync {
                    node,
                    began: at + 1,
                    ended: at + 1,
                })
                .collect(),
            ..self.clone()
        }
    }

    /// A file as those see it who read it.
    pub(crate) fn bytes(&self, node: Node) -> Vec<u8> {
        let changes: Vec<&Change> = self.of_file(node).collect();
        let mut bytes = vec![0; length(&changes)];
        replay(&mut bytes, 0, &changes);
        bytes
    }
}

/// How long a file is after these changes.
pub(crate) fn length(changes: &[&Change]) -> usize {
    changes.iter().fold(0, |length, change| match &change.what {
        What::Written(_, offset, bytes) => length.max(offset + bytes.len()),
        What::Cut(_, length) => *length,
        _ => length,
    })
}

/// What these changes make of the bytes of a file from `start` on.
pub(crate) fn replay(bytes: &mut [u8], start: usize, changes: &[&Change]) {
    let end = start + bytes.len();
    for change in changes {
        match &change.what {
            What::Written(_, offset, written) => {
                let (from, to) = (start.max(*offset), end.min(offset + written.len()));
                if from < to {
                    let written = &written[from - offset..to - offset];
                    bytes[from - start..to - start].copy_from_slice(written);
                }
            }
            What::Cut(_, length) if *length < end => {
                bytes[length.saturating_sub(start)..].fill(0);
            }
            _ => {}
        }
    }
}
