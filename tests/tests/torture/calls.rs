//! The calls of the system by which a run saves, as strace sees them: counted, and attacked one by one.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use fastrand::Rng;

/// What is said where there is no room, and where nothing works any more.
const FULL: &[&str] = &["ENOSPC", "EDQUOT", "EIO"];
const BROKEN: &[&str] = &["EIO"];

/// The calls, by what they may fail with. All but those that read change files, or make changes last: who is killed between two
/// of these leaves nothing else than who is killed at the second.
const CALLS: [(&str, &[&str]); 20] = [
    ("copy_file_range", FULL),
    ("fchown", &[]),
    ("fdatasync", FULL),
    ("flock", BROKEN),
    ("fsync", FULL),
    ("ftruncate", BROKEN),
    ("getdents64", BROKEN),
    ("mkdir", FULL),
    ("mkdirat", FULL),
    ("openat", &["ENOSPC", "EDQUOT", "EIO", "EMFILE"]),
    ("pread64", BROKEN),
    ("pwrite64", FULL),
    ("read", BROKEN),
    ("rename", FULL),
    ("renameat", FULL),
    ("renameat2", FULL),
    ("unlink", BROKEN),
    ("unlinkat", BROKEN),
    ("write", FULL),
    ("writev", FULL),
];

const READING: [&str; 3] = ["getdents64", "pread64", "read"];

/// That by which a run that fails takes back what it wrote to a directory.
const CLEANING: &str = "?unlinkat";

/// What is done to a run as it enters a call that is about a path of its store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) call: &'static str,
    whose: Whose,
    /// Of the calls of this name, from 1.
    nth: usize,
    pub(crate) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// It is killed, and the call does nothing.
    Kill,
    /// The call fails, and nothing else.
    Fail(&'static str),
    /// So do all of its name that come after it.
    FailFrom(&'static str),
    /// It fails, and the run is killed at that call by which it then cleans up.
    FailAndKill(&'static str, usize),
}

/// Calls are counted by thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    /// Of the first thread, which alone is looked at.
    First,
    /// Of any thread, the first to make so many.
    Any,
}

/// How many calls of each name a run makes.
pub(crate) struct Counted(BTreeMap<(Whose, usize), usize>);

/// Runs a command to its end and counts.
pub(crate) fn count(command: &Command, paths: &[PathBuf]) -> Counted {
    let output = tempfile::NamedTempFile::new().unwrap();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(output.path());
    let names: Vec<String> = CALLS.iter().map(|(name, _)| format!("?{name}")).collect();
    strace.args(["-e", &format!("trace={}", names.join(","))]);
    let ended = around(strace, paths, command).output();
    let ended = ended.expect("strace: `cargo xtask test` installs it");
    let mut threads: BTreeMap<(&str, usize), usize> = BTreeMap::new();
    let calls = fs::read_to_string(output.path()).unwrap();
    let mut first = None;
    for line in calls.lines() {
        let (thread, call) = line.split_once(' ').unwrap();
        let name = call.trim_start().split('(').next().unwrap();
        first = first.or(Some(thread));
        if let Some(call) = CALLS.iter().position(|(known, _)| *known == name) {
            *threads.entry((thread, call)).or_default() += 1;
        }
    }
    assert!(
        first.is_some(),
        "strace cannot look at a run, for which ptrace has to be allowed (in a container --cap-add=SYS_PTRACE): {ended:?}"
    );
    assert!(ended.status.success(), "{ended:?}");
    let mut counted = BTreeMap::new();
    for ((thread, call), count) in threads {
        let whose = if first == Some(thread) {
            Whose::First
        } else {
            Whose::Any
        };
        let most: &mut usize = counted.entry((whose, call)).or_default();
        *most = count.max(*most);
    }
    Counted(counted)
}

impl Counted {
    /// A kill at each call.
    pub(crate) fn kills(&self) -> Vec<Fault> {
        let mut kills = self.faults(|_| Some(What::Kill));
        kills.retain(|kill| !READING.contains(&kill.call));
        kills
    }

    /// A failure of each call that can fail.
    pub(crate) fn failures(&self, random: &mut Rng) -> Vec<Fault> {
        self.faults(|errors| {
            let error = random.choice(errors)?;
            Some(match random.u8(0..3) {
                0 => What::Fail(error),
                1 => What::FailFrom(error),
                _ => What::FailAndKill(error, random.usize(1..=2)),
            })
        })
    }

    fn faults(&self, mut what: impl FnMut(&'static [&'static str]) -> Option<What>) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (&(whose, call), &count) in &self.0 {
            let (call, errors) = CALLS[call];
            for nth in 1..=count {
                let what = what(errors);
                faults.extend(what.map(|what| Fault {
                    call,
                    whose,
                    nth,
                    what,
                }));
            }
        }
        faults
    }
}

impl Fault {
    /// A command that is attacked where it has to do with one of the paths.
    pub(crate) fn command(&self, command: &Command, paths: &[PathBuf]) -> Command {
        let mut strace = Command::new("strace");
        strace.args(["-qq", "-o", "/dev/null"]);
        if self.whose == Whose::Any {
            strace.arg("-f");
        }
        let Self { call, nth, .. } = self;
        // Not with --seccomp-bpf, which loses signals.
        let kill = |calls: &str, nth| format!("inject={calls}:signal=SIGKILL:when={nth}");
        let fail = |error, on| format!("inject={call}:error={error}:when={nth}{on}");
        strace.args(["-e", &format!("trace={call},{CLEANING}")]);
        let injected = match self.what {
            What::Kill => vec![kill(call, *nth)],
            What::Fail(error) => vec![fail(error, "")],
            What::FailFrom(error) => vec![fail(error, "+")],
            What::FailAndKill(error, nth) => vec![kill(CLEANING, nth), fail(error, "")],
        };
        for inject in &injected {
            strace.args(["-e", inject]);
        }
        around(strace, paths, command)
    }

    /// Whether a run says the cause, be it as SQLite has it.
    pub(crate) fn is_said(&self, said: &str) -> bool {
        let cause = match self.what {
            What::Kill => return false,
            What::Fail(error) | What::FailFrom(error) | What::FailAndKill(error, _) => {
                match error {
                    "EDQUOT" => "Disk quota exceeded",
                    "EMFILE" => "Too many open files",
                    "ENOSPC" => "No space left on device",
                    _ => "Input/output error",
                }
            }
        };
        // What it cannot open to be written it opens to be read.
        let sqlite = [
            "attempt to write a readonly database",
            "database or disk is full",
            "disk I/O error",
            "unable to open database file",
        ];
        // A disk that cannot be read is to SQLite as one with something else on it.
        let is_damaged = READING.contains(&self.call) && said.contains("is malformed");
        is_damaged || said.contains(cause) || sqlite.iter().any(|cause| said.contains(cause))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, nth, .. } = self;
        let whose = match self.whose {
            Whose::First => "of the first thread",
            Whose::Any => "of a thread",
        };
        match self.what {
            What::Kill => write!(f, "SIGKILL at {call} {nth} {whose}"),
            What::Fail(error) => write!(f, "{error} from {call} {nth} {whose}"),
            What::FailFrom(error) => write!(f, "{error} from {call} {nth} {whose} on"),
            What::FailAndKill(error, cleaning) => {
                write!(
                    f,
                    "{error} from {call} {nth} {whose}, SIGKILL at {cleaning} after it"
                )
            }
        }
    }
}

/// Only what is about one of the paths is counted and attacked.
fn around(mut strace: Command, paths: &[PathBuf], command: &Command) -> Command {
    for path in paths {
        strace.arg("-P").arg(path);
    }
    strace.arg(command.get_program()).args(command.get_args());
    strace
}
