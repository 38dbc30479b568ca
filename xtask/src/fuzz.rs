//! `cargo xtask fuzz`: each fuzz target for a while, as many at a time as there are cores, and a table of what came
//! of it.
//!
//! A target starts with its corpus, which every test run replays; whatever is new goes to `target/fuzzing/found`,
//! and an input that broke a promise to `fuzz/artifacts`, from where its smallest form belongs in the corpus.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use crate::{root, run};

/// How long each target runs unless it is said, in seconds.
const SECONDS: u64 = 600;

/// Where files that are there for a moment cost least.
const MEMORY: &str = "/dev/shm";

/// What a target came to.
struct Came {
    target: String,
    seconds: u64,
    log: String,
    held: bool,
}

/// `[--seconds N] [TARGET…]`; all targets if none is named.
pub(crate) fn fuzz(words: &[&str]) -> Result<(), String> {
    let (seconds, named) = match words {
        ["--seconds", seconds, named @ ..] => {
            let seconds = seconds.parse();
            (
                seconds.map_err(|_| format!("{words:?} names no number of seconds"))?,
                named,
            )
        }
        named => (SECONDS, named),
    };
    let all = targets()?;
    if let Some(unknown) = named.iter().find(|name| !all.iter().any(|of| of == *name)) {
        return Err(format!(
            "there is no target {unknown}; there are {}",
            all.join(", ")
        ));
    }
    let mut waiting = all;
    waiting.retain(|target| named.is_empty() || named.contains(&target.as_str()));
    // The next is the last.
    waiting.reverse();
    let programs = prepare()?;
    let came = together(&programs, &Mutex::new(waiting), seconds)?;
    print(&came);
    if came.iter().all(|came| came.held) {
        Ok(())
    } else {
        Err("a promise was broken; the inputs are in fuzz/artifacts, the panics in target/fuzzing/*.log".to_owned())
    }
}

/// The names of all programs in `fuzz/fuzz_targets`.
fn targets() -> Result<Vec<String>, String> {
    let folder = root().join("fuzz/fuzz_targets");
    let cannot = |error| format!("cannot read {}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        names.extend(
            path.file_stem()
                .map(|name| name.to_string_lossy().into_owned()),
        );
    }
    names.sort();
    Ok(names)
}

/// Installs what is missing, and builds all targets, with the versions that everything else has: the folder that they
/// are in then.
fn prepare() -> Result<PathBuf, String> {
    let said = |words: &[&str]| {
        let output = Command::new("rustup").args(words).output().ok()?;
        output.status.success().then_some(output.stdout)
    };
    if said(&["run", "nightly", "cargo", "--version"]).is_none() {
        let install = ["toolchain", "install", "nightly", "--profile", "minimal"];
        run(Command::new("rustup").args(install))?;
    }
    if said(&["run", "nightly", "cargo", "fuzz", "--version"]).is_none() {
        let install = [
            "run",
            "nightly",
            "cargo",
            "install",
            "cargo-fuzz",
            "--locked",
        ];
        run(Command::new("rustup").args(install))?;
    }
    let lock = fs::copy(root().join("Cargo.lock"), root().join("fuzz/Cargo.lock"));
    lock.map_err(|error| format!("cannot copy Cargo.lock: {error}"))?;
    let mut build = Command::new("rustup");
    build.args(["run", "nightly", "cargo", "fuzz", "build", "--fuzz-dir"]);
    build
        .arg(root().join("fuzz"))
        .arg("--target-dir")
        .arg(building());
    run(&mut build)?;
    let host = said(&["run", "nightly", "rustc", "--print", "host-tuple"]);
    let host = host.ok_or("cannot ask rustc what it builds for")?;
    Ok(building()
        .join(String::from_utf8_lossy(&host).trim())
        .join("release"))
}

/// Apart from everything else, whose features and flags are others.
fn building() -> PathBuf {
    root().join("target/fuzzing")
}

/// Works off all that wait, on all cores.
fn together(
    programs: &Path,
    waiting: &Mutex<Vec<String>>,
    seconds: u64,
) -> Result<Vec<Came>, String> {
    let next = || waiting.lock().expect("nobody panics with it").pop();
    let work = || {
        let mut came = Vec::new();
        while let Some(target) = next() {
            came.push(one(programs, target, seconds)?);
        }
        Ok(came)
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let lists: Result<Vec<Vec<Came>>, String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let ended = threads.into_iter().map(thread::ScopedJoinHandle::join);
        ended
            .map(|list| list.expect("it returns what is wrong"))
            .collect()
    });
    let mut came: Vec<Came> = lists?.into_iter().flatten().collect();
    came.sort_by(|a, b| a.target.cmp(&b.target));
    Ok(came)
}

fn one(programs: &Path, target: String, seconds: u64) -> Result<Came, String> {
    println!("xtask: fuzzing {target} for {seconds} s");
    let cannot = |error| format!("cannot fuzz {target}: {error}");
    let found = building().join("found").join(&target);
    let broken = root().join("fuzz/artifacts").join(&target);
    fs::create_dir_all(&found).map_err(cannot)?;
    fs::create_dir_all(&broken).map_err(cannot)?;
    let log = building().join(format!("{target}.log"));
    let began = Instant::now();
    let mut command = Command::new("nice");
    command.args(["-n", "19"]).arg(programs.join(&target));
    // What is new goes into the first.
    command
        .arg(found)
        .arg(root().join("fuzz/corpus").join(&target));
    command.arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-artifact_prefix={}/", broken.display()));
    command.args(["-print_final_stats=1", "-timeout=20"]);
    if Path::new(MEMORY).is_dir() {
        command.env("TMPDIR", MEMORY);
    }
    command.stderr(File::create(&log).map_err(cannot)?);
    let status = command.status().map_err(cannot)?;
    Ok(Came {
        seconds: began.elapsed().as_secs(),
        log: String::from_utf8_lossy(&fs::read(&log).map_err(cannot)?).into_owned(),
        held: status.success(),
        target,
    })
}

/// From what libFuzzer says on its way and at its end.
fn print(came: &[Came]) {
    let row = |cells: [&str; 7]| {
        let [target, seconds, executions, rate, inputs, coverage, result] = cells;
        println!(
            "{target:16}{seconds:>8}{executions:>12}{rate:>10}{inputs:>12}{coverage:>10}  {result}"
        );
    };
    row([
        "target",
        "seconds",
        "executions",
        "a second",
        "inputs",
        "coverage",
        "result",
    ]);
    for Came {
        target,
        seconds,
        log,
        held,
    } in came
    {
        row([
            target,
            &seconds.to_string(),
            last(log, "stat::number_of_executed_units:"),
            last(log, "stat::average_exec_per_sec:"),
            last(log, "corp:"),
            last(log, "cov:"),
            if *held { "held" } else { "BROKE" },
        ]);
    }
}

/// What libFuzzer said last under a name.
fn last<'l>(log: &'l str, name: &str) -> &'l str {
    let mut words = log.split_ascii_whitespace();
    let mut said = "-";
    while words.any(|word| word == name) {
        said = words.next().unwrap_or(said);
    }
    said
}
