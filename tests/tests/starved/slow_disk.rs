//! A disk that takes its time for everything that is asked of it.

use crate::world::{AT_ONCE, World};

/// Whatever writes, or makes it last; each is held up for so many microseconds.
const SLOW: &str = "openat,write,writev,pwrite64,renameat,fsync,fdatasync";
const DELAY: &str = "2000";

async fn check(archive: bool) {
    let mut world = World::new(archive).synced();
    let slow = format!("inject={SLOW}:delay_exit={DELAY}");
    let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &slow];
    let ended = world.run(&strace, AT_ONCE).await;
    assert_eq!(
        (ended.code, ended.said.as_str()),
        (Some(0), ""),
        "{ended:?}"
    );
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
