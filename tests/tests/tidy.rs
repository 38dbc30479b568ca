//! Rules that prose states and that only a test keeps: sizes of files, layers, names, where dependencies
//! stand.

use std::fs;
use std::path::{Path, PathBuf};

/// The longest that a file may be, in lines.
const LONGEST: usize = 400;

/// The modules of a task's journey, which know nothing of what features bring.
const JOURNEY: [&str; 10] = [
    "task", "digest", "schedule", "run", "workflow", "executor", "status", "store", "report",
    "error",
];

/// What features bring.
const FEATURES: [&str; 9] = [
    "cli", "export", "fetch", "frames", "images", "proxy", "ready", "rows", "testing",
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
    let members = manifests().into_iter().filter(|(member, _)| member != ".");
    for (member, manifest) in members {
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

/// The members of the workspace, each with its manifest.
fn manifests() -> Vec<(String, String)> {
    let text = |path: &str| fs::read_to_string(root().join(path)).expect("a file of the workspace");
    let workspace = text("Cargo.toml");
    let members = workspace
        .lines()
        .find_map(|line| line.strip_prefix("members = ["))
        .expect("the members stand in one line");
    let members = members.split('"').skip(1).step_by(2);
    let manifests =
        members.map(|member| (member.to_owned(), text(&format!("{member}/Cargo.toml"))));
    manifests
        .chain([(".".to_owned(), workspace.clone())])
        .collect()
}

/// So that Miri, which looks for undefined behaviour, has nothing to look at: without `unsafe` there is none in code of ours.
#[test]
fn nothing_is_unsafe() {
    let mut offenders = Vec::new();
    for (member, manifest) in manifests() {
        let keeps = if member == "." {
            "unsafe_code = \"forbid\""
        } else {
            "[lints]\nworkspace = true"
        };
        if !manifest.contains(keeps) {
            offenders.push(format!("{member}/Cargo.toml has not: {keeps}"));
        }
    }
    let word = ["un", "safe"].concat();
    // Those that refuse it in executors.
    let about = ["scrapeflow-macros/src/executor/validate", "tests/ui/fail"];
    for (path, text) in sources() {
        if about.iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        let is_word = |part: &str| part == word;
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let mut code = code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
        if code.any(is_word) {
            offenders.push(path.display().to_string());
        }
    }
    none(&offenders, "there is to be none of it");
}

#[test]
fn it_is_built_by_the_oldest_compiler_that_it_promises() {
    let text = |path: &str| fs::read_to_string(root().join(path)).expect("a file of the workspace");
    let after = |text: &str, begin: &str| {
        let said = text.lines().find_map(|line| line.strip_prefix(begin));
        said.expect(begin).trim_matches('"').to_owned()
    };
    let promised = after(&text("Cargo.toml"), "rust-version = ");
    assert_eq!(
        after(&text("rust-toolchain.toml"), "channel = "),
        format!("{promised}.0")
    );
    assert!(text("README.md").contains(&format!("Rust {promised} or later")));
    for (member, manifest) in manifests() {
        let inherits = member == "." || manifest.contains("rust-version.workspace = true");
        assert!(inherits, "{member}");
    }
}

#[test]
fn each_feature_is_built_alone() {
    let text = |path: &str| fs::read_to_string(root().join(path)).expect("a file of the workspace");
    let built = text(".ci/run");
    let built = built
        .lines()
        .find_map(|line| line.strip_prefix("for features in "))
        .expect("a loop over features");
    let manifest = text("scrapeflow/Cargo.toml");
    let features = manifest.split("[features]\n").nth(1).expect("features");
    let features = features.lines().take_while(|line| !line.is_empty());
    let features = features.filter_map(|line| line.split_once(" = ["));
    let offenders: Vec<String> = features
        .map(|(feature, _)| feature.to_owned())
        // Rows are of no use without who shows them.
        .filter(|feature| !["default", "rows"].contains(&feature.as_str()))
        .filter(|feature| !built.split([' ', ';']).any(|word| word == feature))
        .collect();
    none(&offenders, "`.ci/run` doesn't build these features alone");
}

#[test]
fn planted_bugs_still_apply() {
    let folder = fs::read_dir(root().join("tests/planted")).expect("patches");
    let mut bugs = 0;
    for bug in folder {
        let path = bug.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("text");
        let (about, changes) = text.split_once("\n--- a/").expect("a change");
        assert!(about.contains("\nFound by: "), "{}", path.display());
        let (file, hunks) = changes.split_once('\n').expect("hunks");
        let source = fs::read_to_string(root().join(file)).expect("a source file");
        for hunk in hunks.split("\n@@").skip(1) {
            let was: Vec<&str> = hunk
                .lines()
                .skip(1)
                .filter(|line| !line.starts_with('+'))
                .map(|line| line.get(1..).unwrap_or_default())
                .collect();
            assert!(
                source.contains(&was.join("\n")),
                "{} does not apply any more; make it anew",
                path.display()
            );
        }
        bugs += 1;
    }
    assert_eq!(bugs, 10);
}

#[test]
fn the_time_is_asked_of_whom_a_simulation_can_answer_for() {
    let offenders = sources().into_iter().filter(|(path, text)| {
        let asks = [
            "Utc::now()",
            "Utc::now)",
            "SystemTime::now",
            "std::time::Instant",
        ];
        let asks = asks.iter().any(|asks| text.contains(asks))
            || text
                .lines()
                .any(|line| line.starts_with("use std::time::{") && line.contains("Instant"));
        // A thread is held in real time, also in a simulation, and that changes nothing that a run does.
        let may = path.ends_with("features.rs") || path.ends_with("run/polls.rs");
        path.starts_with("scrapeflow/src") && !may && asks
    });
    let offenders: Vec<String> = offenders
        .map(|(path, _)| path.display().to_string())
        .collect();
    none(
        &offenders,
        "these ask the system what time it is, instead of `features::now` or tokio",
    );
}

#[test]
fn what_is_said_to_repeat_an_attack_is_there() {
    let text = |path: &str| fs::read_to_string(root().join(path)).expect("a file of the workspace");
    let (table, commands) = (
        text("scrapeflow/docs/reliability.md"),
        text("xtask/src/main.rs"),
    );
    let words = |after: &str| {
        let said = table.split(after).skip(1);
        said.map(|rest| rest.split([' ', '`']).next().expect("a word").to_owned())
            .collect::<Vec<_>>()
    };
    let tests = words("--test ").into_iter().filter(|name| {
        let places =
            ["tests/tests", "scrapeflow/tests"].map(|folder| root().join(folder).join(name));
        !places
            .iter()
            .any(|place| place.is_dir() || place.with_extension("rs").is_file())
    });
    let xtasks = words("cargo xtask ")
        .into_iter()
        .filter(|name| !commands.contains(&format!("[\"{name}\"")));
    let offenders: Vec<String> = tests.chain(xtasks).collect();
    none(
        &offenders,
        "docs/reliability.md names tests or commands that aren't there",
    );
    assert!(words("cargo xtask ").len() > 5);
}
