//! Files of this machine that were linked: read where the caller allows it, and only there, whoever made the link.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use scrapeflow::prelude::*;
use scrapeflow::ready::local::scrape_local_file_or_url;
use scrapeflow::store::{ArchiveStore, DirStore, Store, archive};
use serde_json::json;
use tempfile::TempDir;

use crate::canary::{Canary, SECRET, assert_unseen};

#[executor]
async fn text(page: Body<scrape_local_file_or_url>) -> Result<String> {
    Ok(page.text().into_owned())
}

/// Reads the file by its name, whatever is said of it.
#[executor]
async fn peek(_text: Output<text>, files: Files) -> Result<String> {
    let bytes = files.read("scrape").await?.recorded("there is no page")?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

workflow! { Texts = scrape_local_file_or_url -> text -> peek; }

/// A folder that is allowed, with a file that a run has linked to.
struct World {
    folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(world.open()).unwrap();
        fs::write(world.open().join("page"), "hello").unwrap();
        let report = world.run(&[&world.open()]).run().await.unwrap();
        assert_eq!(report.done(), 1, "{report}");
        world
    }

    fn open(&self) -> std::path::PathBuf {
        self.folder.path().join("open")
    }

    fn dir(&self) -> std::path::PathBuf {
        self.folder.path().join("pages")
    }

    fn run(&self, roots: &[&Path]) -> Run<Texts> {
        let url = format!("file://{}/page", self.open().display());
        let run: Run<Texts> = Texts::in_dir(self.dir());
        run.tasks(Tasks::from_pairs([("a", json!({ "url": url }))]).unwrap())
            .local_roots(roots)
            .on_unhandled(OnUnhandled::Record)
            .progress(Progress::Off)
    }

    fn said(&self, executor: &str) -> String {
        let status = fs::read_to_string(self.dir().join("a.status.json")).unwrap();
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        status[format!("{executor}_status")]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

#[tokio::test]
async fn what_was_linked_is_read_only_by_a_run_that_allows_it() {
    let world = World::new().await;
    for (roots, done) in [
        (&[world.open()][..], true),
        (&[], false),
        (&[world.dir()], false),
    ] {
        let roots: Vec<&Path> = roots.iter().map(PathBuf::as_path).collect();
        let report = world.run(&roots).force::<text>().run().await.unwrap();
        assert_eq!(report.failed() == 0, done, "{roots:?}: {report}");
        if !done {
            let said = world.said("text");
            let why = "is a link to";
            assert!(said.contains(why) && said.contains("local_roots"), "{said}");
        }
    }
}

#[tokio::test]
async fn a_link_that_was_changed_leads_nowhere() {
    for to in ["page", "folder", "nothing"] {
        let (world, canary) = (World::new().await, Canary::new());
        let link = world.dir().join("a.scrape");
        fs::remove_file(&link).unwrap();
        symlink(canary.path(to), &link).unwrap();
        let report = world
            .run(&[&world.open()])
            .force::<text>()
            .run()
            .await
            .unwrap();
        assert_eq!(report.failed(), 1, "{to}: {report}");
        let report = world
            .run(&[&world.open()])
            .force::<peek>()
            .only::<peek>()
            .run()
            .await
            .unwrap();
        assert!(
            report.failed() == 1 || report.count(Outcome::Incomplete) == 1,
            "{to}: {report}"
        );
        assert_unseen(&world.dir(), to);
        canary.check(to);
    }
    // By way of a folder that is allowed.
    let (world, canary) = (World::new().await, Canary::new());
    symlink(canary.path(""), world.open().join("through")).unwrap();
    let link = world.dir().join("a.scrape");
    fs::remove_file(&link).unwrap();
    symlink(world.open().join("through/page"), &link).unwrap();
    let report = world
        .run(&[&world.open()])
        .force::<text>()
        .run()
        .await
        .unwrap();
    assert_eq!(report.failed(), 1, "{report}");
    assert_unseen(&world.dir(), "through");
}

#[tokio::test]
async fn what_is_packed_was_allowed() {
    let (world, canary) = (World::new().await, Canary::new());
    symlink(canary.path("page"), world.dir().join("a.other")).unwrap();
    for (roots, files) in [
        (vec![], 0),
        (vec![fs::canonicalize(world.open()).unwrap()], 1),
    ] {
        let packed = world.folder.path().join(format!("{files}.sfa"));
        let from = DirStore::new(world.dir());
        from.allow_links(&roots);
        let said = archive::pack(&from, &ArchiveStore::new(&packed).plain(), |_| ())
            .await
            .unwrap();
        assert_eq!(
            (said.tasks, said.files, said.left.len()),
            (1, files, 2 - usize::try_from(files).unwrap()),
            "{said:?}"
        );
        assert!(
            said.left.iter().all(|left| left.contains("is a link to")),
            "{said:?}"
        );
        assert!(!format!("{said:?}").contains(SECRET));
        assert_unseen(&packed, "packed");
    }
    canary.check("packed");
}
