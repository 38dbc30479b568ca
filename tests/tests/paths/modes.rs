//! What is made may be read and written by whom the umask lets, as other programs have it; and a mode is never copied.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::canary::entries;
use crate::shop::Shop;

/// Whatever the command line makes, one after the other.
const COMMANDS: &str = r#"
    umask "$1"
    books() { "$BOOKS" "$@" -q || exit 1; }
    books run pages --from tasks.csv
    books run pages.sfa --from tasks.csv
    books run pages --force-all
    books run pages.sfa --force-all
    books reset pages --executor parse
    books pack pages packed.sfa
    books unpack pages.sfa unpacked
    for end in csv jsonl sqlite parquet; do books export pages -o rows.$end; done
    # One who reads and is killed leaves files of the database's.
    printf 'select count(*) from tasks;\n.shell kill -9 $PPID\n' | sqlite3 pages.sfa/status.db >/dev/null
    "$BOOKS" summary pages.sfa >/dev/null
    ls pages.sfa/status.db-shm pages.sfa/status.db-wal >/dev/null
"#;

/// The modes of all folders and of all files below a folder, but for the tasks that it began with.
fn modes(folder: &Path, modes: &mut [BTreeSet<u32>; 2]) {
    for path in entries(folder) {
        let meta = fs::symlink_metadata(&path).unwrap();
        if path.ends_with("tasks.csv") {
            continue;
        }
        let is_file = usize::from(meta.is_file());
        modes[is_file].insert(meta.permissions().mode() & 0o7777);
        if meta.is_dir() {
            self::modes(&path, modes);
        }
    }
}

#[test]
fn modes_are_what_the_umask_leaves() {
    for (umask, folders, files) in [("022", 0o755, 0o644), ("077", 0o700, 0o600)] {
        let shop = Shop::new();
        let made = Command::new("sh")
            .args(["-c", COMMANDS, "sh", umask])
            .env("BOOKS", env!("CARGO_BIN_EXE_books"))
            .current_dir(shop.folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let mut found = [BTreeSet::new(), BTreeSet::new()];
        modes(shop.folder.path(), &mut found);
        assert_eq!(
            found,
            [BTreeSet::from([folders]), BTreeSet::from([files])],
            "{umask}"
        );
    }
}

#[test]
fn no_mode_is_copied() {
    let shop = Shop::scraped("pages");
    for name in ["a.scrape", "a.status.json", "b.scrape", "b.status.json"] {
        fs::set_permissions(
            shop.path("pages").join(name),
            Permissions::from_mode(0o6777),
        )
        .unwrap();
    }
    for command in [
        &["pack", "pages", "pages.sfa"][..],
        &["unpack", "pages.sfa", "again"],
        &["run", "pages", "--force-all"],
    ] {
        assert_eq!(shop.run(command).code, 0);
    }
    for place in ["again", "pages"] {
        let mut found = [BTreeSet::new(), BTreeSet::new()];
        modes(&shop.path(place), &mut found);
        assert!(
            found[1].iter().all(|mode| mode & 0o7111 == 0),
            "{place}: {found:?}"
        );
    }
}
