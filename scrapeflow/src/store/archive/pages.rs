//! The files of pages, as they are written: one after another, and only ever at their end.
//!
//! A record is appended when its task is saved, and named by the commit that comes after. What is never named, since
//! something failed in between, stays where it is, and is cut off by the next run if it is the last.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::database::Place;
use super::folder::Folder;
use super::record::{Coding, Record};
use super::staged::Body;
use crate::store::file;

/// How much is written together, in bytes.
const TOGETHER: u64 = 256 * 1024;

/// Appends records, and says where they are.
#[derive(Debug)]
pub(super) struct Pages {
    folder: Folder,
    coding: Coding,
    /// How long a file gets, in bytes.
    roll_over: u64,
    current: Option<Current>,
    /// How many there have been.
    number: u32,
    /// Whether one that is full is synced before the next begins.
    sync: bool,
    /// Those that are full, and of which the database doesn't know that yet.
    full: Vec<Grown>,
    /// Counts up when what was held could not be written, and with it is gone what was placed before.
    epoch: u64,
    /// Why nothing more can be written: the run is over, or an end could not be cut off.
    closed: Option<String>,
    /// Why what was held could not be written.
    failure: String,
}

/// A file, and how long it is: its number, name and length.
pub(super) type Grown = (u32, PathBuf, u64);

/// A body that has its place.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) suffix: Box<str>,
    pub(super) place: Place,
    epoch: u64,
}

/// What whoever saves shares with who commits.
pub(super) type Shared = Arc<Mutex<Pages>>;

/// A panic while it was locked left bytes that nothing names.
pub(super) fn lock(pages: &Shared) -> MutexGuard<'_, Pages> {
    pages.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file that is written to.
#[derive(Debug)]
struct Current {
    name: PathBuf,
    file: Arc<File>,
    /// What is to be written, and follows what is.
    held: Vec<u8>,
    /// With what is held; the end of a record.
    length: u64,
    /// Without; the end of one as well.
    written: u64,
}

impl Pages {
    /// Goes on at the end of the last file, of which `counted` bytes count.
    pub(super) fn open(
        folder: &Folder,
        coding: Coding,
        roll_over: u64,
        sync: bool,
        last: Option<(u32, PathBuf, u64)>,
    ) -> io::Result<Self> {
        let number = last.as_ref().map_or(0, |(number, ..)| *number);
        // One of the other coding is left as it is, and one of which nothing counts has no head.
        let last = last.filter(|(_, name, counted)| *counted > 0 && Folder::coding(name) == coding);
        let current = last.map(|(_, name, counted)| {
            let mut file = file::open(&folder.path(&name)?, OpenOptions::new().write(true))?;
            file.seek(SeekFrom::Start(counted))?;
            Ok::<_, io::Error>(Current {
                name,
                file: Arc::new(file),
                held: Vec::new(),
                length: counted,
                written: counted,
            })
        });
        Ok(Self {
            folder: folder.clone(),
            coding,
            roll_over,
            current: current.transpose()?,
            number,
            sync,
            full: Vec::new(),
            epoch: 0,
            closed: None,
            failure: String::new(),
        })
    }

    /// Gives a body its place.
    pub(super) fn place(&mut self, body: Body) -> io::Result<Placed> {
        if let Some(why) = &self.closed {
            return Err(io::Error::other(why.clone()));
        }
        let mut record = body.record;
        let appended = self.append(&mut record);
        let (file, offset) = self.or_take_back(appended)?;
        Ok(Placed {
            suffix: body.suffix,
            place: Place {
                file,
                offset,
                length: record.length,
                size: body.size,
                md5: body.md5,
                modified: body.modified,
            },
            epoch: self.epoch,
        })
    }

    /// The number of the file, and where in it the record begins.
    fn append(&mut self, record: &mut Record) -> io::Result<(u32, u64)> {
        let is_full = self.current.as_ref().is_none_or(|current| {
            current.length > 0 && current.length + record.whole > self.roll_over
        });
        if is_full {
            self.roll()?;
        }
        let current = self.current.as_mut().ok_or(io::ErrorKind::NotFound)?;
        let offset = current.length;
        current.append(record)?;
        Ok((self.number, offset))
    }

    /// Begins a new file. What the one before holds is written.
    fn roll(&mut self) -> io::Result<()> {
        if let Some(full) = &mut self.current {
            full.flush()?;
            if self.sync {
                full.file.sync_data()?;
            }
        }
        let name = Folder::pages(self.number + 1, self.coding);
        let path = self.folder.path(&name)?;
        // One that a killed run began, and of which nothing counts, is begun anew.
        let file = file::make(&path)?;
        // SQLite syncs what names it by itself, and an archive without its pages is refused.
        file.sync_all()?;
        File::open(self.folder.dir())?.sync_all()?;
        let mut current = Current {
            name,
            file: Arc::new(file),
            held: Vec::new(),
            length: 0,
            written: 0,
        };
        current.append(&mut Record::info(self.coding)?)?;
        self.full.extend(self.grown());
        self.number += 1;
        self.current = Some(current);
        Ok(())
    }

    /// Writes what is held: all files that have grown since the database was last told, which then has to be done.
    pub(super) fn flush(&mut self) -> io::Result<Vec<Grown>> {
        if let Some(current) = &mut self.current {
            let flushed = current.flush();
            self.or_take_back(flushed)?;
        }
        let mut grown = self.full.clone();
        grown.extend(self.grown());
        Ok(grown)
    }

    /// The database knows of these.
    pub(super) fn told(&mut self, grown: &[Grown]) {
        self.full.retain(|full| !grown.contains(full));
    }

    /// That a body still has its place.
    pub(super) fn check(&self, placed: &Placed) -> io::Result<()> {
        if placed.epoch == self.epoch {
            return Ok(());
        }
        Err(io::Error::other(format!(
            "its pages could not be written: {}",
            self.failure
        )))
    }

    /// The archive is another run's from now on.
    pub(super) fn close(&mut self) {
        self.closed = Some("the run that began it is over".to_owned());
    }

    /// The file that is written to, for those who sync.
    pub(super) fn file(&self) -> Option<Arc<File>> {
        let current = self.current.as_ref()?;
        Some(current.file.clone())
    }

    fn grown(&self) -> Option<Grown> {
        let current = self.current.as_ref()?;
        Some((self.number, current.name.clone(), current.length))
    }

    /// After an error what was held is gone, and who was placed has to be told; what is in the file stays.
    fn or_take_back<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &done {
            self.epoch += 1;
            self.failure = error.to_string();
            if let Some(current) = &mut self.current
                && current.take_back().is_err()
            {
                // The next run cuts it off. Whoever comes now may be the one who tells of it.
                self.closed = Some(format!(
                    "an end that was half written could not be cut off, after: {}",
                    self.failure
                ));
            }
        }
        done
    }
}

impl Current {
    /// What is held are whole records, and one that doesn't go there is written at once.
    fn append(&mut self, record: &mut Record) -> io::Result<()> {
        let is_held = record.spilled.is_none() && record.whole <= TOGETHER;
        if !is_held || self.held.len() as u64 + record.whole > TOGETHER {
            self.flush()?;
        }
        for piece in &record.pieces {
            if is_held {
                self.held.extend_from_slice(piece);
            } else {
                (&*self.file).write_all(piece)?;
            }
        }
        if let Some(spilled) = &mut record.spilled {
            spilled.rewind()?;
            io::copy(spilled, &mut &*self.file)?;
        }
        self.length += record.whole;
        if !is_held {
            self.written = self.length;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self.file).write_all(&self.held)?;
        self.held.clear();
        self.written = self.length;
        Ok(())
    }

    /// To the end of the last record that was written.
    fn take_back(&mut self) -> io::Result<()> {
        self.held.clear();
        self.length = self.written;
        self.file.set_len(self.written)?;
        (&*self.file).seek(SeekFrom::Start(self.written))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::record::Coding;
    use super::*;
    use crate::store::BodyName;
    use crate::task::Key;

    fn body(text: &'static [u8]) -> Body {
        let name = BodyName::new(&Key::new("a").unwrap(), "page").unwrap();
        let pieces = vec![Bytes::from_static(text)];
        Body {
            suffix: "page".into(),
            record: Record::of(&name, None, None, pieces, Coding::Plain).unwrap(),
            size: text.len() as u64,
            md5: None,
            modified: None,
        }
    }

    #[test]
    fn what_cannot_be_written_has_no_place_any_more_and_what_was_stays() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path().to_owned());
        let mut pages = Pages::open(&folder, Coding::Plain, u64::MAX, false, None).unwrap();
        pages.place(body(b"first")).unwrap();
        let grown = pages.flush().unwrap();
        let path = folder.path(&grown[0].1).unwrap();
        let (whole, written) = (grown[0].2, std::fs::read(&path).unwrap());
        assert_eq!(written.len() as u64, whole);

        let held = pages.place(body(b"second")).unwrap();
        pages.check(&held).unwrap();
        // As a disk that is full says no.
        let current = pages.current.as_mut().unwrap();
        let good = std::mem::replace(&mut current.file, Arc::new(File::open(&path).unwrap()));
        let why = pages.flush().unwrap_err().to_string();
        let told = pages.check(&held).unwrap_err().to_string();
        assert!(told.ends_with(&why), "{told}");
        // Nor could the end be cut off.
        let closed = pages.place(body(b"never")).unwrap_err().to_string();
        let says = "an end that was half written could not be cut off, after: ";
        assert_eq!(closed, format!("{says}{why}"));
        pages.current.as_mut().unwrap().file = good;
        pages.closed = None;

        let third = pages.place(body(b"third")).unwrap();
        pages.check(&third).unwrap();
        assert_eq!(third.place.offset, whole);
        pages.flush().unwrap();
        let now = std::fs::read(&path).unwrap();
        assert_eq!(now[..written.len()], written);
        let after = String::from_utf8_lossy(&now[written.len()..]).into_owned();
        assert!(
            after.contains("third") && !after.contains("second"),
            "{after}"
        );
    }
}
