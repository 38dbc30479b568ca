//! Keys and suffixes, as hostile as they come: each is refused, or names files of its own in the place and nothing else.

use std::fs;
use std::os::unix::fs::MetadataExt;

use scrapeflow::prelude::*;
use scrapeflow::store::{ArchiveStore, DirStore, archive};
use serde_json::json;

use crate::canary::Canary;
use crate::shop::Shop;

/// Keys that would lead elsewhere, and what is said of them.
const REFUSED: [(&str, &str); 12] = [
    ("..", "names a folder"),
    (".", "names a folder"),
    ("../../x", "which separates folders"),
    ("/etc/x", "which separates folders"),
    ("..\\..\\x", "which separates folders"),
    ("C:\\x", "which separates folders"),
    ("a/b", "which separates folders"),
    ("a\0b", "control character U+0000"),
    ("a\u{85}b", "control character U+0085"),
    ("", "is empty"),
    ("a.status", "ends in `.status`"),
    ("x.status", "ends in `.status`"),
];

/// Keys that only look as if: names of devices and of files of ours, dots, what a shell or a URL would make something of, what
/// looks as another or turns text around.
const TAKEN: [&str; 26] = [
    "...",
    "a..",
    "a.",
    ".a",
    " a ",
    "con",
    "NUL.txt",
    "aux",
    "-rf",
    "~",
    "$(touch x)",
    "%2e%2e%2fx",
    ".scrapeflow",
    "lock",
    "status",
    "status.db",
    "pages-00001",
    "a.status.json",
    "a.scrape",
    "\u{2024}\u{2024}\u{2215}x",
    "\u{ff0e}\u{ff0e}\u{ff0f}x",
    "\u{202e}nosj.sutats",
    "e\u{301}",
    "\u{e9}",
    "\u{200b}",
    "\u{1f4a9}",
];

#[executor]
async fn page(key: Key, files: Files) -> Result<Saved> {
    files.save("page", key.to_string()).await
}

workflow! { Pages = page; }

#[test]
fn what_leads_elsewhere_is_refused_wherever_it_stands() {
    let shop = Shop::new();
    for (key, says) in REFUSED {
        let pairs = Tasks::from_pairs([(key, json!({}))]).unwrap_err();
        assert!(pairs.to_string().contains(says), "{key:?}: {pairs}");
        let line = json!({"key": key, "url": "http://127.0.0.1:1/"}).to_string();
        fs::write(shop.path("tasks.jsonl"), line).unwrap();
        let said = shop.run(&["run", "pages", "--from", "tasks.jsonl"]);
        assert_eq!(said.code, 2, "{key:?}: {said:?}");
        assert!(
            said.text.contains(says) && said.text.contains("tasks.jsonl"),
            "{key:?}: {said:?}"
        );
    }
    let too_long = "k".repeat(Key::MAX_BYTES + 1);
    assert!(Key::new(&too_long).is_err() && Key::new(&too_long[1..]).is_ok());
}

/// What lies in a directory, but for its own folder: inodes, so that no name stands for the file of another.
fn files(dir: &std::path::Path) -> Vec<(String, u64)> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    let files = files.map(|entry| {
        let inode = entry.metadata().unwrap().ino();
        (entry.file_name().into_string().unwrap(), inode)
    });
    let mut files: Vec<_> = files.collect();
    files.sort();
    files
}

#[tokio::test]
async fn whatever_is_taken_names_files_of_its_own() {
    let canary = Canary::new();
    let folder = tempfile::tempdir().unwrap();
    let [dir, packed, unpacked] =
        ["pages", "pages.sfa", "again"].map(|name| folder.path().join(name));
    // The suffix takes room as well.
    let longest = "\u{20ac}".repeat((255 - ".status.json".len()) / 3);
    let keys: Vec<&str> = TAKEN.iter().copied().chain([longest.as_str()]).collect();
    let tasks = || Tasks::from_pairs(keys.iter().map(|key| (*key, json!({})))).unwrap();
    let run = |run: Run<Pages>| run.tasks(tasks()).progress(Progress::Off);
    for _ in 0..2 {
        let report = run(Pages::in_dir(&dir))
            .force::<page>()
            .run()
            .await
            .unwrap();
        assert_eq!(report.done(), keys.len() as u64, "{report}");
    }
    let mut expected: Vec<String> = keys
        .iter()
        .flat_map(|key| [format!("{key}.page"), format!("{key}.status.json")])
        .collect();
    expected.sort();
    let names = |dir: &std::path::Path| -> Vec<String> {
        files(dir).into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names(&dir), expected);
    let own: Vec<_> = fs::read_dir(dir.join(".scrapeflow")).unwrap().collect();
    assert_eq!(own.len(), 1, "{own:?}");
    for key in &keys {
        assert_eq!(
            fs::read_to_string(dir.join(format!("{key}.page"))).unwrap(),
            *key
        );
    }
    let archive = ArchiveStore::new(&packed);
    let said = archive::pack(&DirStore::new(&dir), &archive, |_| ())
        .await
        .unwrap();
    assert_eq!(
        (said.tasks, said.files, said.left.len()),
        (keys.len() as u64, keys.len() as u64, 0)
    );
    let skipped = run(Pages::in_archive(&packed)).run().await.unwrap();
    assert_eq!(
        skipped.count(Outcome::Skipped),
        keys.len() as u64,
        "{skipped}"
    );
    let said = archive::unpack(&archive, &DirStore::new(&unpacked), |_| ())
        .await
        .unwrap();
    assert_eq!(said.left, Vec::<String>::new());
    assert_eq!(names(&unpacked), expected);
    let around: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(around.len(), 3, "{around:?}");
    canary.check("hostile keys");
}

#[derive(Debug, Serialize, Deserialize)]
struct Suffix {
    suffix: String,
}

/// A file under whatever name a task, or a page, comes up with.
#[executor]
async fn named(Params(of): Params<Suffix>, files: Files) -> Result<Saved> {
    files.save(&of.suffix, "here").await
}

workflow! { Named = named; }

#[tokio::test]
async fn a_suffix_is_none_or_a_plain_one() {
    for (suffix, is_one) in [
        ("html", true),
        ("thumb.webp", true),
        ("-", true),
        ("", false),
        (".", false),
        ("..", false),
        ("/../../x", false),
        ("../x", false),
        ("a/b", false),
        ("a\\b", false),
        ("a\0", false),
        ("a\n", false),
        (".a", false),
        ("a.", false),
        ("a.b.c", false),
        ("a~b", false),
        ("status.json", false),
        ("\u{ff0f}x", false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for archive in [false, true] {
            let dir = folder
                .path()
                .join(if archive { "pages.sfa" } else { "pages" });
            let run: Run<Named> = if archive {
                Named::in_archive(&dir)
            } else {
                Named::in_dir(&dir)
            };
            let tasks = Tasks::from_pairs([("key", json!({"suffix": suffix}))]).unwrap();
            let run = run
                .tasks(tasks)
                .on_unhandled(OnUnhandled::Record)
                .progress(Progress::Off);
            let report = run.run().await.unwrap();
            assert_eq!(report.failed() == 0, is_one, "{suffix:?}: {report}");
        }
        let mut expected = vec!["key.status.json".to_owned()];
        expected.extend(is_one.then(|| format!("key.{suffix}")));
        expected.sort();
        let names: Vec<String> = files(&folder.path().join("pages"))
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, expected, "{suffix:?}");
    }
}
