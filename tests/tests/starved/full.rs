//! A disk that gets full in the middle of a run, and has room again.

use scrapeflow_tests::{Mounts, python};
use serde_json::Value;

use crate::world::{AT_ONCE, PAGES, World};

/// The kinds of all records of an archive, which warcio reads from one end to the other, as JSON.
const KINDS: &str = r#"
import glob, json, sys
from warcio.archiveiterator import ArchiveIterator
kinds = []
for name in glob.glob(sys.argv[1] + "/pages-*"):
    with open(name, "rb") as stream:
        for record in ArchiveIterator(stream, check_digests="raise"):
            record.content_stream().read()
            kinds.append(record.rec_type)
print(json.dumps(kinds))
"#;

async fn check(archive: bool) {
    for size in ["200k", "400k"] {
        let mounts = Mounts::new();
        let mut world = World::new(archive).found_at(|folder| mounts.path(folder));
        let disk = world.folder().to_owned();
        mounts.mount(&["-t", "tmpfs", "-o", &format!("size={size}"), "none", &disk]);
        let enter = mounts.enter();
        let enter: Vec<&str> = enter.iter().map(String::as_str).collect();
        for _ in 0..2 {
            let ended = world.run(&enter, AT_ONCE).await;
            ended.refused(&[
                "No space left on device (os error 28)",
                "database or disk is full",
            ]);
        }
        mounts.mount(&["-o", "remount,size=64m", &disk]);
        world.finish(&enter).await;
        if archive {
            // Others skip what was written half.
            let place = world.place(&mounts.path(world.folder().as_ref()));
            let kinds = python(&place, KINDS, &[&place]);
            let kinds: &Vec<Value> = kinds.as_array().unwrap();
            let responses = kinds.iter().filter(|kind| *kind == "response");
            assert!(responses.count() >= PAGES);
        }
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
