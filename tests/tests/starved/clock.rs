//! A clock that jumps by an hour in the middle of a run, forward or back, as the machine's may while its monotonic one
//! goes on. The run is told of the time by libfaketime.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::world::{PAGES, World};

/// libfaketime for programs of many threads, where the Debian package has it.
fn library() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").unwrap();
    let places = folders.map(|folder| folder.unwrap().path().join("faketime/libfaketimeMT.so.1"));
    let mut places = places.filter(|place| place.is_file());
    places
        .next()
        .expect("libfaketime, which `cargo xtask test` installs")
}

/// What a program has to be started by, so that its clock is as far from the real one as the file says, in seconds.
fn by_clock(file: &Path) -> Vec<String> {
    [
        "env".to_owned(),
        format!("LD_PRELOAD={}", library().display()),
        format!("FAKETIME_TIMESTAMP_FILE={}", file.display()),
        "FAKETIME_NO_CACHE=1".to_owned(),
        "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
    ]
    .into()
}

async fn check(archive: bool, jump: i64) {
    let mut world = World::new(archive);
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    let set = |offset: i64| fs::write(&clock, format!("{offset:+}")).unwrap();
    let by = by_clock(&clock);
    let by: Vec<&str> = by.iter().map(String::as_str).collect();
    set(0);
    let before = chrono::Utc::now();
    let ended = world.run_while(&by, || set(jump)).await;
    assert_eq!(
        (ended.code, ended.said.as_str()),
        (Some(0), ""),
        "{ended:?}"
    );
    // Times are of the one clock or the other, and both are met.
    let apart = |at: &String| {
        let at = chrono::NaiveDateTime::parse_from_str(at, "%Y-%m-%d %H:%M:%S%.f").unwrap();
        (at.and_utc() - before).num_minutes()
    };
    let apart: Vec<i64> = world.records().values().flatten().map(apart).collect();
    let jumped = jump / 60;
    let is_near = |at: &i64, place: i64| (place - 2..place + 20).contains(at);
    assert!(
        apart.iter().all(|at| is_near(at, 0) || is_near(at, jumped)),
        "{apart:?}"
    );
    assert!(apart.iter().any(|at| is_near(at, 0)) && apart.iter().any(|at| is_near(at, jumped)));
    assert_eq!(
        world.site.total_hits(),
        PAGES,
        "each page was asked for once"
    );

    // What is from the future is not too old; what is two hours old is.
    let place = world.place(Path::new(world.folder()));
    let refresh = || {
        let before = world.site.total_hits();
        let ended = Command::new(by[0])
            .args(&by[1..])
            .arg(env!("CARGO_BIN_EXE_command_line"))
            .args(["scrape", place.to_str().unwrap(), "-q", "--max-age", "90m"])
            .output()
            .unwrap();
        assert!(ended.status.success(), "{ended:?}");
        world.site.total_hits() - before
    };
    set(jump.min(0));
    assert_eq!(refresh(), 0);
    set(jump.max(0) + 7200);
    assert_eq!(refresh(), PAGES);
}

#[tokio::test]
async fn forward_under_a_directory() {
    check(false, 3600).await;
}

#[tokio::test]
async fn back_under_a_directory() {
    check(false, -3600).await;
}

#[tokio::test]
async fn forward_under_an_archive() {
    check(true, 3600).await;
}

#[tokio::test]
async fn back_under_an_archive() {
    check(true, -3600).await;
}
