//! A file system that becomes read-only in the middle of a run, as Linux makes one on whose disk it met an error.
//!
//! `mount -o remount,ro` is refused while anybody writes, and a run holds its lock open to write; only the system itself
//! goes past that, which ext4 can be told to do.

use std::path::Path;
use std::process::Command;

use scrapeflow_tests::Mounts;

use crate::world::{AT_ONCE, World};

/// A file that is a file system.
fn make_disk(image: &Path) {
    std::fs::File::create(image)
        .unwrap()
        .set_len(32 << 20)
        .unwrap();
    let made = Command::new("mkfs.ext4")
        .args(["-q", "-F"])
        .arg(image)
        .output();
    let made = made.expect("`mkfs.ext4` of e2fsprogs can be started");
    assert!(made.status.success(), "{made:?}");
}

async fn check(archive: bool) {
    let images = tempfile::tempdir().unwrap();
    let image = images.path().join("disk");
    make_disk(&image);
    let mounts = Mounts::new();
    let mut world = World::new(archive)
        .synced()
        .found_at(|folder| mounts.path(folder));
    let disk = world.folder().to_owned();
    let mount = || mounts.mount(&["-o", "loop", image.to_str().unwrap(), &disk]);
    mount();
    let enter = mounts.enter();
    let enter: Vec<&str> = enter.iter().map(String::as_str).collect();
    let ended = world
        .run_while(&enter, || mounts.mount(&["-o", "remount,abort", &disk]))
        .await;
    // What was on its way is an error of input and output, which SQLite says in its own words.
    ended.refused(&[
        "Read-only file system (os error 30)",
        "Input/output error (os error 5)",
        "disk I/O error",
    ]);
    let read_only = world.run(&enter, AT_ONCE).await;
    read_only.refused(&["Read-only file system"]);
    // As after the machine was started anew: what was acknowledged had reached the disk.
    mounts.unmount(&disk);
    mount();
    world.restarted(&ended);
    world.finish(&enter).await;
}

#[tokio::test]
async fn under_a_directory() {
    check(false).await;
}

#[tokio::test]
async fn under_an_archive() {
    check(true).await;
}
