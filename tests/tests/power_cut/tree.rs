//! Folders and files below a folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Paths below a folder, and the bytes of those that are files.
pub(crate) type Tree = BTreeMap<String, Option<Vec<u8>>>;

/// Makes all of it in an empty folder.
pub(crate) fn write(tree: &Tree, folder: &Path) {
    // In the order of paths a folder comes before what is in it.
    for (path, bytes) in tree {
        let path = folder.join(path);
        match bytes {
            Some(bytes) => fs::write(path, bytes),
            None => fs::create_dir(path),
        }
        .expect("a file or folder in a temporary one");
    }
}

/// All that is in a folder.
pub(crate) fn read(folder: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder in a temporary one") {
            let path = entry.expect("an entry of it").path();
            let name = path.strip_prefix(folder).expect("below it");
            let name = name.to_string_lossy().into_owned();
            if path.is_dir() {
                tree.insert(name, None);
                folders.push(path);
            } else {
                let bytes = fs::read(path).expect("a file in a temporary folder");
                tree.insert(name, Some(bytes));
            }
        }
    }
    tree
}
