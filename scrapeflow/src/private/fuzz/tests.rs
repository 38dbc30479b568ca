//! The corpora, replayed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::TARGETS;

/// All corpora together, in bytes: they are in every clone.
const LARGEST: u64 = 1 << 20;

/// Fewer are no corpus.
const FEWEST: usize = 10;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz")
        .join(name)
}

fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    paths.sort();
    paths
}

/// Panics where an input of the target's corpus breaks a promise, naming it.
pub(super) fn replay(target: &str, check: fn(&[u8])) {
    let corpus = inside(&folder("corpus").join(target));
    assert!(
        corpus.len() >= FEWEST,
        "only {} inputs for {target}",
        corpus.len()
    );
    for path in corpus {
        let data = fs::read(&path).expect("a readable input");
        let kept = std::panic::catch_unwind(|| check(&data));
        assert!(
            kept.is_ok(),
            "{} breaks a promise, as said above",
            path.display()
        );
    }
}

/// What has been found once is replayed forever, so each target has to have all of it.
#[test]
fn each_target_has_a_program_and_a_corpus() {
    let named = |of: &str| -> BTreeSet<String> {
        let stem = |path: &PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
        inside(&folder(of)).iter().filter_map(stem).collect()
    };
    let targets: BTreeSet<String> = TARGETS.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(named("corpus"), targets);
    assert_eq!(named("fuzz_targets"), targets);
    let manifest = fs::read_to_string(folder("Cargo.toml")).expect("the manifest of the targets");
    let programs = manifest.lines().filter_map(|line| {
        line.strip_prefix("path = \"fuzz_targets/")?
            .strip_suffix(".rs\"")
    });
    assert_eq!(
        programs.map(str::to_owned).collect::<BTreeSet<_>>(),
        targets
    );
}

#[test]
fn the_corpora_are_small() {
    let inputs = inside(&folder("corpus"))
        .into_iter()
        .flat_map(|corpus| inside(&corpus));
    let sizes = inputs.map(|input| input.metadata().expect("a readable input").len());
    let all: u64 = sizes.sum();
    assert!(all < LARGEST, "{all} bytes");
}
