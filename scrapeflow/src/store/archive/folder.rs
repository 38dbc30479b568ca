//! The names of an archive's files, and what is said of them.

use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::record::Coding;
use crate::store::StoreError;
use crate::store::error::with_remedy;
use crate::store::file;

/// What the files of pages begin with.
const PAGES: &str = "pages-";

/// How long a database's header is (<https://sqlite.org/fileformat.html#the_database_header>), in bytes.
const HEADER: usize = 100;

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

    /// The database as one that nobody changes, by SQLite's [URI](https://sqlite.org/uri.html).
    pub(super) fn immutable(&self) -> String {
        let path = self.database().display().to_string();
        let path = path
            .replace('%', "%25")
            .replace('?', "%3f")
            .replace('#', "%23");
        format!("file:{path}?immutable=1")
    }

    /// What SQLite has not moved to the database yet.
    pub(super) fn log(&self) -> PathBuf {
        self.dir.join(format!("{}-wal", super::DATABASE))
    }

    /// Whether whoever made the database was stopped before anything was in it. SQLite rolls that back, for those who may write.
    pub(super) fn is_half_made(&self) -> bool {
        let journal = self.dir.join(format!("{}-journal", super::DATABASE));
        if !journal.exists() {
            return false;
        }
        let mut header = [0; HEADER];
        let read = file::open(&self.database(), OpenOptions::new().read(true))
            .and_then(|mut database| database.read_exact(&mut header));
        let number = |at: usize| u32::from_be_bytes([0, 1, 2, 3].map(|nth| header[at + nth]));
        let (pages, application) = (number(28), number(68));
        // A first page has the names of tables, each of which has another; and nobody has said whose it is.
        match read {
            Ok(()) => pages <= 1 && application == 0,
            Err(error) => error.kind() == io::ErrorKind::UnexpectedEof,
        }
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

    /// The path of a file of pages whose name the database tells; of no other.
    pub(super) fn path(&self, name: &Path) -> io::Result<PathBuf> {
        if name.to_str().is_some_and(is_of_pages) {
            Ok(self.dir.join(name))
        } else {
            Err(io::Error::other(format!(
                "it names {}, which is no file of pages",
                name.display()
            )))
        }
    }

    /// Whether it looks as one, or as half of one; in a directory of statuses these could be files of tasks.
    pub(super) fn is_archive(&self) -> bool {
        let first = [Coding::Plain, Coding::Gzip].map(|coding| Self::pages(1, coding));
        let pages = first.iter().any(|name| self.dir.join(name).is_file());
        let is_task = |key: &str| self.dir.join(format!("{key}.status.json")).exists();
        (self.database().is_file() && !is_task("status")) || (pages && !is_task("pages-00001"))
    }

    /// That nothing is there which an archive would hide.
    pub(super) fn refuse_others(&self) -> Result<(), StoreError> {
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                let what = format!("cannot list {}", self.dir.display());
                return Err(StoreError::io(what, error));
            }
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name == ".scrapeflow" || name.ends_with(".status.json") {
                return Err(self.refused(
                    "it is a directory of statuses; `scrapeflow pack` makes an archive of it, or give the run another place",
                ));
            }
        }
        Ok(())
    }

    /// Whether there is an archive.
    pub(super) fn is_there(&self) -> Result<bool, StoreError> {
        // A link may lead anywhere, and whoever opens a pipe waits.
        for end in ["", "-wal", "-shm", "-journal"] {
            let name = format!("{}{end}", super::DATABASE);
            let meta = fs::symlink_metadata(self.dir.join(&name));
            if meta.is_ok_and(|meta| !meta.is_file()) {
                return Err(self.refused(&format!("{name} is no file of its own")));
            }
        }
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
        names.find(|name| is_of_pages(name))
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
        if let rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::FromSqlConversionFailure(..) = error
        {
            // Only this row is wrong.
            let what = format!("a row of {database} cannot be one");
            return StoreError::broken(what, Some(io::Error::other(error)));
        }
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
        let cannot_open = error.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen);
        // Of that SQLite doesn't say why. That none is there is no reason: it was about to make it.
        if cannot_open
            && let Err(error) = fs::File::open(self.database())
            && error.kind() != io::ErrorKind::NotFound
        {
            return StoreError::io(what, error);
        }
        let may_not = matches!(
            error.sqlite_error_code(),
            Some(rusqlite::ErrorCode::ReadOnly)
        );
        if may_not {
            let remedy =
                "it was not closed well, or a run has it: copy the archive to where you may write";
            return StoreError::io(what, with_remedy(&io::Error::other(error), remedy));
        }
        StoreError::io(what, io::Error::other(error))
    }
}

/// Whether a name is as [`Folder::pages`] makes them.
fn is_of_pages(name: &str) -> bool {
    let rest = name
        .strip_prefix(PAGES)
        .and_then(|rest| rest.split_once('.'));
    rest.is_some_and(|(number, ending)| {
        number.len() >= 5
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && matches!(ending, "warc" | "warc.gz")
    })
}
