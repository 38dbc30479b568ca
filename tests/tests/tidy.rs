//! Rules that prose states and that only a test keeps: sizes of files, layers, names, where dependencies
//! stand.

use std::fs;
use std::path::{Path, PathBuf};

/// The longest that a file may be, in lines.
const LONGEST: usize = 400;

/// The modules of a task's journey, which know nothing of what features bring.
const JOURNEY: [&str; 9] = [
    "task", "schedule", "run", "workflow", "executor", "status", "store", "report", "error",
];

/// What features bring.
const FEATURES: [&str; 8] = [
    "cli", "export", "fetch", "frames", "images", "proxy", "ready", "rows",
];

/// Names that say nothing.
const VAGUE: [&str; 8] = [
    "util", "utils", "helper", "helpers", "common", "misc", "types", "manager",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace is above its tests")
}

/// Every Rust file of the workspace, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let mut folders: Vec<PathBuf> = [
        "scrapeflow",
        "scrapeflow-macros",
        "examples",
        "tests",
        "benches",
        "xtask",
        "fuzz/fuzz_targets",
    ]
    .map(|folder| root().join(folder))
    .into();
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the workspace") {
            let path = entry.expect("an entry of it").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                let path = path
                    .strip_prefix(root())
                    .expect("below the root")
                    .to_owned();
                sources.push((path, text));
            }
        }
    }
    assert!(sources.len() > 100, "the sources were found");
    sources
}

fn none(offenders: &[String], rule: &str) {
    assert!(offenders.is_empty(), "{rule}:\n{}", offenders.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    let offenders: Vec<String> = sources()
        .iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(path, lines)| format!("{} has {lines} lines", path.display()))
        .collect();
    none(&offenders, "a file past 400 lines holds two nouns");
}

#[test]
fn no_name_is_vague() {
    let offenders: Vec<String> = sources()
        .iter()
        .filter(|(path, _)| {
            path.with_extension("")
                .iter()
                .any(|part| VAGUE.iter().any(|vague| part == *vague))
        })
        .map(|(path, _)| path.display().to_string())
        .collect();
    none(&offenders, "a name says what is inside");
}

#[test]
fn the_journey_imports_no_feature() {
    let mut offenders = Vec::new();
    for (path, text) in sources() {
        let Ok(inside) = path.strip_prefix("scrapeflow/src") else {
            continue;
        };
        let module = inside.with_extension("");
        let module = module.iter().next().and_then(|part| part.to_str());
        if !module.is_some_and(|module| JOURNEY.contains(&module)) {
            continue;
        }
        // Examples in docs are a user's code, which may use everything.
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for feature in FEATURES {
                if line.contains(&format!("crate::{feature}"))
                    || line.contains(&format!("scrapeflow::{feature}"))
                {
                    offenders.push(format!("{}: {}", path.display(), line.trim()));
                }
            }
        }
    }
    none(&offenders, "a module of the journey names a feature's");
}

#[test]
fn every_module_is_in_a_layer() {
    let mut offenders = Vec::new();
    let known = ["lib", "bin", "features", "prelude", "private"];
    for (path, _) in sources() {
        let Ok(inside) = path.strip_prefix("scrapeflow/src") else {
            continue;
        };
        let module = inside.with_extension("");
        let module = module
            .iter()
            .next()
            .and_then(|part| part.to_str())
            .unwrap_or_default();
        if ![&JOURNEY[..], &FEATURES, &known].concat().contains(&module) {
            offenders.push(module.to_owned());
        }
    }
    none(
        &offenders,
        "say in this test to which layer these modules belong",
    );
}

#[test]
fn dependencies_stand_in_the_workspace_once() {
    let mut offenders = Vec::new();
    for member in [
        "scrapeflow",
        "scrapeflow-macros",
        "examples",
        "tests",
        "benches",
        "xtask",
    ] {
        let manifest =
            fs::read_to_string(root().join(member).join("Cargo.toml")).expect("a manifest");
        let mut inside = false;
        for line in manifest.lines() {
            if line.starts_with('[') {
                inside = line.contains("dependencies");
            } else if inside
                && line.contains('=')
                && !line.contains("workspace = true")
                && !line.contains("path =")
            {
                offenders.push(format!("{member}: {line}"));
            }
        }
    }
    none(
        &offenders,
        "a dependency's version stands in [workspace.dependencies]",
    );
}

#[test]
fn nothing_is_left_unfinished() {
    // Put together so that this file doesn't hold them.
    let marks = [
        ["todo", "!("],
        ["unimplemented", "!("],
        ["#[ign", "ore"],
        ["FIX", "ME"],
        ["allow(dead", "_code)"],
    ]
    .map(|mark| mark.concat());
    let mut offenders = Vec::new();
    for (path, text) in sources() {
        // Compile-fail cases show what users write.
        if path.starts_with("tests/ui") {
            continue;
        }
        for line in text
            .lines()
            .filter(|line| marks.iter().any(|mark| line.contains(mark.as_str())))
        {
            offenders.push(format!("{}: {}", path.display(), line.trim()));
        }
    }
    none(&offenders, "unfinished");
}
