//! A folder that is held open, so that the system walks its path once rather than for each file: 3 to 8% of what a command
//! takes that reads all statuses.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(unix)]
use self::by_handle::Handle;
#[cfg(not(unix))]
use self::by_path::Handle;

/// A folder, which is opened when it is first needed.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Whether its path may be a link.
    linked: bool,
    handle: Handle,
}

/// A file's name in a folder, whether or not it is there.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    folder: Arc<Folder>,
    name: String,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Arc<Self> {
        Arc::new(Self {
            path,
            linked: true,
            handle: Handle::default(),
        })
    }

    /// One that is no link to another.
    pub(super) fn unlinked(path: PathBuf) -> Arc<Self> {
        Arc::new(Self {
            path,
            linked: false,
            handle: Handle::default(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Another folder may have its path by now: it is opened anew when it is next needed.
    pub(super) fn forget(&self) {
        self.handle.forget();
    }

    pub(super) fn entry(self: &Arc<Self>, stem: &str, end: &str) -> Entry {
        let mut name = String::with_capacity(stem.len() + end.len());
        name.push_str(stem);
        name.push_str(end);
        Entry {
            folder: self.clone(),
            name,
        }
    }
}

impl Entry {
    /// For whoever has no use for an open folder: messages, locks, what is done once.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.path.join(&self.name)
    }

    /// Opens it for reading; `None` if nothing is there. A link is an error, and a pipe is opened without waiting.
    pub(super) fn open(&self) -> io::Result<Option<File>> {
        match self.folder.handle.open(self) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if fs::symlink_metadata(self.path()).is_err() {
                    return Ok(None);
                }
                // Or the folder is another by now.
                self.folder.forget();
                self.folder.handle.open(self).map(Some)
            }
            opened => opened.map(Some),
        }
    }

    /// Makes it, in the place of what is there, into which nothing is written.
    pub(super) fn create(&self) -> io::Result<File> {
        match self.create_new() {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.remove()?;
                self.create_new()
            }
            created => created,
        }
    }

    /// Makes it where nothing is there, whoever made that.
    pub(super) fn create_new(&self) -> io::Result<File> {
        self.folder.handle.create_new(self)
    }

    /// Gives it another name, in the place of what has that.
    pub(super) fn rename(&self, to: &Self) -> io::Result<()> {
        self.folder.handle.rename(self, to)
    }

    pub(super) fn remove(&self) -> io::Result<()> {
        self.folder.handle.remove(self)
    }
}

#[cfg(unix)]
mod by_handle {
    use std::fs::File;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::sync::{PoisonError, RwLock, RwLockReadGuard};

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, openat, renameat, unlinkat};
    use rustix::io::retry_on_intr;

    use super::{Entry, Folder};

    #[derive(Debug, Default)]
    pub(super) struct Handle(RwLock<Option<OwnedFd>>);

    impl Handle {
        pub(super) fn forget(&self) {
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
        }

        /// Does `work` with the open folder.
        fn with<T>(
            &self,
            folder: &Folder,
            work: impl FnOnce(&OwnedFd) -> rustix::io::Result<T>,
        ) -> io::Result<T> {
            let open = self.read();
            if let Some(folder) = &*open {
                return Ok(work(folder)?);
            }
            drop(open);
            let mut flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            flags.set(OFlags::NOFOLLOW, !folder.linked);
            let folder = retry_on_intr(|| openat(CWD, &folder.path, flags, Mode::empty()))?;
            let done = work(&folder);
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(folder);
            Ok(done?)
        }

        fn read(&self) -> RwLockReadGuard<'_, Option<OwnedFd>> {
            self.0.read().unwrap_or_else(PoisonError::into_inner)
        }

        fn open_as(&self, entry: &Entry, flags: OFlags) -> io::Result<File> {
            // Less what the process's umask takes away.
            let mode = Mode::from_raw_mode(0o666);
            let file = self.with(&entry.folder, |folder| {
                retry_on_intr(|| openat(folder, &*entry.name, flags | OFlags::CLOEXEC, mode))
            });
            file.map(File::from)
        }

        pub(super) fn open(&self, entry: &Entry) -> io::Result<File> {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK;
            self.open_as(entry, flags)
        }

        pub(super) fn create_new(&self, entry: &Entry) -> io::Result<File> {
            self.open_as(entry, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL)
        }

        pub(super) fn rename(&self, from: &Entry, to: &Entry) -> io::Result<()> {
            self.with(&from.folder, |folder| {
                let other = to.folder.handle.read();
                match &*other {
                    Some(other) => renameat(folder, &*from.name, other, &*to.name),
                    None => renameat(folder, &*from.name, CWD, to.path()),
                }
            })
        }

        pub(super) fn remove(&self, entry: &Entry) -> io::Result<()> {
            self.with(&entry.folder, |folder| {
                unlinkat(folder, &*entry.name, AtFlags::empty())
            })
        }
    }
}

#[cfg(not(unix))]
mod by_path {
    use std::fs::{self, File};
    use std::io;

    use super::Entry;

    /// Here files are named by their whole path.
    #[derive(Debug, Default)]
    pub(super) struct Handle;

    impl Handle {
        pub(super) fn forget(&self) {}

        pub(super) fn open(&self, entry: &Entry) -> io::Result<File> {
            File::open(entry.path())
        }

        pub(super) fn create_new(&self, entry: &Entry) -> io::Result<File> {
            File::create_new(entry.path())
        }

        pub(super) fn rename(&self, from: &Entry, to: &Entry) -> io::Result<()> {
            fs::rename(from.path(), to.path())
        }

        pub(super) fn remove(&self, entry: &Entry) -> io::Result<()> {
            fs::remove_file(entry.path())
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_took_the_place_of_another_is_read() {
        let around = tempfile::tempdir().unwrap();
        let path = around.path().join("pages");
        let folder = Folder::new(path.clone());
        let read = |name| {
            let mut said = String::new();
            let mut file = folder.entry(name, "").open().unwrap()?;
            io::Read::read_to_string(&mut file, &mut said).unwrap();
            Some(said)
        };
        assert_eq!(read("a"), None);
        fs::create_dir(&path).unwrap();
        fs::write(path.join("a"), "first").unwrap();
        assert_eq!(read("a").as_deref(), Some("first"));
        fs::rename(&path, around.path().join("moved")).unwrap();
        fs::create_dir(&path).unwrap();
        fs::write(path.join("b"), "other").unwrap();
        assert_eq!(read("b").as_deref(), Some("other"));
        assert_eq!(read("a"), None);
    }

    /// A rename takes a file from one open folder into another, over what is there.
    #[test]
    fn files_are_made_renamed_and_removed() {
        let around = tempfile::tempdir().unwrap();
        let (own, dir) = (around.path().join("own"), around.path().join("dir"));
        fs::create_dir(&own).unwrap();
        fs::create_dir(&dir).unwrap();
        let (own, dir) = (Folder::new(own), Folder::new(dir));
        let (new, place) = (own.entry("a", ".json"), dir.entry("a", ".json"));
        fs::write(place.path(), "old").unwrap();
        assert_eq!(
            place.create_new().unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
        io::Write::write_all(&mut new.create().unwrap(), b"new").unwrap();
        new.rename(&place).unwrap();
        assert_eq!(fs::read_to_string(place.path()).unwrap(), "new");
        assert!(!new.path().exists());
        place.remove().unwrap();
        assert!(!place.path().exists());
    }
}
