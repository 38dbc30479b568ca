//! A million tasks that do nothing, in an archive and in a directory, and again.
//!
//!     cargo bench -p scrapeflow-benches --bench million
//!     cargo bench -p scrapeflow-benches --bench million -- --rounds 3 --tasks 1000000 --dir /somewhere/else
//!
//! To be had: at most 80 MB in an archive, and 150 MB in a directory, the rerun that skips them all as well. The directory takes some 4 GB
//! of memory (tmpfs) unless it is somewhere else, which count for nobody here.

use scrapeflow::prelude::*;
use scrapeflow_benches::child;
use scrapeflow_benches::folders::Folders;
use scrapeflow_benches::rounds::{Contestant, compare};
use scrapeflow_benches::usage::{Meter, peak_megabytes};

#[executor]
async fn nothing() -> Result<()> {
    Ok(())
}

workflow! {
    /// Nothing, once.
    Nothing = nothing;
}

fn main() {
    if let Some(words) = child::asked() {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let [expected, dir, tasks] = words[..] else {
            panic!("a child is told what is to come out, its directory and how many tasks");
        };
        return travel(expected, dir, tasks.parse().expect("a number"));
    }
    let rounds = scrapeflow_benches::option("rounds", 3);
    let tasks = scrapeflow_benches::option("tasks", 1_000_000_u64);
    let folders = Folders::given_or("/dev/shm");
    let contestant = |name: &'static str, place: &'static str, expected: &'static str| {
        let folders = &folders;
        Contestant::new(name, move |round| {
            let dir = folders.fresh(place, round);
            // A place's name ends as its store is to be.
            let dir = format!("{dir}.{place}");
            let figures = child::measure(&[expected, &dir, &tasks.to_string()]);
            if expected == "skipped" {
                // A million files of each round would be more than a tmpfs has room for.
                let _ = std::fs::remove_dir_all(&dir);
            }
            figures
        })
    };
    let contestants = vec![
        contestant("archive", "sfa", "succeeded"),
        contestant("archive, again", "sfa", "skipped"),
        contestant("directory", "pages", "succeeded"),
        contestant("directory, again", "pages", "skipped"),
    ];
    compare(
        &format!("{tasks} tasks that do nothing"),
        rounds,
        contestants,
    );
}

fn travel(expected: &str, dir: &str, tasks: u64) {
    let begun = if dir.contains(".sfa") {
        Nothing::in_archive(dir)
    } else {
        Nothing::in_dir(dir)
    };
    let pages = (0..tasks).map(|nth| Task::from_url(format!("https://example.com/page/{nth}")));
    let run = begun
        .tasks(Tasks::from_iterator(pages))
        .progress(Progress::Off);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let meter = Meter::start();
    let report = runtime.block_on(run.run()).expect("the run ends");
    let outcome = match expected {
        "skipped" => Outcome::Skipped,
        _ => Outcome::Succeeded,
    };
    assert_eq!(report.count(outcome), tasks, "{report}");
    child::answer(&[
        ("peak MB", peak_megabytes()),
        ("CPU s", meter.cpu_seconds()),
        ("wall s", meter.wall_seconds()),
    ]);
}
