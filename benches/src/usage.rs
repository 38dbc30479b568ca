//! What this process has spent: CPU time, wall time, memory.

use std::ffi::OsStr;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

use crate::number;

/// What is spent from its start on.
#[derive(Debug, Clone, Copy)]
pub struct Meter {
    cpu: Duration,
    wall: Instant,
}

impl Meter {
    /// Starts to measure.
    pub fn start() -> Self {
        Self {
            cpu: cpu_time(),
            wall: Instant::now(),
        }
    }

    /// User and system time of all threads since the start, in seconds.
    pub fn cpu_seconds(&self) -> f64 {
        cpu_time().saturating_sub(self.cpu).as_secs_f64()
    }

    /// Time since the start, in seconds.
    pub fn wall_seconds(&self) -> f64 {
        self.wall.elapsed().as_secs_f64()
    }

    /// What each of so many tasks took on the processor and by the clock, in µs.
    pub fn per_task(&self, tasks: u64) -> [(&'static str, f64); 2] {
        let per_task = |seconds: f64| seconds * 1e6 / number(tasks);
        [
            ("CPU µs/task", per_task(self.cpu_seconds())),
            ("wall µs/task", per_task(self.wall_seconds())),
        ]
    }
}

/// User and system time of all threads of this process.
fn cpu_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime)
        .try_into()
        .unwrap_or_default()
}

/// The most memory that this process ever held (`VmHWM`), in MB.
pub fn peak_megabytes() -> f64 {
    status_megabytes("VmHWM:")
}

/// The memory that this process holds now (`VmRSS`), in MB.
pub fn resident_megabytes() -> f64 {
    status_megabytes("VmRSS:")
}

/// A line of `/proc/self/status`; 0 where there is none.
fn status_megabytes(field: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u32>().ok());
    kibibytes.map_or(0.0, |kibibytes| f64::from(kibibytes) * 1024.0 / 1e6)
}

/// Keeps this thread, and those that it starts from now on, on one core. Called before there is a runtime,
/// which takes as many threads as there are cores for it.
pub fn pin(core: usize) {
    pin_to(&[core]);
}

/// The same, on several.
pub fn pin_to(cores: &[usize]) {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core);
    }
    if let Err(error) = sched_setaffinity(None, &set) {
        eprintln!("not pinned to {cores:?}: {error}");
    }
}

/// A program that runs on one core, by util-linux's `taskset`, in whose place it runs.
pub fn on_core(core: usize, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string()]).arg(program);
    command
}
