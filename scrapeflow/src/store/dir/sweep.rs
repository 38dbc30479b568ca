//! What a killed run left half done: finished where the new status was complete, removed otherwise.
//!
//! Looks only at the store's own folder, which holds as many files as there were tasks being saved, never at
//! the directory itself.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::files::{DOT, Files, STATUS};
use crate::status::json;
use crate::store::{StoreError, file};

pub(super) fn sweep(files: &Files) -> Result<(), StoreError> {
    let left = leftovers(files)?;
    for (name, path) in &left {
        let Some(key) = name.strip_suffix(STATUS) else {
            continue;
        };
        if is_complete(path) && !is_placed(path, &files.dir().join(name)) {
            // The status was complete, so its bodies were; some may have their names already.
            let bodies = left.iter().filter(|(body, _)| is_body_of(body, key));
            for (body, from) in bodies.chain([(name, path)]) {
                let place = files.dir().join(final_name(body));
                fs::rename(from, place).map_err(|error| cannot(from, error))?;
            }
        }
    }
    for path in left.values() {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(cannot(path, error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The files of the own folder by name, without the lock.
fn leftovers(files: &Files) -> Result<BTreeMap<String, PathBuf>, StoreError> {
    let mut left = BTreeMap::new();
    for entry in fs::read_dir(files.own()).map_err(|error| cannot(files.own(), error))? {
        let path = entry.map_err(|error| cannot(files.own(), error))?.path();
        if path == files.lock() {
            continue;
        }
        let name = path.file_name().map(OsString::from).unwrap_or_default();
        // Names that are not UTF-8 are none of ours.
        if let Ok(name) = name.into_string() {
            left.insert(name, path);
        }
    }
    Ok(left)
}

/// An object that was cut off anywhere is no object. What isn't a file is none of ours.
fn is_complete(status: &Path) -> bool {
    let text = file::open(status, OpenOptions::new().read(true)).and_then(io::read_to_string);
    text.is_ok_and(|text| json::split(&text).is_ok())
}

/// Whether it has its place, and only its old name was remembered: what lies beside it belongs to a later save, if to any.
fn is_placed(status: &Path, place: &Path) -> bool {
    let read = |path| file::open(path, OpenOptions::new().read(true)).and_then(io::read_to_string);
    matches!((read(status), read(place)), (Ok(status), Ok(placed)) if status == placed)
}

/// A suffix has its dot back.
fn final_name(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((key, suffix)) if !name.ends_with(STATUS) => {
            format!("{key}.{}", suffix.replace(DOT, "."))
        }
        _ => name.to_owned(),
    }
}

/// Here suffixes have no dots, so `<key>.<suffix>` splits at the last one.
fn is_body_of(name: &str, key: &str) -> bool {
    !name.ends_with(STATUS) && name.rsplit_once('.').is_some_and(|(of, _)| of == key)
}

fn cannot(path: &Path, error: io::Error) -> StoreError {
    StoreError::io(format!("cannot clean up {}", path.display()), error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Durability;

    /// What lies under `.scrapeflow` and in the directory, before and after, as `name=content` words.
    fn check(own: &[(&str, &str)], dir: &[(&str, &str)], after: &str) {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path().to_owned());
        files.make(Durability::Process).unwrap();
        for (name, content) in own {
            fs::write(files.own().join(name), content).unwrap();
        }
        for (name, content) in dir {
            fs::write(files.dir().join(name), content).unwrap();
        }
        sweep(&files).unwrap();
        let mut seen = Vec::new();
        for folder in [files.own(), files.dir()] {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                    seen.push(format!("{name}={}", fs::read_to_string(&path).unwrap()));
                }
            }
        }
        seen.sort();
        assert_eq!(seen.join(" "), after);
    }

    #[test]
    fn a_complete_status_is_finished_with_its_bodies() {
        check(
            &[
                ("a.status.json", "{}"),
                ("a.scrape", "new"),
                ("ab.scrape", "torn"),
            ],
            &[("a.status.json", "{old}"), ("a.scrape", "old")],
            "a.scrape=new a.status.json={}",
        );
    }

    #[test]
    fn endings_and_keys_with_dots_are_told_apart() {
        check(
            &[
                ("a.status.json", "{}"),
                ("a.thumb~webp", "small"),
                ("a.b.scrape", "torn"),
                ("a~b.scrape", "torn"),
            ],
            &[("a.b.scrape", "old"), ("a~b.scrape", "old")],
            "a.b.scrape=old a.status.json={} a.thumb.webp=small a~b.scrape=old",
        );
        check(
            &[("a~b.status.json", "{}"), ("a~b.scrape", "new")],
            &[],
            "a~b.scrape=new a~b.status.json={}",
        );
    }

    #[test]
    fn a_status_whose_bodies_have_their_names_already_is_finished() {
        check(
            &[("a.status.json", "{}")],
            &[("a.scrape", "new")],
            "a.scrape=new a.status.json={}",
        );
    }

    #[test]
    fn what_lies_beside_the_old_name_of_a_status_is_not_its_own() {
        check(
            &[("a.status.json", "{}"), ("a.scrape", "new")],
            &[("a.status.json", "{}"), ("a.scrape", "old")],
            "a.scrape=old a.status.json={}",
        );
    }

    #[test]
    fn a_cut_status_is_removed_with_its_bodies() {
        check(
            &[("a.status.json", r#"{"name": "#), ("a.scrape", "new")],
            &[("a.status.json", "{old}"), ("a.scrape", "old")],
            "a.scrape=old a.status.json={old}",
        );
    }

    #[test]
    fn a_body_without_a_status_is_removed() {
        check(
            &[("a.scrape", "torn")],
            &[("a.scrape", "old")],
            "a.scrape=old",
        );
    }
}
