//! Fewer files than a run opens: each of its connections is one, and so is each file that it writes.

use crate::world::World;

async fn check(archive: bool) {
    for files in [16, 24, 40, 64] {
        let mut world = World::new(archive);
        let limit = format!("--nofile={files}");
        let ended = world.run_until_full(&["prlimit", &limit], files).await;
        ended.refused(&["Too many open files (os error 24); raise that limit by `ulimit -n`"]);
        world.finish(&[]).await;
    }
}

#[tokio::test]
async fn under_a_directory() {
    check(false).await;
}

#[tokio::test]
async fn under_an_archive() {
    check(true).await;
}
