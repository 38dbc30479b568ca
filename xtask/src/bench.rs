//! `cargo xtask bench`: everything that is measured, other frameworks included, into `benches/RESULTS.md`.
//!
//! It installs nginx and Node.js from Debian's packages where they are missing, and the frameworks, in the versions that
//! `benches/peers` pins, under `target/peers`. Linux alone: the server and the clients are pinned to cores.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::install::{Needed, install};
use crate::python;
use crate::test::cargo;
use crate::{root, run};

const NEEDED: [Needed; 4] = [
    Needed {
        program: "nginx",
        package: "nginx",
        service: Some("nginx"),
    },
    Needed {
        program: "node",
        package: "nodejs",
        service: None,
    },
    Needed {
        program: "npm",
        package: "npm",
        service: None,
    },
    Needed {
        program: "taskset",
        package: "util-linux",
        service: None,
    },
];

/// Benchmarks and what they are told, in the order of the results.
const BENCHES: [(&str, &[&str]); 6] = [
    ("scrape", &["--peers"]),
    ("cores", &[]),
    ("restart", &[]),
    ("million", &[]),
    ("journey", &[]),
    ("inspect", &[]),
];

/// `rounds` as each benchmark has them unless given.
pub(crate) fn bench(rounds: Option<&str>) -> Result<(), String> {
    let rounds: Vec<&str> = rounds
        .into_iter()
        .flat_map(|rounds| ["--rounds", rounds])
        .collect();
    if !cfg!(target_os = "linux") {
        return Err("the benchmarks need Linux: server and clients are pinned to cores".to_owned());
    }
    install(&NEEDED)?;
    peers()?;
    // So that nothing compiles while another is measured.
    cargo(&["bench", "-p", "scrapeflow-benches", "--no-run"])?;
    let results = root().join("benches/RESULTS.md");
    fs::write(&results, head())
        .map_err(|error| format!("cannot write {}: {error}", results.display()))?;
    let results = results.display().to_string();
    for (bench, more) in BENCHES {
        let first = [
            "bench",
            "-p",
            "scrapeflow-benches",
            "--bench",
            bench,
            "--",
            "--results",
            &results,
        ];
        cargo(&[&first[..], more, &rounds].concat())?;
    }
    println!("xtask: all of it is in benches/RESULTS.md");
    Ok(())
}

/// Installs the frameworks, in folders of their own.
fn peers() -> Result<(), String> {
    let (from, to) = (root().join("benches/peers"), root().join("target/peers"));
    let pinned = fs::read_to_string(from.join("python/requirements.txt")).map_err(|error| {
        format!("cannot read the requirements of benches/peers/python: {error}")
    })?;
    let pinned: Vec<&str> = pinned
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    python::install(&to.join("python"), &pinned)?;
    javascript(&from.join("javascript"), &to.join("javascript"))?;
    let (manifest, target) = (
        from.join("spider/Cargo.toml").display().to_string(),
        to.join("spider").display().to_string(),
    );
    cargo(&[
        "build",
        "--release",
        "--locked",
        "--manifest-path",
        &manifest,
        "--target-dir",
        &target,
    ])
}

/// Packages are looked for beside the program, so it is copied to where they are.
fn javascript(from: &Path, to: &Path) -> Result<(), String> {
    let copied = fs::create_dir_all(to).and_then(|()| {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                fs::copy(entry.path(), to.join(entry.file_name()))?;
            }
        }
        Ok(())
    });
    copied.map_err(|error| {
        format!(
            "cannot copy {} to {}: {error}",
            from.display(),
            to.display()
        )
    })?;
    run(Command::new("npm")
        .args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefix",
        ])
        .arg(to))
}

/// What was measured where.
fn head() -> String {
    let mut head = String::from(
        "# Results of the benchmarks

Written by `cargo xtask bench`, which installs and pins all that it compares; what each benchmark does and what is to be had is said at the
head of its file in `benches/benches`. CPU is user and system time. Times are of one machine and tell nothing of
another; ratios are medians of the ratios within interleaved rounds.

",
    );
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown", |model| {
        model.trim_start_matches(['\t', ' ', ':'])
    });
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = memory
        .lines()
        .next()
        .and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    let gib = memory.map_or(0, |kib: u64| kib.div_ceil(1024 * 1024));
    // A String takes everything.
    let _ = writeln!(
        head,
        "- {model}, {cores} cores, {gib} GiB; Linux {}",
        said("uname", &["-r"])
    );
    for (program, words) in [
        ("rustc", &["--version"][..]),
        ("nginx", &["-v"]),
        ("target/peers/python/bin/python", &["--version"]),
        ("node", &["--version"]),
    ] {
        let name = program.rsplit('/').next().unwrap_or(program);
        let _ = writeln!(head, "- {name}: {}", said(program, words));
    }
    let _ = writeln!(head, "- {}", said("date", &["-u", "+%Y-%m-%d"]));
    head
}

/// The first line that a program says.
fn said(program: &str, words: &[&str]) -> String {
    let output = Command::new(program)
        .args(words)
        .current_dir(root())
        .output();
    let said = output.map(|output| [output.stdout, output.stderr].concat());
    let said = said.unwrap_or_default();
    String::from_utf8_lossy(&said)
        .lines()
        .next()
        .unwrap_or("unknown")
        .to_owned()
}
