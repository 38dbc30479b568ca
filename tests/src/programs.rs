//! Programs as children of a test: in surroundings that it knows, waited for, sent signals, and gone with it.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Longer than anything takes that is waited for.
pub const AT_MOST: Duration = Duration::from_secs(120);

/// A program in `dir`, without what the machine's environment says to scrapeflow and of colours.
pub fn alone(mut program: Command, dir: &Path) -> Command {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SCRAPEFLOW_")) {
        program.env_remove(name);
    }
    program.current_dir(dir).env_remove("NO_COLOR");
    program
}

/// A child that is killed when it is dropped, as where a test panics.
#[derive(Debug)]
pub struct Running(Option<Child>);

impl Running {
    /// Starts a program.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use = "it is killed when it is dropped"]
    #[track_caller]
    pub fn start(program: &mut Command) -> Self {
        match program.spawn() {
            Ok(child) => Self(Some(child)),
            Err(error) => {
                panic!("{program:?}: {error}; `cargo xtask test` installs what is needed")
            }
        }
    }

    /// Waits for its end: what it printed that nobody has read, and how it ended.
    ///
    /// # Panics
    /// If it cannot be waited for.
    #[track_caller]
    pub fn end(mut self) -> Output {
        let child = self.0.take().expect("it ends once");
        child.wait_with_output().expect("it is ours")
    }
}

impl Deref for Running {
    type Target = Child;

    fn deref(&self) -> &Child {
        self.0.as_ref().expect("it ends once")
    }
}

impl DerefMut for Running {
    fn deref_mut(&mut self) -> &mut Child {
        self.0.as_mut().expect("it ends once")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits until something is so.
///
/// # Panics
/// If it isn't after [`AT_MOST`].
#[track_caller]
pub fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < AT_MOST, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Sends a child a signal, once it hears that instead of dying of it, or has ended.
///
/// # Panics
/// If it doesn't hear it after [`AT_MOST`].
#[track_caller]
pub fn send(signal: Signal, child: &Child) {
    let status = format!("/proc/{}/status", child.id());
    let bit = 1 << (signal.as_raw() - 1);
    until("the program hears signals", || {
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let of = |name| status.lines().find_map(|line| line.strip_prefix(name));
        let caught = of("SigCgt:").and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
        let has_ended = of("State:").is_none_or(|state| state.trim().starts_with('Z'));
        has_ended || caught.is_some_and(|bits| bits & bit != 0)
    });
    let id = child.id().try_into().expect("small numbers");
    let id = Pid::from_raw(id).expect("no child is 0");
    kill_process(id, signal).expect("nobody has waited for it");
}
