//! Where an export goes: a file that is complete or absent, or standard output.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

/// A file in the making, or standard output.
#[derive(Debug)]
pub(crate) struct Destination {
    to: To,
    /// How it is called in messages.
    name: String,
    /// What text is written as.
    shown: Option<Shown>,
}

/// Makes of text what a terminal may be given.
pub(crate) type Shown = fn(&str) -> String;

#[derive(Debug)]
enum To {
    File {
        file: BufWriter<NamedTempFile>,
        place: PathBuf,
        replace: bool,
    },
    /// Standard output, or a device or pipe that has a name.
    Stream(BufWriter<Box<dyn Stream>>),
}

trait Stream: Write + fmt::Debug + Send {}

impl<W: Write + fmt::Debug + Send> Stream for W {}

impl Destination {
    /// A file.
    ///
    /// # Errors
    /// If the file is there and isn't to be replaced, or cannot be made.
    pub(crate) fn file(named: &Path, replace: bool) -> io::Result<Self> {
        let name = named.display().to_string();
        // Through a link, so that what it leads to is replaced rather than the link.
        let place = fs::canonicalize(named).unwrap_or_else(|_| named.to_owned());
        match fs::symlink_metadata(&place) {
            Ok(there) if there.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(there) if !there.is_file() && !there.is_symlink() => {
                let device = File::options().write(true).open(&place)?;
                return Ok(Self::stream(device, name, None));
            }
            Ok(_) if !replace => {
                let why = "it exists; --force replaces it";
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
            }
            _ => {}
        }
        Ok(Self {
            to: To::File {
                file: BufWriter::with_capacity(BUFFER, beside(&place)?),
                place,
                replace,
            },
            name,
            shown: None,
        })
    }

    /// Standard output; `shown` if it is a terminal.
    pub(crate) fn output(shown: Option<Shown>) -> Self {
        Self::stream(io::stdout(), "standard output".to_owned(), shown)
    }

    fn stream(stream: impl Stream + 'static, name: String, shown: Option<Shown>) -> Self {
        Self {
            to: To::Stream(BufWriter::with_capacity(BUFFER, Box::new(stream))),
            name,
            shown,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Writes text, whole characters of it.
    pub(crate) fn write_text(&mut self, text: &str) -> io::Result<()> {
        match self.shown {
            Some(shown) => self.write_all(shown(text).as_bytes()),
            None => self.write_all(text.as_bytes()),
        }
    }

    /// A file without a name, on the same file system where this is a file.
    pub(crate) fn nameless(&self) -> io::Result<File> {
        match &self.to {
            To::File { place, .. } => tempfile::tempfile_in(folder(place)),
            To::Stream(_) => tempfile::tempfile().map_err(|error| {
                let folder = std::env::temp_dir();
                let what = format!("rows are kept in {} meanwhile: {error}", folder.display());
                io::Error::new(error.kind(), what)
            }),
        }
    }

    /// A file for those who write a path rather than a stream; it becomes this destination by `take`.
    pub(crate) fn scratch(&self) -> io::Result<TempPath> {
        let file = match &self.to {
            To::File { place, .. } => beside(place)?,
            To::Stream(_) => NamedTempFile::new()?,
        };
        Ok(file.into_temp_path())
    }

    /// Takes what was written to `scratch`, and is complete with it.
    pub(crate) fn take(self, scratch: TempPath) -> io::Result<()> {
        match self.to {
            To::File { place, replace, .. } => {
                File::open(&scratch)?.sync_all()?;
                let kept = if replace {
                    scratch.persist(place)
                } else {
                    scratch.persist_noclobber(place)
                };
                kept.map_err(|error| error.error)
            }
            To::Stream(mut output) => {
                io::copy(&mut File::open(&scratch)?, &mut output)?;
                output.flush()
            }
        }
    }

    /// Makes it visible: complete, or not at all.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self.to {
            To::File {
                file,
                place,
                replace,
            } => {
                let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.as_file().sync_all()?;
                let kept = if replace {
                    file.persist(place)
                } else {
                    file.persist_noclobber(place)
                };
                kept.map(drop).map_err(|error| error.error)
            }
            To::Stream(mut output) => output.flush(),
        }
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.to {
            To::File { file, .. } => file.write(bytes),
            To::Stream(output) => output.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::File { file, .. } => file.flush(),
            To::Stream(output) => output.flush(),
        }
    }
}

/// In bytes.
const BUFFER: usize = 256 * 1024;

/// On the same file system, so that it can be renamed; with the permissions that a new file has.
fn beside(place: &Path) -> io::Result<NamedTempFile> {
    if !folder(place).is_dir() {
        let why = format!("there is no folder {}", folder(place).display());
        return Err(io::Error::new(io::ErrorKind::NotFound, why));
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".scrapeflow-export-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Less what the process's umask takes away.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder(place))
}

fn folder(place: &Path) -> &Path {
    match place.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}
