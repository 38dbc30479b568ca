//! The command line, as a shell meets it: what is printed where, exit codes, files.

mod archives;
mod bad_directories;
mod conditions;
mod existing_files;
mod exports;
mod interrupted;
mod looking;
mod own_workflow;
mod readers;
mod sessions;
mod settings;
mod terminal;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use scrapeflow_tests::alone;
use tempfile::TempDir;

/// What a program said, and how it ended.
#[derive(Debug)]
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("it ended by itself"),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

impl Said {
    /// All was well, and there was nothing to warn of.
    fn well(self) -> String {
        assert_eq!(self.code, 0, "{}", self.err);
        assert!(!self.err.contains("warning:"), "{}", self.err);
        self.out
    }
}

/// The program, which a test may give further arguments and other surroundings.
fn program(dir: &Path) -> Command {
    alone(Command::new(env!("CARGO_BIN_EXE_command_line")), dir)
}

/// The workflow of `books.rs`.
fn books_program(dir: &Path) -> Command {
    alone(Command::new(env!("CARGO_BIN_EXE_books")), dir)
}

fn scrapeflow(dir: &Path, arguments: &[&str]) -> Said {
    program(dir)
        .args(arguments)
        .output()
        .expect("it starts")
        .into()
}

fn books(dir: &Path, arguments: &[&str]) -> Said {
    books_program(dir)
        .args(arguments)
        .output()
        .expect("it starts")
        .into()
}

/// A folder with a directory `pages` of these statuses.
fn folder<K: AsRef<str>, S: AsRef<str>>(statuses: &[(K, S)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let pages = folder.path().join("pages");
    fs::create_dir(&pages).expect("it is new");
    for (key, status) in statuses {
        let name = format!("{}.status.json", key.as_ref());
        fs::write(pages.join(name), status.as_ref()).expect("it is written");
    }
    folder
}
