//! Programs as children of a test: in surroundings that it knows, waited for, and sent signals.

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Longer than anything takes that is waited for.
const AT_MOST: Duration = Duration::from_secs(60);

/// A program in `dir`, without what the machine's environment says to scrapeflow and of colours.
pub fn alone(mut program: Command, dir: &Path) -> Command {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SCRAPEFLOW_")) {
        program.env_remove(name);
    }
    program.current_dir(dir).env_remove("NO_COLOR");
    program
}

/// Waits until something is so.
///
/// # Panics
/// If it isn't after a minute.
#[track_caller]
pub fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < AT_MOST, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Sends a child a signal, once it hears that instead of dying of it.
///
/// # Panics
/// If it doesn't hear it after a minute, or has ended.
#[track_caller]
pub fn send(signal: Signal, child: &Child) {
    let status = format!("/proc/{}/status", child.id());
    let bit = 1 << (signal.as_raw() - 1);
    until("the program hears signals", || {
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
        caught.is_some_and(|bits| bits & bit != 0)
    });
    let id = child.id().try_into().expect("small numbers");
    let id = Pid::from_raw(id).expect("no child is 0");
    kill_process(id, signal).expect("it goes on");
}
