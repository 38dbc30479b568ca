//! Files of a store, opened as what they have to be: neither through a link, which may lead anywhere, nor a pipe, whose other
//! end may keep us waiting for ever. Whoever may write to a store's folder may plant either there.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens what is there, or makes it.
///
/// # Errors
/// As the system has it; also if it is a link or no file.
pub(super) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        use rustix::fs::OFlags;

        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path).map_err(|error| told(path, error))?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::other(NO_FILE))
}

/// Makes an empty file in the place of whatever has its name.
///
/// # Errors
/// As the system has it; also where there is a folder.
#[cfg(feature = "archive")]
pub(super) fn make(path: &Path) -> io::Result<File> {
    match File::create_new(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            std::fs::remove_file(path)?;
            File::create_new(path)
        }
        made => made,
    }
}

const NO_FILE: &str = "it is no file; move it away";

/// The system says of a link that there were too many of them.
pub(super) fn told(path: &Path, error: io::Error) -> io::Error {
    let is_link = path.symlink_metadata().is_ok_and(|meta| meta.is_symlink());
    if is_link {
        return io::Error::other("it is a link, which may lead anywhere; move it away");
    }
    error
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, symlink};

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn only_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let told = |name: &str| {
            let error = open(&at(name), OpenOptions::new().read(true)).unwrap_err();
            error.to_string()
        };
        fs::write(at("file"), "text").unwrap();
        assert!(open(&at("file"), OpenOptions::new().read(true)).is_ok());
        for to in ["file", "nowhere", "link"] {
            symlink(to, at("link")).unwrap();
            assert_eq!(
                told("link"),
                "it is a link, which may lead anywhere; move it away"
            );
            let mut writes = OpenOptions::new();
            assert!(open(&at("link"), writes.write(true).create(true)).is_err());
            fs::remove_file(at("link")).unwrap();
        }
        assert!(!at("nowhere").exists());
        mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RWXU, 0).unwrap();
        fs::create_dir(at("folder")).unwrap();
        assert_eq!([told("pipe"), told("folder")], [NO_FILE; 2]);
        assert!(told("none").contains("No such file"));
    }

    #[cfg(feature = "archive")]
    #[test]
    fn what_is_made_is_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("theirs"), "text").unwrap();
        fs::hard_link(at("theirs"), at("hard")).unwrap();
        symlink("theirs", at("soft")).unwrap();
        for name in ["hard", "soft", "new"] {
            assert_eq!(make(&at(name)).unwrap().metadata().unwrap().nlink(), 1);
        }
        assert_eq!(fs::read(at("theirs")).unwrap(), b"text");
        fs::create_dir(at("folder")).unwrap();
        assert!(make(&at("folder")).is_err());
    }
}
