//! A disk that gets full in the middle of a run: what was acknowledged stays, the run says why it ended, and the next one
//! goes on.

use std::io::Write;
use std::process::Command;

use scrapeflow::store::ArchiveStore;
use scrapeflow_tests::{Sandbox, Site};

use super::killed::records;
use super::others::warcio;

const PAGES: usize = 300;
const AT_ONCE: usize = 16;

/// Three runs on a file system of so many KiB, which has room for the last alone; then the archive is copied out.
const SCRIPT: &str = r#"
    unshare -rm true || exit 77
    exec unshare -rm sh -c '
        mount -t tmpfs -o size=$SIZE none "$PLACE" || exit 77
        "$@" 2>&1 && exit 1
        "$@" 2>&1 && exit 1
        mount -o remount,size=64m "$PLACE" || exit 77
        "$@" || exit 1
        cp -a "$PLACE/pages.sfa" "$OUT"
    ' sh "$@"
"#;

#[tokio::test]
async fn a_disk_that_gets_full_loses_nothing() {
    for size in ["200k", "384k", "640k"] {
        let (place, out) = (Sandbox::new(), Sandbox::new());
        let site = Site::start();
        let run = Command::new("sh")
            .args(["-c", SCRIPT, "sh", env!("CARGO_BIN_EXE_journeys")])
            .arg(site.url("/page/"))
            .arg(place.dir().join("pages.sfa"))
            .args(["0", &PAGES.to_string(), &AT_ONCE.to_string(), "--archive"])
            .env("SIZE", size)
            .env("PLACE", place.dir())
            .env("OUT", out.dir())
            .output()
            .unwrap();
        if run.status.code() == Some(77) {
            // Not by `eprintln!`, which the test harness keeps to itself.
            let told = b"a_disk_that_gets_full_loses_nothing: not run, since no file system can be mounted here\n";
            return std::io::stderr().write_all(told).unwrap();
        }
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success(), "{size}: {said} {run:?}");
        let says_why = |line: &&str| line.contains("No space left") || line.contains("is full");
        assert_eq!(said.lines().filter(says_why).count(), 2, "{size}: {said}");

        let store = ArchiveStore::new(out.dir().join("pages.sfa"));
        let records = records(&store).await;
        assert_eq!(records.len(), PAGES);
        assert!(records.values().all(|done| *done == 3), "{records:?}");
        // Done again was only what was under way when a run ended.
        let again = site.total_hits() - PAGES;
        assert!(
            again <= 2 * AT_ONCE,
            "{size}: {again} pages were fetched twice"
        );
        // Others read what is there from one end to the other.
        let kept = warcio(&out.dir().join("pages.sfa"));
        let responses = kept.iter().filter(|record| record["type"] == "response");
        assert!(responses.count() >= PAGES);
    }
}
