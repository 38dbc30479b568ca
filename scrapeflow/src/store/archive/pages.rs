//! The files of pages, as they are written: one after another, and only ever at their end.
//!
//! A record is appended by the commit that names it. What is never named, since something failed in between, is cut off at once, or by
//! the next run where the process has ended; but for what filled a file meanwhile, which stays.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

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
    /// Why nothing more can be written: an end could not be cut off.
    closed: Option<String>,
}

/// A file, and how long it is: its number, name and length.
pub(super) type Grown = (u32, PathBuf, u64);

/// The file that is written to.
#[derive(Debug)]
struct Current {
    name: PathBuf,
    file: Arc<File>,
    /// What is to be written, and follows what is.
    held: Vec<u8>,
    /// With what is held; the end of a record.
    length: u64,
    /// How much of it stays, whatever happens; the end of one as well.
    kept: u64,
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
                kept: counted,
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
            closed: None,
        })
    }

    /// Writes bodies: their places in order, and the files that have grown since the database was last told, which then has to be
    /// done. Where that fails some may be written, which are to be taken back.
    pub(super) fn write<'a>(
        &mut self,
        bodies: impl Iterator<Item = &'a Body>,
    ) -> io::Result<(Vec<Place>, Vec<Grown>)> {
        if let Some(why) = &self.closed {
            return Err(io::Error::other(why.clone()));
        }
        let places: Vec<Place> = bodies
            .map(|body| self.place(body))
            .collect::<io::Result<_>>()?;
        if let Some(current) = &mut self.current {
            current.flush()?;
        }
        let mut grown = self.full.clone();
        grown.extend(self.grown());
        Ok((places, grown))
    }

    fn place(&mut self, body: &Body) -> io::Result<Place> {
        let (file, offset) = self.append(&body.record)?;
        Ok(Place {
            file,
            offset,
            length: body.record.length,
            size: body.size,
            md5: body.md5.clone(),
            modified: body.modified,
        })
    }

    /// The number of the file, and where in it the record begins.
    fn append(&mut self, record: &Record) -> io::Result<(u32, u64)> {
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
            kept: 0,
        };
        current.append(&Record::info(self.coding)?)?;
        self.full.extend(self.grown());
        self.number += 1;
        self.current = Some(current);
        Ok(())
    }

    /// The database knows of these.
    pub(super) fn told(&mut self, grown: &[Grown]) {
        self.full.retain(|full| !grown.contains(full));
    }

    /// What was written stays.
    pub(super) fn keep(&mut self) {
        if let Some(current) = &mut self.current {
            current.kept = current.length;
        }
    }

    /// Cuts off what was written since. What filled a file stays in there, without a name.
    pub(super) fn take_back(&mut self) {
        let Some(current) = &mut self.current else {
            return;
        };
        if let Err(error) = current.take_back() {
            // The next run cuts it off.
            self.closed = Some(format!(
                "an end that nothing names could not be cut off: {error}"
            ));
        } else if current.kept == 0 {
            // It is begun anew, with its head.
            self.current = None;
            self.number -= 1;
        }
    }

    /// The file that is written to, for those who sync.
    pub(super) fn file(&self) -> Option<Arc<File>> {
        let current = self.current.as_ref()?;
        Some(current.file.clone())
    }

    fn grown(&self) -> Option<Grown> {
        let current = self.current.as_ref()?;
        (current.length > current.kept).then(|| (self.number, current.name.clone(), current.length))
    }
}

impl Current {
    /// What is held are whole records, and one that doesn't go there is written at once.
    fn append(&mut self, record: &Record) -> io::Result<()> {
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
        if let Some(mut spilled) = record.spilled.as_ref() {
            spilled.rewind()?;
            io::copy(&mut spilled, &mut &*self.file)?;
        }
        self.length += record.whole;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self.file).write_all(&self.held)?;
        self.held.clear();
        Ok(())
    }

    /// To the end of the last record that is kept.
    fn take_back(&mut self) -> io::Result<()> {
        self.held.clear();
        self.length = self.kept;
        self.file.set_len(self.kept)?;
        (&*self.file).seek(SeekFrom::Start(self.kept))?;
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
    fn what_cannot_be_written_has_no_place_and_what_was_stays() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path().to_owned());
        let mut pages = Pages::open(&folder, Coding::Plain, u64::MAX, false, None).unwrap();
        let write = |pages: &mut Pages, text| pages.write([&body(text)].into_iter());
        // A file that was never named begins anew.
        write(&mut pages, b"nobody's").unwrap();
        pages.take_back();
        let (places, grown) = write(&mut pages, b"first").unwrap();
        pages.keep();
        let path = folder.path(&grown[0].1).unwrap();
        let written = std::fs::read(&path).unwrap();
        assert!(written.starts_with(b"WARC/1.1\r\nWARC-Type: warcinfo\r\n"));
        let (number, length) = (grown[0].0, grown[0].2);
        assert_eq!((number, length), (1, written.len() as u64));
        assert_eq!(places[0].offset + body(b"first").record.whole, length);

        // As a disk that is full says no.
        let current = pages.current.as_mut().unwrap();
        let good = std::mem::replace(&mut current.file, Arc::new(File::open(&path).unwrap()));
        let why = write(&mut pages, b"second").unwrap_err().to_string();
        pages.take_back();
        // Nor could the end be cut off.
        let closed = write(&mut pages, b"never").unwrap_err().to_string();
        assert!(
            closed.starts_with("an end that nothing names could not be cut off: "),
            "{closed}"
        );
        assert_ne!(why, closed);
        pages.current.as_mut().unwrap().file = good;
        pages.closed = None;

        write(&mut pages, b"nobody's").unwrap();
        pages.take_back();
        let (places, grown) = write(&mut pages, b"third").unwrap();
        assert_eq!(places[0].offset, length);
        // Its commit fails as it ends, so that it may be found; what comes then is told with it.
        pages.keep();
        pages.take_back();
        let (places, more) = write(&mut pages, b"fourth").unwrap();
        assert_eq!(places[0].offset, grown[0].2);
        assert_eq!((more.len(), more[0].0), (1, 1));
        assert!(more[0].2 > grown[0].2);
        let now = std::fs::read(&path).unwrap();
        assert_eq!(now[..written.len()], written);
        let after = String::from_utf8_lossy(&now[written.len()..]).into_owned();
        assert!(
            after.contains("third") && !after.contains("second") && !after.contains("nobody's"),
            "{after}"
        );
    }

    #[test]
    fn a_file_that_was_begun_is_taken_back_with_what_filled_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path().to_owned());
        let mut pages = Pages::open(&folder, Coding::Plain, 1000, false, None).unwrap();
        let bodies: Vec<Body> = (0..5).map(|_| body(b"text")).collect();
        let (places, grown) = pages.write(bodies.iter().take(1)).unwrap();
        pages.keep();
        pages.told(&grown);
        assert_eq!((places[0].file, grown.len()), (1, 1));

        let (places, grown) = pages.write(bodies.iter()).unwrap();
        let last = places[4].file;
        assert!(last > 2 && grown.len() > 2, "{grown:?}");
        let length = |number: u32| {
            let name = Folder::pages(number, Coding::Plain);
            std::fs::metadata(folder.path(&name).unwrap())
                .unwrap()
                .len()
        };
        let lengths: Vec<u64> = (1..last).map(length).collect();
        pages.take_back();
        // It is no longer written to, and holds nothing.
        assert_eq!(length(last), 0);
        let (places, again) = pages.write(bodies.iter().take(1)).unwrap();
        assert_eq!(places[0].file, last);
        // What is full is told with it, and stays as it was.
        let full: Vec<u64> = again
            .iter()
            .map(|(.., length)| *length)
            .take(last as usize - 1)
            .collect();
        assert_eq!(full, lengths);
        let head = std::fs::read(folder.path(&again.last().unwrap().1).unwrap()).unwrap();
        assert!(head.starts_with(b"WARC/1.1\r\nWARC-Type: warcinfo\r\n"));
    }
}
