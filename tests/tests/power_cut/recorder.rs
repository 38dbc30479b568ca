//! From the system calls of a process to what it did to files.
//!
//! Nothing is passed over: a call that may change a file and isn't among those that are read here ends the test.

use std::collections::HashMap;

use crate::history::{Change, History, Name, Names, Node, ROOT, Sync, What};
use crate::strace::{Call, calls};

/// What has to be told, and what must not happen untold; with a question mark those that not every processor has.
pub(crate) const TRACED: &str = "openat,close,?mkdir,mkdirat,?unlink,unlinkat,?rename,?renameat,renameat2,write,writev,pwrite64,\
    copy_file_range,lseek,ftruncate,fsync,fdatasync,syncfs,\
    ?open,?creat,openat2,?link,linkat,?symlink,symlinkat,?rmdir,pwritev,pwritev2,truncate,fallocate,splice,sync_file_range,\
    io_uring_setup";

/// A file as the process has it open.
#[derive(Debug, Clone, Copy)]
struct Open {
    node: Node,
    offset: usize,
}

/// A process whose calls are being read.
struct Process<'a> {
    /// The moment of its first line.
    begin: usize,
    /// The path of the folder.
    root: &'a str,
    open: HashMap<i64, Open>,
    names: Names,
    history: &'a mut History,
}

impl History {
    /// Goes on with a process that had the folder at `root`.
    pub(crate) fn go_on(&mut self, log: &str, root: &str) {
        let mut calls = calls(log);
        // A number is free for others as soon as it is being closed.
        calls.sort_by_key(|call| match call.name {
            "close" => call.began,
            _ => call.ended,
        });
        let begin = self.end();
        let mut process = Process {
            begin,
            root,
            open: HashMap::new(),
            names: self.names(),
            history: self,
        };
        for call in &calls {
            process.take_in(call);
        }
        self.ends.push(begin + log.lines().count());
    }
}

impl Process<'_> {
    fn take_in(&mut self, call: &Call<'_>) {
        if call.result < 0 {
            return;
        }
        match call.name {
            "openat" => self.opened(call),
            "close" => drop(self.open.remove(&call.number(0))),
            "mkdir" => self.made(self.name(&call.path(0)), true, call),
            "mkdirat" => self.made(self.name_at(call, 0), true, call),
            "unlink" => self.unnamed(self.name(&call.path(0)), call),
            "unlinkat" => self.unnamed(self.name_at(call, 0), call),
            "rename" => self.renamed([0, 1].map(|nth| self.name(&call.path(nth))), call),
            "renameat" | "renameat2" => {
                self.renamed([0, 2].map(|nth| self.name_at(call, nth)), call);
            }
            "write" if call.argument(0) == "1" => self.said(call),
            "write" | "writev" => {
                if let Some(open) = self.open.get_mut(&call.number(0)) {
                    let (bytes, Open { node, offset }) = (call.written(), *open);
                    open.offset += bytes.len();
                    self.change(What::Written(node, offset, bytes), call);
                }
            }
            "copy_file_range" => self.copied(call),
            "lseek" => {
                if let Some(open) = self.open.get_mut(&call.number(0)) {
                    open.offset = position(call.result);
                }
            }
            // Of the file system, whatever it is asked of.
            "syncfs" => (0..self.history.nodes.len()).for_each(|node| self.synced(node, call)),
            "pwrite64" | "ftruncate" | "fsync" | "fdatasync" => {
                if let Some(&Open { node, .. }) = self.open.get(&call.number(0)) {
                    self.at_once(node, call);
                }
            }
            _ => panic!("it isn't known what this does to files: {call:?}"),
        }
    }

    /// What has nothing to do with where the file is written next.
    fn at_once(&mut self, node: Node, call: &Call<'_>) {
        match call.name {
            "pwrite64" => {
                let offset = position(call.number(3));
                self.change(What::Written(node, offset, call.written()), call);
            }
            "ftruncate" => self.change(What::Cut(node, position(call.number(1))), call),
            _ => self.synced(node, call),
        }
    }

    fn synced(&mut self, node: Node, call: &Call<'_>) {
        self.history.syncs.push(Sync {
            node,
            began: self.begin + call.began,
            ended: self.begin + call.ended,
        });
    }

    fn opened(&mut self, call: &Call<'_>) {
        // Whatever the number meant before.
        self.open.remove(&call.result);
        let Some(name) = self.name_at(call, 0) else {
            return;
        };
        let flags: Vec<&str> = call.argument(2).split('|').collect();
        assert!(
            !flags.contains(&"O_APPEND"),
            "where does it write? {call:?}"
        );
        let there = self.node(&name);
        let node = if flags.contains(&"O_TMPFILE") {
            self.history.nodes.push((String::new(), false));
            self.history.nodes.len() - 1
        } else if let Some(node) = there {
            if flags.contains(&"O_TRUNC") {
                self.change(What::Cut(node, 0), call);
            }
            node
        } else {
            self.made(Some(name), false, call);
            self.history.nodes.len() - 1
        };
        self.open.insert(call.result, Open { node, offset: 0 });
    }

    fn made(&mut self, name: Option<Name>, is_folder: bool, call: &Call<'_>) {
        let Some(name) = name else { return };
        let node = self.history.nodes.len();
        self.history.nodes.push((name.1.clone(), is_folder));
        self.change(What::Named(name, node), call);
    }

    fn unnamed(&mut self, name: Option<Name>, call: &Call<'_>) {
        if let Some(name) = name {
            self.change(What::Unnamed(name), call);
        }
    }

    fn renamed(&mut self, names: [Option<Name>; 2], call: &Call<'_>) {
        let (from, to) = match names {
            [Some(from), Some(to)] => (from, to),
            [None, None] => return,
            _ => panic!("in or out of the folder: {call:?}"),
        };
        let node = self.node(&from).unwrap_or_else(|| panic!("{call:?}"));
        self.history.nodes[node].0.clone_from(&to.1);
        self.change(What::Renamed(from, to, node), call);
    }

    fn copied(&mut self, call: &Call<'_>) {
        let numbers = [0, 2].map(|nth| call.number(nth));
        let [Some(from), Some(to)] = numbers.map(|number| self.open.get(&number).copied()) else {
            assert!(
                !self.open.contains_key(&numbers[1]),
                "from elsewhere: {call:?}"
            );
            return;
        };
        assert_eq!([1, 3].map(|nth| call.argument(nth)), ["NULL", "NULL"]);
        let length = position(call.result);
        let bytes = self.history.bytes(from.node);
        let bytes = bytes[from.offset..][..length].to_vec();
        self.change(What::Written(to.node, to.offset, bytes), call);
        for number in numbers {
            self.open
                .entry(number)
                .and_modify(|open| open.offset += length);
        }
    }

    fn said(&mut self, call: &Call<'_>) {
        let text = String::from_utf8(call.written()).expect("lines of text");
        // What it tells was so before it began to.
        let at = self.begin + call.began;
        let lines = text.lines().map(|line| (at, line.to_owned()));
        self.history.said.extend(lines);
    }

    fn change(&mut self, what: What, call: &Call<'_>) {
        what.rename(&mut self.names);
        self.history.changes.push(Change {
            at: self.begin + call.ended,
            what,
        });
    }

    /// The name that a folder and a path say, where it is below ours.
    fn name_at(&self, call: &Call<'_>, nth: usize) -> Option<Name> {
        let path = call.path(nth + 1);
        if call.argument(nth) == "AT_FDCWD" {
            return self.name(&path);
        }
        let folder = self.open.get(&call.number(nth))?;
        Some((folder.node, path))
    }

    /// The name at the end of a path, where it is below ours; of the folder itself an empty one.
    fn name(&self, path: &str) -> Option<Name> {
        let below = path.strip_prefix(self.root)?;
        let mut name = (ROOT, String::new());
        for part in below.split('/').filter(|part| !part.is_empty()) {
            let folder = self.node(&name).unwrap_or_else(|| panic!("{path}"));
            name = (folder, part.to_owned());
        }
        Some(name)
    }

    fn node(&self, name: &Name) -> Option<Node> {
        if name.1.is_empty() {
            return Some(name.0);
        }
        self.names.get(name).copied()
    }
}

fn position(number: i64) -> usize {
    usize::try_from(number).expect("a place in a file")
}
