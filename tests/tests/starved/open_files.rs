//! Fewer files than a run opens: each of its connections is one, and so is each file that it writes.

use crate::world::World;

/// More than there may be files.
const AT_ONCE: usize = 100;

async fn check(archive: bool) {
    let mut world = World::new(archive);
    for files in [16, 24, 40, 64] {
        let limit = format!("--nofile={files}");
        let ended = world.run(&["prlimit", &limit], AT_ONCE).await;
        ended.refused(&["Too many open files (os error 24); raise that limit by `ulimit -n`"]);
    }
    world.finish(&[]).await;
}

#[tokio::test]
async fn under_a_directory() {
    check(false).await;
}

#[tokio::test]
async fn under_an_archive() {
    check(true).await;
}
