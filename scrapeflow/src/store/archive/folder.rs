//! The names of an archive's files, and what is said of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::record::Coding;
use crate::store::StoreError;

/// What the files of pages begin with.
const PAGES: &str = "pages-";

/// Where everything is.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    dir: PathBuf,
}

impl Folder {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn database(&self) -> PathBuf {
        self.dir.join(super::DATABASE)
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.dir.join("lock")
    }

    /// The name of the file of that number.
    pub(super) fn pages(number: u32, coding: Coding) -> PathBuf {
        let ending = match coding {
            Coding::Plain => "warc",
            Coding::Gzip => "warc.gz",
        };
        PathBuf::from(format!("{PAGES}{number:05}.{ending}"))
    }

    /// As its name says.
    pub(super) fn coding(name: &Path) -> Coding {
        if name.extension().is_some_and(|ending| ending == "gz") {
            Coding::Gzip
        } else {
            Coding::Plain
        }
    }

    /// The path of a file whose name the database tells; none that leads elsewhere.
    pub(super) fn path(&self, name: &Path) -> io::Result<PathBuf> {
        if name.file_name() == Some(name.as_os_str()) {
            Ok(self.dir.join(name))
        } else {
            Err(io::Error::other(format!(
                "the database names a file outside of the archive, {}",
                name.display()
            )))
        }
    }

    /// Whether there is an archive.
    pub(super) fn is_there(&self) -> Result<bool, StoreError> {
        match fs::metadata(self.database()) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => match self.some_pages() {
                None => Ok(false),
                Some(name) => Err(self.refused(&format!(
                    "{name} is there, and {} isn't: half of the archive is missing",
                    super::DATABASE
                ))),
            },
            Err(error) => {
                let what = format!("cannot read {}", self.database().display());
                Err(StoreError::io(what, error))
            }
        }
    }

    /// A file of pages, if there is one.
    fn some_pages(&self) -> Option<String> {
        let entries = fs::read_dir(&self.dir).ok()?;
        let mut names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.find(|name| name.starts_with(PAGES) && name.contains(".warc"))
    }

    pub(super) fn refused(&self, why: &str) -> StoreError {
        let error = io::Error::other(why.to_owned());
        StoreError::io(
            format!("cannot use the archive {}", self.dir.display()),
            error,
        )
    }

    pub(super) fn unreadable(&self, error: rusqlite::Error) -> StoreError {
        let database = self.database();
        let database = database.display();
        let damaged = matches!(
            error.sqlite_error_code(),
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
        );
        let what = if damaged {
            format!(
                "{database} is damaged: `sqlite3 {database} .recover` writes what can be read of it"
            )
        } else {
            format!("cannot use {database}")
        };
        StoreError::io(what, io::Error::other(error))
    }
}
