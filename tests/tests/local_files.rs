//! Files of this machine are linked as pages, where the caller allows it, and never written to.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use scrapeflow::prelude::*;
use scrapeflow::ready::local::{parse_image, scrape_local_file_or_url, thumbnail};
use scrapeflow::store::MemoryStore;
use scrapeflow_tests::{Sandbox, Site};
use serde_json::{Value, json};

#[executor]
async fn length(page: Body<scrape_local_file_or_url>) -> Result<usize> {
    Ok(page.bytes().len())
}

workflow! { Lengths = scrape_local_file_or_url -> length; }
workflow! { Photos = scrape_local_file_or_url -> parse_image -> thumbnail; }

/// A folder that is allowed, one that isn't, and what is in them.
struct Folders {
    all: tempfile::TempDir,
}

impl Folders {
    fn new() -> Self {
        let all = tempfile::tempdir().unwrap();
        for folder in ["open", "secret"] {
            fs::create_dir(all.path().join(folder)).unwrap();
            fs::write(all.path().join(folder).join("page one"), b"hello, file").unwrap();
        }
        Self { all }
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.all.path().join(path)
    }

    fn url(&self, path: &str) -> String {
        let path = self.path(path).display().to_string();
        format!("file://{}", path.replace(' ', "%20"))
    }
}

fn run(sandbox: &Sandbox, url: &str, root: &Path) -> Run<Lengths> {
    Lengths::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("page", json!({ "url": url }))]).unwrap())
        .local_roots([root])
        .progress(Progress::Off)
}

#[tokio::test]
async fn a_file_is_linked_and_read_and_a_url_is_fetched() {
    let (folders, sandbox, site) = (Folders::new(), Sandbox::new(), Site::start());
    let report = run(
        &sandbox,
        &folders.url("open/page one"),
        &folders.path("open"),
    )
    .run()
    .await
    .unwrap();
    assert_eq!(report.done(), 1, "{report}");
    let status = sandbox.status("page");
    assert_eq!(
        status["scrape_local_file_or_url"],
        json!({ "size": 11, "content": "68952bab2d1c03e15f76fef8b43241e0", "response_headers": {} })
    );
    assert_eq!(status["length"], 11);
    let link = sandbox.dir().join("page.scrape");
    assert_eq!(
        fs::read_link(&link).unwrap(),
        fs::canonicalize(folders.path("open/page one")).unwrap()
    );
    let again = run(
        &sandbox,
        &folders.url("open/page one"),
        &folders.path("open"),
    )
    .run()
    .await
    .unwrap();
    assert_eq!(again.count(Outcome::Skipped), 1);

    let fetched = run(&sandbox, &site.url("/page/1"), &folders.path("open"))
        .run()
        .await
        .unwrap();
    assert_eq!(fetched.count(Outcome::Succeeded), 1, "{fetched}");
    assert!(
        !fs::symlink_metadata(&link).unwrap().is_symlink(),
        "the page is in the link's place"
    );
    assert_eq!(
        fs::read(folders.path("open/page one")).unwrap(),
        b"hello, file"
    );

    let back = run(
        &sandbox,
        &folders.url("open/page one"),
        &folders.path("open"),
    )
    .run()
    .await
    .unwrap();
    assert_eq!(back.count(Outcome::Succeeded), 1, "{back}");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(sandbox.files(), ["page.scrape", "page.status.json"]);
}

#[tokio::test]
async fn only_files_below_a_folder_that_is_allowed_are_linked() {
    let folders = Folders::new();
    symlink(folders.path("secret/page one"), folders.path("open/out")).unwrap();
    symlink(folders.path("secret"), folders.path("open/through")).unwrap();
    symlink(folders.path("nowhere"), folders.path("open/dangling")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        folders.path("open/pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    let not_allowed =
        "RuntimeError::the file is in no folder that the run allows; name one with `local_roots`";
    let missing = "RuntimeError::the file cannot be read: No such file or directory (os error 2)";
    let no_file = "RuntimeError::it is no file that can be read to its end";
    let other_host = "RuntimeError::it names no file of this machine; write file:///folder/name";
    for (url, told) in [
        (folders.url("secret/page one"), not_allowed),
        (folders.url("open/../secret/page one"), not_allowed),
        (folders.url("open/%2e%2e/secret/page one"), not_allowed),
        (folders.url("open/out"), not_allowed),
        (folders.url("open/through/page one"), not_allowed),
        ("file:///etc/passwd".to_owned(), not_allowed),
        (folders.url("open/none"), missing),
        (folders.url("open/dangling"), missing),
        (folders.url("open"), no_file),
        (folders.url("open/pipe"), no_file),
        (
            folders
                .url("open/page one")
                .replace("file://", "file://elsewhere"),
            other_host,
        ),
    ] {
        let sandbox = Sandbox::new();
        let report = run(&sandbox, &url, &folders.path("open"))
            .run()
            .await
            .unwrap();
        assert_eq!(report.failed(), 1, "{url}");
        let status = sandbox.status("page");
        assert_eq!(
            status["scrape_local_file_or_url_status"],
            format!("ERROR {told}"),
            "{url}"
        );
        assert_eq!(sandbox.files(), ["page.status.json"], "{url}");
    }
    let sandbox = Sandbox::new();
    let none = Lengths::in_dir(sandbox.dir())
        .tasks(
            Tasks::from_pairs([("page", json!({ "url": folders.url("open/page one") }))]).unwrap(),
        )
        .progress(Progress::Off);
    assert_eq!(
        none.run().await.unwrap().failed(),
        1,
        "nothing is allowed unless set"
    );
    let wrong = run(
        &sandbox,
        &folders.url("open/page one"),
        &folders.path("nowhere"),
    )
    .run()
    .await
    .unwrap_err();
    assert!(
        wrong.to_string().contains("local_roots: ")
            && wrong.to_string().contains("nowhere: No such file"),
        "{wrong}"
    );
}

#[tokio::test]
async fn a_file_that_has_changed_is_found_out_by_its_size_and_linked_anew_when_it_is_asked_for() {
    let (folders, sandbox) = (Folders::new(), Sandbox::new());
    let url = folders.url("open/page one");
    let set_up = || run(&sandbox, &url, &folders.path("open"));
    assert_eq!(set_up().run().await.unwrap().done(), 1);
    fs::write(folders.path("open/page one"), b"longer than before").unwrap();
    let damaged = set_up().force::<length>().run().await.unwrap();
    assert_eq!(damaged.failed(), 1, "{damaged}");
    let told = sandbox.status("page")["length_status"].clone();
    assert!(
        told.as_str()
            .unwrap()
            .contains("`page.scrape` has 18 bytes instead of 11"),
        "{told}"
    );
    let again = set_up()
        .force::<scrape_local_file_or_url>()
        .run()
        .await
        .unwrap();
    assert_eq!(again.done(), 1, "{again}");
    assert_eq!(sandbox.status("page")["length"], 18);
}

#[tokio::test]
async fn a_store_without_files_has_a_copy() {
    let folders = Folders::new();
    let store = MemoryStore::new();
    let run = || {
        Lengths::in_store(store.clone())
            .tasks(
                Tasks::from_pairs([("page", json!({ "url": folders.url("open/page one") }))])
                    .unwrap(),
            )
            .local_roots([folders.path("open")])
            .progress(Progress::Off)
    };
    assert_eq!(run().run().await.unwrap().done(), 1);
    fs::remove_file(folders.path("open/page one")).unwrap();
    assert_eq!(run().force::<length>().run().await.unwrap().done(), 1);
}

#[tokio::test]
async fn a_photo_of_this_machine_gets_a_thumbnail() {
    let (folders, sandbox) = (Folders::new(), Sandbox::new());
    image::DynamicImage::new_rgb8(300, 200)
        .save(folders.path("open/photo.png"))
        .unwrap();
    let params: Value = json!({ "url": folders.url("open/photo.png") });
    let report = Photos::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("photo", params)]).unwrap())
        .local_roots([folders.path("open")])
        .params(&json!({ "thumbnail": [30, 30] }))
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!(report.done(), 1, "{report}");
    assert_eq!(sandbox.status("photo")["parse_image"]["format"], "PNG");
    assert_eq!(
        sandbox.files(),
        ["photo.scrape", "photo.status.json", "photo.thumb.webp"]
    );
}
