//! What is packed and unpacked is made beside its place: there it is whole, or isn't.

use std::fs;
use std::os::unix::fs::symlink;

use scrapeflow::store::{ArchiveStore, DirStore, archive};
use scrapeflow_tests::Sandbox;

/// A directory of three tasks.
fn three() -> Sandbox {
    let dir = Sandbox::new();
    fs::create_dir_all(dir.dir()).unwrap();
    for key in ["a", "b", "c"] {
        fs::write(dir.dir().join(format!("{key}.status.json")), "{}").unwrap();
    }
    dir
}

#[tokio::test]
async fn what_a_kill_left_is_named_and_passes_for_nothing_whole() {
    let (dir, folder) = (three(), tempfile::tempdir().unwrap());
    let place = folder.path().join("pages.sfa");
    let left = folder.path().join("pages.sfa.unfinished");
    let (from, into) = (DirStore::new(dir.dir()), ArchiveStore::new(&place));
    // As the kill would have it: forgotten in the middle, so that nothing is taken away.
    let (told, half) = tokio::sync::oneshot::channel();
    let mut told = Some(told);
    let mut packing = Box::pin(archive::pack(&from, &into, |_| {
        if let Some(told) = told.take() {
            told.send(()).unwrap();
        }
    }));
    tokio::select! {
        biased;
        _ = half => {}
        ended = &mut packing => panic!("it has not waited for its first commit: {ended:?}"),
    }
    assert!(left.join("status.db").is_file() && !place.exists());
    let again = archive::pack(&DirStore::new(dir.dir()), &into, |_| {}).await;
    let again = again.unwrap_err().to_string();
    assert!(again.contains("is in use by another run"), "{again}");
    std::mem::forget(packing);
    let unlocked = Sandbox::new();
    fs::create_dir_all(unlocked.dir()).unwrap();
    let again = archive::pack(&DirStore::new(unlocked.dir()), &into, |_| {}).await;
    let again = again.unwrap_err().to_string();
    assert!(
        again.contains(
            "pages.sfa.unfinished is there, which another has begun; if that has ended, look what is in it, and remove it"
        ),
        "{again}"
    );
    fs::remove_dir_all(&left).unwrap();
    let packed = archive::pack(&DirStore::new(unlocked.dir()), &into, |_| {}).await;
    assert_eq!(packed.unwrap().tasks, 0);
    assert!(place.join("status.db").is_file() && !left.exists());
}

#[tokio::test]
async fn whatever_is_in_its_place_stays_as_it_is() {
    let (dir, folder) = (three(), tempfile::tempdir().unwrap());
    let from = DirStore::new(dir.dir());
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("empty")).unwrap();
    fs::write(path("file"), "mine").unwrap();
    symlink("nowhere", path("link")).unwrap();
    for (place, says) in [
        (
            "empty",
            "cannot make {}/empty: it is there already; choose another place",
        ),
        (
            "link",
            "cannot make {}/link: it is there already; choose another place",
        ),
        (
            "file",
            "cannot make {}/file: it is there already; choose another place",
        ),
        ("file/below", "cannot make {}/file/below: Not a directory"),
        (
            "new/..",
            "cannot make {}/new/..: it ends with no name of a folder",
        ),
        ("link/below", "cannot make {}/link: File exists"),
    ] {
        let packed = archive::pack(&from, &ArchiveStore::new(path(place)), |_| {}).await;
        let said = packed.unwrap_err().to_string();
        let says = says.replace("{}", folder.path().to_str().unwrap());
        assert!(said.contains(&says), "{said}");
    }
    let mut left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["empty", "file", "link"]);
}

#[tokio::test]
async fn what_cannot_be_put_into_its_place_is_kept_and_said() {
    let (dir, folder) = (three(), tempfile::tempdir().unwrap());
    let place = folder.path().join("pages.sfa");
    let packed = archive::pack(
        &DirStore::new(dir.dir()),
        &ArchiveStore::new(&place),
        |so_far| {
            // Somebody else is there meanwhile.
            if so_far.tasks == 1 {
                fs::create_dir(&place).unwrap();
                fs::write(place.join("theirs"), "").unwrap();
            }
        },
    )
    .await;
    let said = packed.unwrap_err().to_string();
    let unfinished = folder.path().join("pages.sfa.unfinished");
    let says = format!(
        "all of it is in {}, which cannot be renamed",
        unfinished.display()
    );
    assert!(said.contains(&says), "{said}");
    let back = Sandbox::new();
    let (from, into) = (ArchiveStore::new(&unfinished), DirStore::new(back.dir()));
    let unpacked = archive::unpack(&from, &into, |_| {}).await;
    assert_eq!(unpacked.unwrap().tasks, 3);
    assert!(place.join("theirs").is_file());
}
