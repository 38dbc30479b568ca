//! Power cuts of a real file system: it is on a loop device, whose file is copied in the middle of a run, as a disk is when the power
//! goes, and mounted elsewhere.
//!
//! What the file system has written until then is on the disk in its own order. That a disk may lose what it holds in its
//! cache isn't shown here, but by the states that are made of recordings.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fastrand::Rng;
use rustix::process::{Pid, Signal, geteuid, kill_process};
use scrapeflow_tests::{AT_MOST, Mounts};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::timeout;

use crate::checks::State;
use crate::pages::ALL;
use crate::promise::{Promise, hear};
use crate::runs::{DIR, Place, Runs, Syncs};
use crate::tree::{self, Tree};

/// A file system, and how it is mounted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileSystem {
    name: &'static str,
    options: &'static str,
    /// What it needs at least, in bytes.
    size: u64,
}

const MIB: u64 = 1024 * 1024;

/// All have a journal: without one a name may lead to what was in its place on the disk before. Where folders are written at once, names are there long before the bytes of their files are.
const FILE_SYSTEMS: [FileSystem; 5] = [
    FileSystem::new("ext4", "loop", 48 * MIB),
    FileSystem::new("ext4", "loop,dirsync", 48 * MIB),
    FileSystem::new("ext4", "loop,dirsync,data=writeback", 48 * MIB),
    FileSystem::new("btrfs", "loop", 128 * MIB),
    // Of which a copy is not to be mounted beside it otherwise.
    FileSystem::new("xfs", "loop,nouuid", 320 * MIB),
];

/// How often a copy is made anew that was written to meanwhile.
const MOST: usize = 1000;

/// Says so where the test harness keeps nothing back.
fn not_done(what: &str) {
    // Where nobody reads it is told to nobody.
    let _ = writeln!(std::io::stderr(), "NOT DONE: {what}");
}

impl FileSystem {
    const fn new(name: &'static str, options: &'static str, size: u64) -> Self {
        Self {
            name,
            options,
            size,
        }
    }

    /// Those that this machine has; none where it doesn't allow such mounts.
    pub(crate) fn all() -> Vec<Self> {
        if !geteuid().is_root() || !Path::new("/dev/loop-control").exists() {
            not_done("power cuts of a loop device, which take root and loop devices");
            return Vec::new();
        }
        let (all, missing): (Vec<_>, Vec<_>) = FILE_SYSTEMS.into_iter().partition(Self::is_there);
        for missing in missing {
            not_done(&format!(
                "power cuts of {missing:?}, which is not installed"
            ));
        }
        all
    }

    fn is_there(&self) -> bool {
        let made = self.make().arg("-V").output();
        made.is_ok_and(|made| made.status.success())
    }

    fn make(&self) -> Command {
        let mut make = Command::new(format!("mkfs.{}", self.name));
        make.args(["-q"]);
        make
    }
}

/// A disk that some processes see.
struct Disk {
    file_system: FileSystem,
    folder: TempDir,
    mounts: Mounts,
}

impl Disk {
    fn new(file_system: FileSystem) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk = Self {
            file_system,
            folder,
            mounts: Mounts::new(),
        };
        let image = File::create_new(disk.image()).unwrap();
        image.set_len(file_system.size).unwrap();
        succeeds(file_system.make().arg(disk.image()));
        for place in [disk.place(), disk.other_place()] {
            std::fs::create_dir(place).unwrap();
        }
        disk.mount(&disk.image(), &disk.place());
        disk
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    /// Where it is mounted.
    fn place(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// Where copies are.
    fn other_place(&self) -> PathBuf {
        self.folder.path().join("copy")
    }

    fn mount(&self, image: &Path, place: &Path) {
        let [image, place] = [image, place].map(|path| path.to_str().unwrap());
        self.mounts
            .mount(&["-o", self.file_system.options, image, place]);
    }

    /// What a power cut leaves just now, of which all is promised or nothing.
    fn cut(&self, place: Place, said: &[Promise], is_promised: bool) -> State {
        State {
            place,
            tree: self.tree(),
            said: said.to_owned(),
            promised: if is_promised {
                said.to_owned()
            } else {
                vec![(0, 0); said.len()]
            },
        }
    }

    /// All that the system holds is on the disk then.
    fn sync(&self) {
        let mut sync = Command::new("sync");
        succeeds(sync.arg("-f").arg(self.mounts.path(&self.place())));
    }

    /// What is on the disk; nobody must be writing but the system.
    fn tree(&self) -> Tree {
        let copy = self.folder.path().join("image-copy");
        let is_whole = |_| {
            let mut copying = Command::new("cp");
            copying.args(["--sparse=always", "--reflink=never"]);
            succeeds(copying.arg(self.image()).arg(&copy));
            // Alike when each byte has been copied: so they were when the last one was.
            let same = Command::new("cmp")
                .arg("-s")
                .arg(self.image())
                .arg(&copy)
                .status();
            same.unwrap().success()
        };
        assert!((0..MOST).any(is_whole), "it is always being written to");
        let place = self.other_place();
        self.mount(&copy, &place);
        let seen = self.mounts.path(&place);
        let mut tree = tree::read(&seen);
        tree.retain(|path, _| path == DIR || path.starts_with(&format!("{DIR}/")));
        self.mounts.unmount(place.to_str().unwrap());
        tree
    }
}

fn succeeds(command: &mut Command) {
    let ended = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(ended.status.success(), "{command:?}: {ended:?}");
}

impl Runs {
    /// A first run and one that fetches all anew: what is on the disk when the power is cut in the middle of each, and at its end.
    pub(crate) async fn cut(
        &self,
        file_system: FileSystem,
        place: Place,
        random: &mut Rng,
    ) -> Vec<State> {
        let disk = Disk::new(file_system);
        let mut said = vec![(0, 0); ALL];
        let mut states = Vec::new();
        for (version, options) in [(1, &[][..]), (2, &["--force"])] {
            self.pages.set(version);
            let mut enter = Command::new(&disk.mounts.enter()[0]);
            enter.args(&disk.mounts.enter()[1..]);
            let mut run = self.run(enter.into(), &disk.place(), ALL, place, options);
            let run = run.arg("--acknowledge").stdout(Stdio::piped()).spawn();
            let mut run = run.expect("`nsenter` of util-linux");
            let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
            for _ in 0..random.usize(1..3 * ALL) {
                let line = lines.next_line().await.unwrap();
                hear(&mut said, &line.expect("there are more"), version);
            }
            let pid = run.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
            let signal = |signal| kill_process(pid.unwrap(), signal).unwrap();
            signal(Signal::STOP);
            states.push(disk.cut(place, &said, place.syncs == Syncs::Each));
            signal(Signal::CONT);
            let rest = async {
                while let Some(line) = lines.next_line().await.unwrap() {
                    hear(&mut said, &line, version);
                }
                run.wait().await.unwrap()
            };
            let ended = timeout(AT_MOST, rest).await.expect("it goes on for ever");
            assert!(ended.success());
            // The last batch ends with the run.
            states.push(disk.cut(place, &said, place.syncs != Syncs::Never));
            disk.sync();
        }
        states
    }
}
