//! What was done to the files below one folder, one change after another, and when it was synced.
//!
//! A moment is a line of the log that it was read from. Knows nothing of system calls, nor of what is lost.

use std::collections::BTreeMap;

/// A file or a folder, by the order in which they came to be.
pub(crate) type Node = usize;

/// The folder below which all is.
pub(crate) const ROOT: Node = 0;

/// A name in a folder.
pub(crate) type Name = (Node, String);

/// Which names there are, and of what.
pub(crate) type Names = BTreeMap<Name, Node>;

/// What changed, and when.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) at: usize,
    pub(crate) what: What,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    Written(Node, usize, Vec<u8>),
    Cut(Node, usize),
    Named(Name, Node),
    Unnamed(Name),
    Renamed(Name, Name, Node),
}

/// What was there before it began is on the disk since it ended: the bytes of a file, or the names in a folder.
#[derive(Debug, Clone)]
pub(crate) struct Sync {
    pub(crate) node: Node,
    pub(crate) began: usize,
    pub(crate) ended: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) changes: Vec<Change>,
    pub(crate) syncs: Vec<Sync>,
    /// The lines that were printed, and when.
    pub(crate) said: Vec<(usize, String)>,
    /// When each process ended.
    pub(crate) ends: Vec<usize>,
    /// Of each node its last name, and whether it is a folder.
    pub(crate) nodes: Vec<(String, bool)>,
}

impl History {
    /// Nothing was done yet to the folder.
    pub(crate) fn new() -> Self {
        Self {
            changes: Vec::new(),
            syncs: Vec::new(),
            said: Vec::new(),
            ends: Vec::new(),
            nodes: vec![(String::new(), true)],
        }
    }

    /// What there was until a moment.
    pub(crate) fn until(&self, moment: usize) -> Self {
        let mut until = self.clone();
        until.changes.retain(|change| change.at < moment);
        until.syncs.retain(|sync| sync.ended < moment);
        until.said.retain(|(at, _)| *at < moment);
        until.ends.retain(|end| *end < moment);
        until.ends.push(moment);
        until
    }

    /// When the last process ended.
    pub(crate) fn end(&self) -> usize {
        self.ends.last().copied().unwrap_or_default()
    }

    /// The names that all of it makes.
    pub(crate) fn names(&self) -> Names {
        let mut names = Names::new();
        for change in &self.changes {
            change.what.rename(&mut names);
        }
        names
    }

    /// What was done to the bytes of a file.
    pub(crate) fn of_file(&self, node: Node) -> impl Iterator<Item = &Change> {
        let is_of_it = move |change: &&Change| match &change.what {
            What::Written(file, ..) | What::Cut(file, _) => *file == node,
            _ => false,
        };
        self.changes.iter().filter(is_of_it)
    }
}

impl What {
    /// What becomes of names.
    pub(crate) fn rename(&self, names: &mut Names) {
        match self {
            Self::Named(name, node) => {
                names.insert(name.clone(), *node);
            }
            Self::Unnamed(name) => {
                names.remove(name);
            }
            Self::Renamed(from, to, node) => {
                names.remove(from);
                names.insert(to.clone(), *node);
            }
            Self::Written(..) | Self::Cut(..) => {}
        }
    }

    /// The names that it is about.
    pub(crate) fn names(&self) -> Vec<&Name> {
        match self {
            Self::Named(name, _) | Self::Unnamed(name) => vec![name],
            Self::Renamed(from, to, _) => vec![to, from],
            Self::Written(..) | Self::Cut(..) => vec![],
        }
    }
}
