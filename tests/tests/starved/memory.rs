//! Less memory than a run takes. Rust ends a process that is given none, as a kill would.

use scrapeflow_tests::Answer;

use crate::world::{AT_ONCE, PAGES, World, number};

/// One page is large, in bytes.
const LARGE: usize = PAGES - 1;
const SIZE: usize = 32 << 20;

/// A third more than a run takes without it. What it takes grows with its threads.
const LIMIT: [&str; 4] = ["env", "TOKIO_WORKER_THREADS=2", "prlimit", "--as=60000000"];

fn serve(world: &World, large: usize) {
    world.site.route("/page", move |request| {
        let page = number(request.target());
        let size = if page == LARGE { large } else { 1000 };
        Answer::text(format!("page {page} has these words\n{}", "x".repeat(size)))
    });
}

async fn check(archive: bool) {
    let mut world = World::new(archive);
    serve(&world, SIZE);
    let ended = world.run(&LIMIT, AT_ONCE).await;
    assert!(ended.said.starts_with("memory allocation of"), "{ended:?}");
    assert!(ended.signal.is_some(), "{ended:?}");
    assert!(ended.acknowledged.len() > 1, "{ended:?}");
    serve(&world, 1000);
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
