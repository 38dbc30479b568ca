//! What executors cost when a program is checked: thirty of them and a workflow of them, against the same
//! thirty as plain functions, by `rustc --emit metadata` as `cargo check` does it; the best of five each.
//!
//!     cargo bench -p scrapeflow-benches --bench compile_cost

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use scrapeflow_benches::folders::Folders;

const STEPS: usize = 30;

fn main() {
    let folders = Folders::within(&std::env::temp_dir());
    let dir = folders.root();
    let plain = dir.join("plain.rs");
    let executors = dir.join("executors.rs");
    fs::write(&plain, plain_functions()).unwrap();
    fs::write(&executors, executors_and_workflow()).unwrap();

    let rustc = Rustc::find(&executors);
    let (plain, executors) = (rustc.fastest(&plain), rustc.fastest(&executors));
    let added = executors.saturating_sub(plain);
    println!(
        "{STEPS} functions: {plain:.0?}; as executors of a workflow: {executors:.0?}; added: {added:.0?}"
    );
}

fn plain_functions() -> String {
    let mut code = types();
    for nth in 0..STEPS {
        let before = match nth {
            0 => "usize".to_owned(),
            _ => format!("Vec<Quote{}>", nth - 1),
        };
        write_function(&mut code, nth, "String", &before);
    }
    code + "fn main() {}\n"
}

fn executors_and_workflow() -> String {
    let mut code = types();
    code.push_str("use scrapeflow::ready::scrape;\n");
    for nth in 0..STEPS {
        let before = match nth {
            0 => "Output<scrape>".to_owned(),
            _ => format!("Output<step{}>", nth - 1),
        };
        code.push_str("#[executor(timeout = \"5s\", retries = 2)]\n");
        write_function(&mut code, nth, "Body<scrape>", &before);
    }
    let steps = (0..STEPS).map(|nth| format!(" -> step{nth}"));
    let steps: String = steps.collect();
    write!(
        code,
        "workflow! {{ pub Quotes = scrape{steps}; }}\nfn main() {{}}\n"
    )
    .unwrap();
    code
}

fn types() -> String {
    let mut code = "#![allow(dead_code, unused_imports)]\nuse scrapeflow::prelude::*;\n".to_owned();
    for nth in 0..STEPS {
        code.push_str("#[derive(Debug, Serialize, Deserialize)]\n");
        writeln!(
            code,
            "struct Quote{nth} {{ text: String, author: Option<String> }}"
        )
        .unwrap();
    }
    code
}

fn write_function(code: &mut String, nth: usize, page: &str, before: &str) {
    writeln!(
        code,
        "async fn step{nth}(key: Key, page: {page}, before: {before}) -> Result<Vec<Quote{nth}>> {{
            drop((page, before));
            Ok(vec![Quote{nth} {{ text: key.to_string(), author: None }}])
        }}"
    )
    .unwrap();
}

/// The compiler, with the crates that this benchmark was built with.
struct Rustc {
    deps: PathBuf,
    crates: Vec<String>,
}

impl Rustc {
    /// Several builds of a crate may lie there: the newest that go together.
    fn find(probe: &Path) -> Self {
        let bench = std::env::current_exe().unwrap();
        let deps = bench.parent().unwrap();
        for scrapeflow in newest(deps, "libscrapeflow-") {
            for serde in newest(deps, "libserde-") {
                let crates = [("scrapeflow", &scrapeflow), ("serde", &serde)];
                let rustc = Self {
                    deps: deps.to_owned(),
                    crates: crates
                        .map(|(name, file)| format!("{name}={}", file.display()))
                        .to_vec(),
                };
                if rustc.check(probe) {
                    return rustc;
                }
            }
        }
        panic!(
            "{} compiles with none of the crates in {}",
            probe.display(),
            deps.display()
        );
    }

    fn fastest(&self, file: &Path) -> Duration {
        let times = (0..5).map(|_| {
            let began = Instant::now();
            assert!(self.check(file), "{} does not compile", file.display());
            began.elapsed()
        });
        times.min().unwrap()
    }

    fn check(&self, file: &Path) -> bool {
        let externs = self.crates.iter().flat_map(|name| ["--extern", name]);
        let output = Command::new("rustc")
            .args([
                "--edition",
                "2024",
                "--crate-type",
                "bin",
                "--emit",
                "metadata",
            ])
            .arg("-o")
            .arg(file.with_extension("rmeta"))
            .arg("-L")
            .arg(format!("dependency={}", self.deps.display()))
            .args(externs)
            .arg(file)
            .output()
            .unwrap();
        output.status.success()
    }
}

fn newest(deps: &Path, prefix: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(deps).unwrap().map(|file| file.unwrap().path());
    let mut found: Vec<PathBuf> = files.filter(|file| is_crate(file, prefix)).collect();
    found.sort_by_key(|file| std::cmp::Reverse(changed(file)));
    found
}

fn is_crate(file: &Path, prefix: &str) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(prefix) && file.extension().is_some_and(|ending| ending == "rmeta")
}

fn changed(file: &Path) -> SystemTime {
    fs::metadata(file).unwrap().modified().unwrap()
}
