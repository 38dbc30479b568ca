//! The file of results, `--results FILE`, to which each benchmark adds its table.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

/// Adds a table under its title, where there is such a file.
///
/// # Panics
/// If it cannot be written.
pub fn add(title: &str, table: &str) {
    let path: PathBuf = crate::option("results", PathBuf::new());
    if path.as_os_str().is_empty() {
        return;
    }
    let file = File::options().append(true).create(true).open(&path);
    let written = file.and_then(|mut file| write!(file, "\n## {title}\n\n{table}"));
    written.unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}
